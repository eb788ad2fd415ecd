"""The nearest technicians that are really available."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from geo_assign.access.domain import Scope
from geo_assign.core.db import Tx
from geo_assign.core.errors import InvalidError, NotFoundError
from geo_assign.core.geo import Point
from geo_assign.free_time.days import Day, get_days
from geo_assign.http.addresses import AddressNotFoundError, locate_address
from geo_assign.http.operations import READING, AnyCall, Call, Reply, Routes
from geo_assign.http.response import to_json
from geo_assign.http.routes.people_models import (
    ExclusionAnswer,
    KnownPositionAnswer,
    PastAnswer,
    ProviderNameAnswer,
    WorkloadAnswer,
)
from geo_assign.http.routes.routing_models import RoutingAnswer
from geo_assign.http.routes.work_order_models import Id
from geo_assign.http.schemas import (
    Answer,
    Body,
    Instant,
    LongText,
    OptionalPoint,
    PartialAnswer,
    PointAnswer,
    PointBody,
    Query,
    Skills,
    SlotAnswer,
    SlotBody,
)
from geo_assign.matching.domain import (
    MAX_LIMIT,
    Candidate,
    CountsOf,
    Excluded,
    Explanation,
    KnownPosition,
    Question,
    RankBy,
    Ranking,
    Slot,
    Staff,
)
from geo_assign.matching.driving import rank_by_drive_time
from geo_assign.matching.history import AS_TODAY
from geo_assign.matching.queries import explain_exclusions, rank, rank_then, rehearse
from geo_assign.matching.questions import question_for_order, question_for_point
from geo_assign.positions.kept import PastNotKeptError, require_kept
from geo_assign.privacy.domain import How
from geo_assign.receipts.coarse import shown_m, shown_way
from geo_assign.routing.choosing import find_router
from geo_assign.routing.domain import NoDrive, RouterChoice
from geo_assign.workforce.local_time import WallTimeDoesNotExistError, as_instant, get_zone
from geo_assign.workforce.queries import get_group
from geo_assign.workforce.store_rules import StoreRules, get_store_rules
from geo_assign.workorders.domain import Kind, State, WorkOrder, WorkOrderNotFoundError, WorkOrderWithoutLocationError
from geo_assign.workorders.queries import get_work_order
from geo_assign.workorders.queries.coarse import coarse_accuracy_m, coarse_distance_m, coarse_point
from geo_assign.workorders.queries.past import find_work_order_then

routes = Routes("Nearest")

Past = dict[str, object]
"""What is told of a past instant that was asked for."""

Radius = Annotated[float, Field(gt=0, le=20_100_000, description="Metres; absent means the store's default.")]


class NearestBody(Body):
    """Around what, when, and who counts.

    Exactly one of `point`, `address` and `work_order_id`; a work order brings its own slot, skills, store and group.
    `detail` `brief` answers the candidates alone, which is all that a machine needs; `full` adds who cannot go and
    why, and the candidates' day.
    """

    point: OptionalPoint = None
    address: LongText | None = None
    work_order_id: Id | None = None
    slot: SlotBody | None = None
    skills: Skills = ()
    store_id: Id | None = None
    group_id: Id | None = None
    radius_m: Radius | None = None
    limit: int = Field(5, ge=1, le=MAX_LIMIT, description="Candidates.")
    rank_by: Annotated[RankBy | None, Field(strict=False, description="Absent: as the store has it.")] = None
    staff: Annotated[Staff, Field(strict=False, description="The house's people, service providers', or all.")] = (
        Staff.ALL
    )
    detail: Literal["full", "brief"] = "full"
    at: Instant | None = Field(None, description="As things stood then, with what had been received by then.")

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        given = [name for name in ("point", "address", "work_order_id") if getattr(self, name) is not None]
        if len(given) != 1:
            raise PydanticCustomError("one_origin", "Give exactly one of point, address and work_order_id")
        brought = [name for name in ("slot", "skills", "store_id", "group_id", "radius_m") if getattr(self, name)]
        if self.work_order_id is not None and brought:
            raise PydanticCustomError("work_order_brings_its_own", "A work order brings its own " + ", ".join(brought))
        if self.address is not None and self.store_id is None:
            raise PydanticCustomError("store_needed", "An address needs the store_id whose map key finds it")
        return self


class NearestQuery(Query):
    """Of when."""

    at: Instant | None = Field(None, description="As things stood then; also as a member of the body.")


class BookedTimeAnswer(SlotAnswer):
    """What fills a part of a technician's day."""

    kind: Kind
    state: State


class CandidateAnswer(PartialAnswer):
    """A technician who can go. `day` and `hours` are the slot's local day, and come with `detail` `full` alone."""

    technician_id: UUID
    name: str
    rank: int = Field(description="1 is the best.")
    distance_m: float = Field(description="As `distance_method` says.")
    eta_s: float
    straight_m: float | None = Field(None, description="In a straight line, where `distance_m` is by road.")
    no_drive: NoDrive | None = Field(None, description="Why the router tells no drive; ranked last.")
    provider: ProviderNameAnswer | None
    position: KnownPositionAnswer
    workload: WorkloadAnswer
    day: list[BookedTimeAnswer] | None = None
    hours: list[SlotAnswer] | None = None


class NearestCountsAnswer(Answer):
    """How many technicians of the group or store that was asked for are excluded, and how many can go."""

    excluded: dict[str, int] = Field(description="How many, by reason.")
    of: CountsOf = Field(description="Whose technicians are counted: `scope` where neither was given.")
    members: int = Field(description="How many of those were looked at.")
    others: int = Field(description="How many who belong elsewhere were looked at.")
    available: int = Field(description="Candidates answered.")


class NearestAnswer(PartialAnswer):
    """Candidates in order, and the nearest people who are not available, each with the reasons."""

    candidates: list[CandidateAnswer]
    excluded: list[ExclusionAnswer]
    counts: NearestCountsAnswer
    examined: int = Field(description="How many technicians were looked at.")
    truncated: bool
    ranked_by: RankBy
    distance_method: Literal["geodesic", "osrm", "valhalla"] = Field(
        description="`geodesic`: over the ellipsoid; else the candidates' are by the roads of that router."
    )
    routing: RoutingAnswer | None = Field(description="How the ranking by drive time came about.")
    eta_is_calibrated: bool = Field(
        description="`eta_s` holds what the store's drives have taught; else it is a lower bound."
    )
    eta_factor: float | None = Field(description="What they have taught: `eta_s` is multiplied with it.")
    origin: PointAnswer
    slot: SlotAnswer
    radius_m: float
    past: PastAnswer | None = Field(None, description="Where `at` was given.")


def _rehearse(tx: Tx, call: Call[NearestQuery, NearestBody]) -> None:
    """An address is looked up first; a router is asked in between; the past is asked for seldom."""
    if call.body.address is None and _at(call) is None:
        rules, question = _asked(tx, call, call.body)
        if _router(tx, rules, call.body) is None:
            rehearse(tx, question, explain=call.body.detail == "full")


@routes.post(
    "/v1/technicians/nearest",
    access=READING,
    query=NearestQuery,
    body=NearestBody,
    rehearse=_rehearse,
    replica=True,
    example={
        "point": {"lat": 41.15, "lon": -8.61},
        "store_id": "01a2019c-3960-7b1d-9a52-6a0a5b3a8d20",
        "skills": ["screen"],
        "limit": 5,
    },
    answer=NearestAnswer,
    errors=(
        NotFoundError,
        WorkOrderNotFoundError,
        WorkOrderWithoutLocationError,
        AddressNotFoundError,
        WallTimeDoesNotExistError,
        PastNotKeptError,
    ),
)
def find_nearest(call: Call[NearestQuery, NearestBody]) -> Reply:
    """Find the nearest available technicians.

    Candidates by distance or drive time, and the nearest technicians who cannot go, with the reasons. Slots that start
    soon are judged by live positions, later ones by where the technicians will be. `eta_s` is the router's where
    `distance_method` names one, else estimated from the straight line; real drives take longer than either. With `at`
    as things stood then, by distance.
    """
    body = call.body.model_copy(update={"at": _at(call)})
    return _ranked(call, body if body.address is None else _located(call, body, body.address))


def _at(call: Call[NearestQuery, NearestBody]) -> datetime | None:
    if call.query.at is not None and call.body.at is not None:
        raise InvalidError.at("/at", "repeated", "Given more than once.")
    return call.query.at or call.body.at


def _located(call: AnyCall, body: NearestBody, address: str) -> NearestBody:
    assert body.store_id is not None
    with call.transaction() as tx:
        rules = get_store_rules(tx, call.caller.scope, body.store_id)
    found = locate_address(call, rules, address, group_id=body.group_id)
    point = PointBody(lat=found.lat, lon=found.lon)
    return body.model_copy(update={"address": None, "point": point})


def _ranked(call: AnyCall, body: NearestBody) -> Reply:
    full = body.detail == "full"
    with call.transaction() as tx:
        past = None if body.at is None else _past(tx, call, body.at)
        rules, question = _asked(tx, call, body)
        if past is not None:
            return Reply(_answer(tx, call, rank_then(tx, question, explain=full), body, None, past=past))
        router = _router(tx, rules, body)
        if router is None:
            return Reply(_answer(tx, call, rank(tx, question, explain=full), body, rules))
    call.leave_turn()
    ranking = rank_by_drive_time(call.transaction, call.services.drives, router, question)
    with call.transaction() as tx:
        explanation = explain_exclusions(tx, question) if full else None
        return Reply(_answer(tx, call, replace(ranking, explanation=explanation), body, rules))


def _router(tx: Tx, rules: StoreRules | None, body: NearestBody) -> RouterChoice | None:
    """The router that ranks by drive time; None where the straight line ranks, as in the past."""
    if rules is None or body.at is not None:
        return None
    wants_drives = rules.settings.ranks_by_drive_time if body.rank_by is None else body.rank_by is RankBy.DRIVE_TIME
    return find_router(tx.org_id, rules) if wants_drives else None


def _get_order(tx: Tx, scope: Scope, work_order_id: UUID, at: datetime | None) -> WorkOrder:
    if at is None:
        return get_work_order(tx, scope, work_order_id)
    then = find_work_order_then(tx, scope, work_order_id, at)
    if then is None:
        raise WorkOrderNotFoundError
    return then.order


def _asked(tx: Tx, call: AnyCall, body: NearestBody) -> tuple[StoreRules | None, Question]:
    scope, at = call.caller.scope, body.at or tx.as_of()
    if body.work_order_id is not None:
        order = _get_order(tx, scope, body.work_order_id, body.at)
        of_order = get_store_rules(tx, scope, order.store_id)
        return of_order, question_for_order(
            order, of_order, at=at, scope=scope, needs_duty=False, limit=body.limit, staff=body.staff
        )
    rules = get_store_rules(tx, scope, body.store_id) if body.store_id is not None else None
    if body.group_id is not None:
        get_group(tx, scope, body.group_id)
    zone = get_zone(rules.store.timezone if rules is not None else "UTC")
    assert body.point is not None
    return rules, question_for_point(
        Point(body.point.lat, body.point.lon),
        at=at,
        scope=scope,
        slot=Slot(as_instant(body.slot.start, zone), as_instant(body.slot.end, zone)) if body.slot else None,
        rules=rules,
        group_id=body.group_id,
        skills=body.skills,
        radius_m=body.radius_m,
        freshness_s=tx.defaults.freshness_s,
        limit=body.limit,
        staff=body.staff,
    )


def _answer(
    tx: Tx,
    call: AnyCall,
    ranking: Ranking,
    body: NearestBody,
    rules: StoreRules | None,
    *,
    past: Past | None = None,
) -> bytes:
    question, full, then = ranking.question, body.detail == "full", past is not None
    factor = _eta_factor(ranking, rules)
    people = [one.technician_id for one in ranking.candidates]
    days = get_days(tx, question, people, then=then) if full else {}
    explanation = ranking.explanation or Explanation(counts_of=question.counts_of)
    _note_views(call, ranking.candidates, explanation.excluded, how=How.PAST if then else How.NEAREST, at=tx.as_of())
    return to_json(
        {
            "candidates": [
                _candidate(number, one, days.get(one.technician_id), eta_factor=factor or 1.0)
                for number, one in enumerate(ranking.candidates, start=1)
            ],
            "excluded": [_excluded(one) for one in explanation.excluded],
            "counts": {
                "excluded": explanation.counts,
                "of": explanation.counts_of,
                "members": explanation.members,
                "others": explanation.others,
                "available": len(ranking.candidates),
            },
            "examined": explanation.examined,
            "truncated": explanation.truncated,
            "ranked_by": _ranked_by(ranking, body),
            "distance_method": ranking.distance_method,
            "routing": ranking.routing,
            "eta_is_calibrated": factor is not None,
            "eta_factor": factor,
            "origin": {"lat": question.origin.lat, "lon": question.origin.lon},
            "slot": {"start": question.slot.start, "end": question.slot.end},
            "radius_m": question.policy.radius_m,
            "past": past,
        }
    )


def _ranked_by(ranking: Ranking, body: NearestBody) -> RankBy:
    """What came first. Over the straight line the nearest and the shortest drive are the same."""
    if ranking.routing is not None:
        return RankBy.DISTANCE if ranking.routing.problem else RankBy.DRIVE_TIME
    return body.rank_by or RankBy.DISTANCE


def _past(tx: Tx, call: AnyCall, at: datetime) -> Past:
    retention = timedelta(days=call.services.settings.track_retention_days)
    return {"at": at, "reaches_back_to": require_kept(tx, at, retention=retention), "as_today": AS_TODAY}


def _note_views(
    call: AnyCall, candidates: Sequence[Candidate], excluded: Sequence[Excluded], *, how: How, at: datetime
) -> None:
    """Log whose location was told. A distance counts: asked from several sides it tells the location."""
    shown = [one.technician_id for one in candidates]
    shown += [one.technician_id for one in excluded if one.distance_m is not None]
    call.services.views.note(call.caller, how, shown, at=at)


def _eta_factor(ranking: Ranking, rules: StoreRules | None) -> float | None:
    if rules is None:
        return None
    question = ranking.question
    return rules.find_eta_factor(ranking.eta_provider, max(question.at, question.slot.start))


def _candidate(number: int, one: Candidate, day: Day | None, *, eta_factor: float) -> dict[str, object]:
    distance_m, eta_s = shown_way(one)
    answer: dict[str, object] = {
        "technician_id": one.technician_id,
        "name": one.name,
        "rank": number,
        "distance_m": distance_m,
        "eta_s": eta_s * eta_factor,
        "provider": one.provider,
        "position": _shown(one.position, coarse=one.coarse),
        "workload": {
            "today": one.workload.today,
            "overdue": one.workload.overdue,
            "open_offers": one.workload.open_offers,
        },
    }
    if one.drive is not None:
        answer["straight_m"] = shown_m(one.distance_m, coarse=one.coarse)
    if one.no_drive is not None:
        answer["no_drive"] = one.no_drive
    if day is not None:
        answer |= {"day": day.bookings, "hours": day.hours}
    return answer


def _shown(place: KnownPosition, *, coarse: bool) -> dict[str, object]:
    """Where on the map, and how that is known. Coarsely that is enough to plan, not to find the door."""
    point = coarse_point(place.point) if coarse else place.point
    return {
        "lat": point.lat,
        "lon": point.lon,
        "recorded_at": place.recorded_at,
        "age_s": place.age_s,
        "accuracy_m": coarse_accuracy_m(place.accuracy_m) if coarse else place.accuracy_m,
        "provenance": place.provenance,
        "coarse": coarse,
    }


def _excluded(one: Excluded) -> dict[str, object]:
    distance_m = one.distance_m
    return {
        "technician_id": one.technician_id,
        "name": one.name,
        "provider": one.provider,
        "presence": one.presence,
        "last_seen_at": one.last_seen_at,
        "distance_m": coarse_distance_m(distance_m) if one.coarse and distance_m is not None else distance_m,
        "reasons": [{"code": r.code, "detail": r.detail, "needed": r.needed} for r in one.reasons],
    }
