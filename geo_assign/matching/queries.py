"""Nearest available: asks the database, proves the order, explains who is missing."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain
from uuid import UUID

from geo_assign.access.viewer import scope_values
from geo_assign.core.db import Tx
from geo_assign.core.foresight import NotForeseenError
from geo_assign.core.geo import Point
from geo_assign.core.statements import R, Statement
from geo_assign.matching.domain import (
    EXCLUDED_LIMIT,
    SPHERE_TO_GEODESIC,
    Candidate,
    Excluded,
    ExclusionCode,
    Explanation,
    KnownPosition,
    Provenance,
    Provider,
    Question,
    Ranking,
    Staff,
    Workload,
)
from geo_assign.matching.filters import reasons_for, values_of
from geo_assign.matching.geodesic import least_share
from geo_assign.matching.history import KEPT_AT_MOST, OVERDUE_FOR, past_values
from geo_assign.matching.places import FEW, HANDFUL, Phones
from geo_assign.matching.rows import BookedThenRow, CandidateRow, ExplainedRow
from geo_assign.matching.shapes import shape_of
from geo_assign.matching.statements.counting import COUNT_EXTERNALS, COUNT_HANDFUL, COUNT_MEMBERS, COUNT_SKILLS
from geo_assign.matching.statements.explaining import (
    excluded,
    judged,
    members_explained,
    named,
    named_then,
    without_position,
)
from geo_assign.matching.statements.free_time import BOOKED_THEN
from geo_assign.matching.statements.ranking import (
    KEEP_BUSY,
    candidates,
    candidates_then,
    edge,
    externals,
    members,
    named_candidates_then,
    near_then,
    passing_then,
)
from geo_assign.matching.walking import FRESH_WINDOWS, WINDOWS, walk_outwards
from geo_assign.positions.domain import UNREACHABLE_AFTER

# Technicians examined for the explanation of one answer; enough to find 50 excluded ones in any usual fleet.
_EXAMINED = (200, 2_000)
# And of an automatic one: first few, who mostly are enough to find those who can go and to tell why the nearer cannot.
_EXAMINED_IN_PASSING = (32, 96)
_SPARE = 3
# Of the past so many are judged at once: first few, who mostly suffice.
_JUDGED_FIRST, _MOST_JUDGED = 32, 256
# From this window on, asking it again costs more than the rows.
_FAR_OUT, _SPARE_FAR_OUT = 8_192, 120


def rank(
    tx: Tx,
    question: Question,
    *,
    explain: bool = True,
    far: bool = True,
    in_passing: bool = False,
    all_are_placed: bool = False,
) -> Ranking:
    """The nearest `question.limit` who are available, by geodesic distance, ties by id.

    `explain` adds the excluded, as `explain_exclusions` does; `in_passing`, as it does, where one was found who can go.
    """
    shortly = _rank_in_passing(tx, question, all_are_placed=all_are_placed) if explain and in_passing else None
    if shortly is not None:
        return shortly
    found = tuple(_candidates(tx, question))
    if not explain:
        return Ranking(question, found, None)
    in_passing = in_passing and bool(found)
    why = explain_exclusions(tx, question, far=far, in_passing=in_passing, all_are_placed=all_are_placed)
    return Ranking(question, found, why)


def _rank_in_passing(tx: Tx, question: Question, *, all_are_placed: bool) -> Ranking | None:
    """The ranking and its explanation from the few nearest, judged once for both.

    None where they do not suffice: where none of them can go, or one farther away could come before the last candidate.
    """
    if question.group_id is not None or question.staff is not Staff.ALL:
        return None
    for window in _EXAMINED_IN_PASSING:
        rows = fetch(tx, judged(shape_of(question), window), question)
        goes_on = _goes_on(tx, question, rows, window=window)
        passing = sorted((row.as_candidate() for row in rows if not row.codes), key=_distance)
        if not passing:
            return None
        wanted_m = question.policy.radius_m if len(passing) < question.limit else _kth_m(passing, question.limit)
        if not goes_on or rows[-1].sphere_m > _on_sphere(question, wanted_m):
            near = [row.as_explained() for row in rows]
            why = _explain(tx, question, near, goes_on=goes_on, in_passing=True, all_are_placed=all_are_placed)
            return Ranking(question, tuple(_candidate(question, row) for row in passing[: question.limit]), why)
    return None


def rank_then(tx: Tx, question: Question, *, explain: bool = True) -> Ranking:
    """The same as things stood at the question's instant, of all whom the question's scope sees today.

    `AS_TODAY` names what is told as it is today.
    """
    statement = candidates_then(shape_of(question), WINDOWS[-1], of_scope=True)
    values = _values_then(question, then=True)
    rows = fetch(tx, statement, question, fetch=question.limit, **values)
    found = tuple(_candidate(question, row) for row in rows)
    return Ranking(question, found, explain_exclusions(tx, question, then=True) if explain else None)


def rehearse(tx: Tx, question: Question, *, explain: bool) -> None:
    """Ask in a rehearsal what `rank` asks first, whatever the answers will be: see `core.foresight`."""
    with suppress(NotForeseenError):
        rank(tx, question, explain=False)
    if explain:
        with suppress(NotForeseenError):
            _look_around(tx, question, window=_EXAMINED[0])
        if question.is_soon:
            _unplaced(tx, question)


def explain_exclusions(
    tx: Tx,
    question: Question,
    *,
    far: bool = True,
    in_passing: bool = False,
    then: bool = False,
    all_are_placed: bool = False,
) -> Explanation:
    """The nearest technicians of the scope who are not available, each with every reason.

    Those of the group or store that was asked for come first, however far: all of them where they are few. Without
    `far` only the nearest 200 are looked at: a tenth of the work, where many orders are explained one after the other;
    `in_passing` only the nearest 96, where none of those belongs elsewhere. `then`: as things stood at the question's
    instant. `all_are_placed`: see there.
    """
    window = _EXAMINED_IN_PASSING[-1] if in_passing else _EXAMINED[0]
    near, goes_on = _look_around(tx, question, window=window, then=then)
    return _explain(
        tx,
        question,
        near,
        goes_on=goes_on,
        far=far,
        in_passing=in_passing,
        then=then,
        all_are_placed=all_are_placed,
    )


def _explain(
    tx: Tx,
    question: Question,
    near: Sequence[ExplainedRow],
    *,
    goes_on: bool,
    far: bool = True,
    in_passing: bool = False,
    then: bool = False,
    all_are_placed: bool = False,
) -> Explanation:
    """As `explain_exclusions`, which has looked around."""
    shape, values = shape_of(question), _values_then(question, then=then)
    members, strangers = _apart(near)
    far = far and not (in_passing and not strangers)
    all_members: Sequence[ExplainedRow] | None = None
    if far and sum(bool(row.codes) for row in members) < EXCLUDED_LIMIT:
        if _has_few_members(tx, question):
            all_members = fetch(tx, members_explained(shape, then=then), question, **values)
        elif goes_on:
            near, goes_on = _look_around(tx, question, window=_EXAMINED[-1], then=then)
            members, strangers = _apart(near)
    if question.is_soon and not all_are_placed:
        unknown = _apart(_unplaced(tx, question, then=then))
        members, strangers = [*members, *unknown[0]], [*strangers, *unknown[1]]
    if all_members is not None:
        members, _ = _apart(all_members)
    return _explanation(question, members, strangers, goes_on=goes_on)


def all_are_placed(tx: Tx, question: Question) -> bool:
    """Whether a position of every technician of the scope was received once; the same for each question of a scope."""
    return not _unplaced(tx, question)


def _explanation(
    question: Question, members: Sequence[ExplainedRow], strangers: Sequence[ExplainedRow], *, goes_on: bool
) -> Explanation:
    out = [row for row in members if row.codes]
    codes = Counter(chain.from_iterable(row.codes for row in out))
    listed = (*out, *strangers)[:EXCLUDED_LIMIT]
    return Explanation(
        counts_of=question.counts_of,
        excluded=tuple(_excluded(question, row) for row in listed),
        counts={ExclusionCode(code): number for code, number in codes.items()},
        members=len(members),
        could_go=len(members) - len(out),
        others=len(strangers),
        truncated=goes_on or len(out) + len(strangers) > len(listed),
    )


def _look_around(tx: Tx, question: Question, *, window: int, then: bool = False) -> tuple[list[ExplainedRow], bool]:
    """The technicians of the scope among the nearest `window` of the organization; whether there are farther ones."""
    shape, values = shape_of(question), _values_then(question, then=then)
    rows = fetch(tx, excluded(shape, window, then=then), question, **values)
    return rows, _goes_on(tx, question, rows, window=window, then=then)


def _goes_on(tx: Tx, question: Question, rows: Sequence[object], *, window: int, then: bool = False) -> bool:
    """Whether there are technicians behind the window that these rows are of."""
    statement = edge(shape_of(question), window, then=then)
    return len(rows) == window or bool(fetch(tx, statement, question, **_values_then(question, then=then)))


def _unplaced(tx: Tx, question: Question, *, then: bool = False) -> Sequence[ExplainedRow]:
    values = _values_then(question, then=then)
    statement = without_position(shape_of(question), _EXAMINED[-1], then=then)
    return fetch(tx, statement, question, fetch=EXCLUDED_LIMIT, **values)


def _values_then(question: Question, *, then: bool) -> dict[str, datetime]:
    """What a statement about the scope's past is asked with besides; nothing for the present."""
    return past_values(question, ahead=KEPT_AT_MOST, work_back=OVERDUE_FOR) if then else {}


def _apart(rows: Sequence[ExplainedRow]) -> tuple[list[ExplainedRow], list[ExplainedRow]]:
    """Members of the group or store that was asked for, and strangers."""
    members: list[ExplainedRow] = []
    strangers: list[ExplainedRow] = []
    for row in rows:
        (strangers if ExclusionCode.WRONG_GROUP in row.codes else members).append(row)
    return members, strangers


def explain_one(tx: Tx, question: Question, technician_id: UUID) -> Excluded | None:
    """One technician's exclusion reasons for this question (none: available). None for one outside the scope."""
    return explain_each(tx, question, [technician_id]).get(technician_id)


def explain_each(tx: Tx, question: Question, technician_ids: Collection[UUID]) -> dict[UUID, Excluded]:
    """The same for several, in one statement; a technician outside the scope is absent."""
    rows = fetch(tx, named(shape_of(question)), question, technician_ids=list(technician_ids))
    return {row.technician_id: _excluded(question, row) for row in rows}


def find_distance_m(tx: Tx, question: Question, technician_id: UUID) -> float | None:
    """How far one technician is or will be, also off duty; None outside the scope and without a position."""
    rows = fetch(tx, named(shape_of(question)), question, technician_ids=[technician_id])
    return rows[0].distance_m if rows else None


def explain_one_then(tx: Tx, question: Question, technician_id: UUID) -> Excluded | None:
    """The same for one technician as things stood at the question's instant."""
    then = past_values(question)
    rows = fetch(tx, named_then(shape_of(question)), question, technician_ids=[technician_id], **then)
    return _excluded(question, rows[0]) if rows else None


def find_nearest_then(tx: Tx, question: Question, near: Mapping[UUID, float] | None = None) -> Candidate | None:
    """The nearest who was available at the question's instant, of the store or group that it asks for.

    Judged a few at a time from the nearest on, until all who are left were farther away. `near`: who was where, if that
    was asked already.
    """
    shape, then = shape_of(question), past_values(question, back=_oldest(question))
    placed = list_near_then(tx, question) if near is None else near
    nearest: CandidateRow | None = None
    for ids in _in_growing_parts(list(placed)):
        reached_m = question.policy.radius_m if nearest is None else nearest.distance_m
        if placed[ids[0]] * SPHERE_TO_GEODESIC > reached_m:
            break
        one = replace(question, limit=1)
        rows = _fetch_proven(tx, named_candidates_then(shape), one, spare=_SPARE, technician_ids=ids, **then)
        nearest = min((row for row in (*rows, nearest) if row is not None), key=_distance, default=None)
    return None if nearest is None else _candidate(question, nearest)


def list_near_then(tx: Tx, question: Question, *others: Question) -> dict[UUID, float]:
    """Metres on the sphere to the store's or the group's technicians at the question's instant, nearest first, by id.

    Unjudged, and good for the `others`, too: those differ in nothing but policy and duty, and all are soon. A
    technician who was placed too long ago for one of them is there for another, and is excluded when judged.
    """
    assert not others or all(one.is_soon for one in (question, *others))
    back = max(map(_oldest, (question, *others)))
    near: dict[UUID, float] = {}
    for row in fetch(tx, near_then(shape_of(question)), question, **past_values(question, back=back)):
        near.setdefault(row.id, row.sphere_m)
    return near


def _in_growing_parts(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    begin, size = 0, _JUDGED_FIRST
    while begin < len(ids):
        yield ids[begin : begin + size]
        begin, size = begin + size, min(2 * size, _MOST_JUDGED)


def find_nearer_then(tx: Tx, question: Question, distance_m: float) -> dict[UUID, float] | None:
    """Who could have gone at the question's instant from at most `distance_m` away: metres by id.

    Of the store or group that the question asks for. None where it has too many members to look at each of them.
    """
    if fetch(tx, COUNT_MEMBERS, question)[0].number >= FEW:
        return None
    near = replace(question, policy=replace(question.policy, radius_m=distance_m))
    rows = fetch(tx, passing_then(shape_of(near)), near, **past_values(near, back=_oldest(near)))
    return {row.id: row.distance_m for row in rows}


def list_booked_then(tx: Tx, question: Question, technician_ids: Sequence[UUID]) -> list[BookedThenRow]:
    """What filled these technicians' local day, as things stood at the question's instant, in order of start."""
    return fetch(tx, BOOKED_THEN, question, technician_ids=list(technician_ids), **past_values(question))


def _oldest(question: Question) -> timedelta:
    """An older position than this is stale, or its phone was not heard from."""
    return max(UNREACHABLE_AFTER, timedelta(seconds=question.policy.freshness_s))


def fetch(tx: Tx, statement: Statement[R], question: Question, **further: object) -> list[R]:
    """The rows of a statement about a question, with the values of its parameters beside the question's own."""
    return tx.fetch(statement, values_of(question) | scope_values(tx, question.scope) | further)


def _candidates(tx: Tx, question: Question) -> list[Candidate]:
    if question.staff is Staff.PROVIDERS and fetch(tx, COUNT_EXTERNALS, question)[0].number < FEW:
        # Walking the country for service providers' technicians would cost more than looking at them all.
        rows: Sequence[CandidateRow] = fetch(tx, externals(shape_of(question)), question, fetch=FEW)
    elif question.group_id is not None and fetch(tx, COUNT_HANDFUL, question)[0].number < HANDFUL:
        rows = fetch(tx, members(shape_of(question)), question, fetch=HANDFUL)
    else:
        rows = _walk(tx, question)
    return [_candidate(question, row) for row in sorted(rows, key=_distance)[: question.limit]]


def _walk(tx: Tx, question: Question) -> Sequence[CandidateRow]:
    """At least the nearest `question.limit` who pass, if there are so many, from the inside out."""
    shape, rare_skill = shape_of(question), _rare_skill(tx, question)
    if rare_skill is not None:
        statement = candidates(shape, FEW, rare_skill=True)
        return _fetch_proven(tx, statement, question, spare=_SPARE, rare_skill=rare_skill)
    # A window that holds no more than are wanted is hardly ever enough.
    if question.limit < WINDOWS[0]:
        found, goes_on = _walk_windows(tx, question, WINDOWS[:1], phones=Phones.ALL)
        if not goes_on:
            return found
    if _has_few_members(tx, question):
        return fetch(tx, members(shape), question, fetch=FEW)
    # Where the innermost did not suffice, hardly a phone near may be heard: those are not walked past one by one.
    if not shape.is_soon:
        return _walk_windows(tx, question, WINDOWS[1:], phones=Phones.ALL)[0]
    near = [window for window in FRESH_WINDOWS if question.limit < window < _FAR_OUT]
    if near:
        found, goes_on = _walk_windows(tx, question, near, phones=Phones.FRESH)
        if not goes_on:
            return found
    # Most of so many have other work: that is asked once, and not of each of them.
    tx.fetch(KEEP_BUSY, {})
    far = [window for window in FRESH_WINDOWS if window >= _FAR_OUT]
    return _walk_windows(tx, question, far, phones=Phones.FREE)[0]


def _walk_windows(
    tx: Tx, question: Question, windows: Sequence[int], *, phones: Phones
) -> tuple[Sequence[CandidateRow], bool]:
    """The rows of the last window that was asked; whether nearer ones may be behind it."""
    shape = shape_of(question)

    def ask(window: int, _numbers: Collection[int]) -> Mapping[int, Sequence[CandidateRow]]:
        spare = _SPARE_FAR_OUT if window >= _FAR_OUT else _SPARE
        return {0: _fetch_proven(tx, candidates(shape, window, phones=phones), question, spare=spare)}

    def edges(window: int, _numbers: Collection[int]) -> Mapping[int, float]:
        rows = fetch(tx, edge(shape, window, phones=phones), question)
        return {0: rows[0].sphere_m} if rows else {}

    def reach_m(_number: int, rows: Sequence[CandidateRow]) -> float | None:
        if len(rows) < question.limit:
            return _on_sphere(question, question.policy.radius_m)
        return None if _order_is_proven(question, rows) else _on_sphere(question, _kth_m(rows, question.limit))

    found, left = walk_outwards([0], ask=ask, edges=edges, reach_m=reach_m, windows=windows)
    return found[0], bool(left)


def _has_few_members(tx: Tx, question: Question) -> bool:
    """Whether there is a group or store, and it is so small that looking at all members costs less than walking on."""
    is_bound = ExclusionCode.WRONG_GROUP in shape_of(question).filters
    return is_bound and fetch(tx, COUNT_MEMBERS, question)[0].number < FEW


def _fetch_proven(
    tx: Tx,
    statement: Statement[CandidateRow],
    question: Question,
    *,
    spare: int,
    **further: object,
) -> Sequence[CandidateRow]:
    """The rows of a statement that orders by the sphere, as many as it takes to hold its nearest `question.limit`."""
    wanted = question.limit + spare
    rows = fetch(tx, statement, question, fetch=wanted, **further)
    while len(rows) == wanted and not _order_is_proven(question, rows):
        wanted *= 2
        # From farther away than so many no one is wanted: distance alone tells, before anything is looked up.
        within = replace(question, policy=replace(question.policy, radius_m=_kth_m(rows, question.limit)))
        rows = fetch(tx, statement, within, fetch=wanted, **further)
    return rows


def _order_is_proven(question: Question, rows: Sequence[CandidateRow]) -> bool:
    """Whether no technician beyond the last row fetched can be nearer than the last that is wanted of the rows."""
    return rows[-1].sphere_m > _on_sphere(question, _kth_m(rows, question.limit))


def _on_sphere(question: Question, metres: float) -> float:
    """What lies farther than this from the origin on the sphere is farther away than `metres`."""
    return metres / least_share(question.origin.lat, metres)


def _kth_m(rows: Sequence[CandidateRow], limit: int) -> float:
    return sorted(row.distance_m for row in rows)[limit - 1]


def _distance(row: CandidateRow) -> tuple[float, UUID]:
    return row.distance_m, row.technician_id


def _rare_skill(tx: Tx, question: Question) -> str | None:
    """The rarest of the asked skills when few have it; walking the country for them would cost more."""
    if not question.skills or not question.is_soon:
        return None
    counts = {row.skill: row.number for row in fetch(tx, COUNT_SKILLS, question)}
    rarest = min(question.skills, key=lambda skill: counts.get(skill, 0))
    return rarest if counts.get(rarest, 0) < FEW else None


def _candidate(question: Question, row: CandidateRow) -> Candidate:
    position = KnownPosition(
        point=Point(row.lat, row.lon),
        provenance=Provenance(row.provenance),
        recorded_at=row.recorded_at,
        age_s=None if row.used_at is None else (question.at - row.used_at).total_seconds(),
        accuracy_m=row.accuracy_m,
    )
    workload = Workload(today=row.today, overdue=row.overdue, open_offers=row.open_offers)
    return Candidate(row.technician_id, row.name, row.distance_m, position, workload, _provider(row), row.coarse)


def _excluded(question: Question, row: ExplainedRow) -> Excluded:
    return Excluded(
        technician_id=row.technician_id,
        name=row.name,
        presence="on_duty" if row.on_duty else "off_duty",
        last_seen_at=row.heard_at,
        distance_m=row.distance_m if row.on_duty else None,
        reasons=reasons_for(question, row),
        provider=_provider(row),
        coarse=row.coarse,
    )


def _provider(row: CandidateRow | ExplainedRow) -> Provider | None:
    return None if row.provider_id is None else Provider(row.provider_id, row.provider_name or "")
