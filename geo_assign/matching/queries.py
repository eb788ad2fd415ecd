"""Nearest available: asks the database, proves the order, explains who is missing."""

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any, Literal
from uuid import UUID

from geo_assign.core.db import Tx
from geo_assign.core.geo import Point
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
from geo_assign.matching.filters import parameters
from geo_assign.matching.history import OF_GROUP, OF_STORE, ONE, as_it_was, past_parameters
from geo_assign.matching.reasons import reason_for
from geo_assign.matching.statements import (
    COUNT_EXTERNALS,
    COUNT_SKILL,
    candidates_sql,
    each_sql,
    edge_sql,
    excluded_sql,
    externals_sql,
    one_sql,
    unpositioned_sql,
)
from geo_assign.positions.domain import UNREACHABLE_AFTER

# The innermost rows that a walk looks at before it asks whether the radius is exhausted.
_WINDOWS = (256, 8_192, 262_144, 8_388_608)
# A skill that fewer people have than this is walked from its holders.
_RARE = 2_000
# People examined for the explanation of one answer; enough to find 50 excluded ones in any usual fleet.
_EXAMINED = (200, 2_000)
_SPARE = 3


def rank(tx: Tx, question: Question, *, explain: bool = True) -> Ranking:
    """The nearest `question.limit` who are available, by geodesic distance, ties by id; `explain` adds the excluded."""
    candidates = tuple(_candidates(tx, question))
    return Ranking(question, candidates, explain_exclusions(tx, question) if explain else None)


def explain_exclusions(tx: Tx, question: Question) -> Explanation:
    """The nearest people of the scope who are not available, each with every reason."""
    rows: list[Any] = []
    for window in _EXAMINED:
        rows = _fetch(tx, excluded_sql(question, window), question)
        if len(rows) < window or sum(bool(row.codes) for row in rows) >= EXCLUDED_LIMIT:
            break
    found = [_excluded(question, row) for row in rows if row.codes]
    unknown = _unpositioned(tx, question) if question.is_soon else []
    everyone = found + unknown
    counts = Counter(reason.code for person in everyone for reason in person.reasons)
    listed = tuple(everyone[:EXCLUDED_LIMIT])
    return Explanation(
        excluded=listed,
        counts=dict(counts),
        examined=len(rows) + len(unknown),
        truncated=len(everyone) > len(listed) or len(rows) >= window,
    )


def explain_one(tx: Tx, question: Question, technician_id: UUID, *, as_of_then: bool = False) -> Excluded | None:
    """One technician's exclusion reasons for this question (none: he could go). None when he is not in the scope.

    `as_of_then`: judged as things stood at the question's instant.
    """
    sql, then = one_sql(question), past_parameters(question)
    rows = _fetch(tx, as_it_was(sql, ONE) if as_of_then else sql, question, technician_id=technician_id, **then)
    return _judged(question, rows[0]) if rows else None


def explain_each(tx: Tx, question: Question, technician_ids: Collection[UUID]) -> dict[UUID, Excluded]:
    """The same for several, in one statement; who is not in the scope is absent."""
    rows = _fetch(tx, each_sql(question), question, technician_ids=list(technician_ids))
    return {row.technician_id: _judged(question, row) for row in rows}


def _judged(question: Question, row: Any) -> Excluded:
    codes = list(row.codes)
    if row.distance_m is None:
        codes.append(ExclusionCode.NO_POSITION.value)
    return _excluded(question, row, codes)


def find_nearest_then(tx: Tx, question: Question) -> Candidate | None:
    """The nearest who was available at the question's instant, of the store or group that it asks for."""
    sql = candidates_sql(question, _WINDOWS[1], rare_skill=False)
    people = OF_STORE if question.group_id is None else OF_GROUP
    then = past_parameters(question, back=UNREACHABLE_AFTER)
    rows = _fetch(tx, as_it_was(sql, people), question, fetch=1 + _SPARE, rare_skill=None, **then)
    nearest = min(rows, key=lambda row: (row.distance_m, row.technician_id), default=None)
    return None if nearest is None else _candidate(question, nearest)


def _candidates(tx: Tx, question: Question) -> list[Candidate]:
    if question.staff is Staff.PROVIDERS and _externals_are_few(tx, question):
        rows = _fetch(tx, externals_sql(question), question, fetch=_RARE)
    else:
        rows = _walk(tx, question)
    rows.sort(key=lambda row: (row.distance_m, row.technician_id))
    return [_candidate(question, row) for row in rows[: question.limit]]


def _walk(tx: Tx, question: Question) -> list[Any]:
    """At least the nearest `question.limit` who pass, if there are so many, from the inside out."""
    rare_skill = _rare_skill(tx, question)
    fetch, windows = question.limit + _SPARE, iter((_RARE,) if rare_skill is not None else _WINDOWS)
    window = next(windows)
    while True:
        sql = candidates_sql(question, window, rare_skill=rare_skill is not None)
        rows = _fetch(tx, sql, question, fetch=fetch, rare_skill=rare_skill)
        if len(rows) >= fetch:
            if _order_is_proven(rows, question.limit):
                return rows
            fetch *= 2
            continue
        wider = next(windows, None)
        if wider is None or _walk_is_over(tx, question, window, within_m=_far_enough(question, rows)):
            return rows
        window = wider


def _order_is_proven(rows: list[Any], limit: int) -> bool:
    """Whether nobody beyond the last row fetched can be nearer than the `limit`-th of them."""
    return bool(rows[-1].sphere_m * SPHERE_TO_GEODESIC > _kth_m(rows, limit))


def _kth_m(rows: list[Any], limit: int) -> float:
    return float(sorted(row.distance_m for row in rows)[limit - 1])


def _far_enough(question: Question, rows: list[Any]) -> float:
    """How far the walk has to go: to the `limit`-th found, or to the radius while there are fewer."""
    return _kth_m(rows, question.limit) if len(rows) >= question.limit else question.policy.radius_m


def _walk_is_over(tx: Tx, question: Question, window: int, *, within_m: float) -> bool:
    """Whether the window held everybody, or reached beyond `within_m`."""
    edge = _fetch(tx, edge_sql(question, window), question)
    return not edge or bool(edge[0].sphere_m * SPHERE_TO_GEODESIC > within_m)


def _externals_are_few(tx: Tx, question: Question) -> bool:
    """Whether walking the country for service providers' people would cost more than looking at them all."""
    return bool(_fetch(tx, COUNT_EXTERNALS, question, rare=_RARE)[0].n < _RARE)


def _rare_skill(tx: Tx, question: Question) -> str | None:
    """The rarest of the asked skills when few have it; walking the country for them would cost more."""
    if not question.skills or not question.is_soon:
        return None
    counts = {row.skill: row.count for row in _fetch(tx, COUNT_SKILL, question, rare=_RARE)}
    rarest = min(question.skills, key=lambda skill: counts.get(skill, 0))
    return rarest if counts.get(rarest, 0) < _RARE else None


def _unpositioned(tx: Tx, question: Question) -> list[Excluded]:
    rows = _fetch(tx, unpositioned_sql(question), question, window=_EXAMINED[-1], fetch=EXCLUDED_LIMIT)
    people = []
    for row in rows:
        codes = [ExclusionCode.NO_POSITION]
        codes += [] if row.on_duty else [ExclusionCode.OFF_DUTY]
        codes += [] if row.active else [ExclusionCode.INACTIVE]
        reasons = tuple(reason_for(code, question, row) for code in ExclusionCode if code in codes)
        presence: Literal["on_duty", "off_duty"] = "on_duty" if row.on_duty else "off_duty"
        people.append(Excluded(row.id, row.name, presence, None, None, reasons, _provider(row)))
    return people


def _fetch(tx: Tx, sql: str, question: Question, **extra: Any) -> list[Any]:
    return tx.fetch(sql, {**parameters(question), "org_id": tx.org_id, **extra})


def _candidate(question: Question, row: Any) -> Candidate:
    live = row.used_at is not None
    position = KnownPosition(
        point=Point(row.lat, row.lon),
        provenance=Provenance(row.provenance),
        recorded_at=row.recorded_at,
        age_s=(question.at - row.used_at).total_seconds() if live else None,
        accuracy_m=row.accuracy_m,
    )
    workload = Workload(today=row.today, overdue=row.overdue, open_offers=row.open_offers)
    return Candidate(row.technician_id, row.name, row.distance_m, position, workload, _provider(row), row.coarse)


def _excluded(question: Question, row: Any, codes: Iterable[str] | None = None) -> Excluded:
    reasons = tuple(reason_for(ExclusionCode(code), question, row) for code in (row.codes if codes is None else codes))
    visible = row.on_duty
    return Excluded(
        technician_id=row.technician_id,
        name=row.name,
        presence="on_duty" if row.on_duty else "off_duty",
        last_seen_at=row.heard_at,
        distance_m=row.distance_m if visible else None,
        reasons=reasons,
        provider=_provider(row),
        coarse=row.coarse,
    )


def _provider(row: Any) -> Provider | None:
    return None if row.provider_id is None else Provider(row.provider_id, row.provider_name)
