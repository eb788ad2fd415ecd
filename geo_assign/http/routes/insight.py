"""What became of the work of a period."""

from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import Field

from geo_assign.access.domain import Scope
from geo_assign.core.db import Tx
from geo_assign.core.errors import InvalidError, NotFoundError
from geo_assign.core.spans import Span
from geo_assign.http.operations import READING, Call, Reply, Routes
from geo_assign.http.schemas import Answer, CommaList, LocalDate, Query
from geo_assign.insight.domain import InsightQuestion
from geo_assign.insight.queries import get_insight
from geo_assign.workforce.local_time import get_zone
from geo_assign.workforce.queries import get_group, get_store
from geo_assign.workforce.working_time import midnight
from geo_assign.workorders.domain import Kind, PendingReason
from geo_assign.workorders.queries.calendar import common_zone

routes = Routes("Insight")

Mode = Literal["automatic", "manual"]
_LONGEST = timedelta(days=366)
_DAY = timedelta(days=1)


class InsightQuery(Query):
    """Work orders created on these days of the store's calendar, both included."""

    first: LocalDate = Field(alias="from")
    last: LocalDate = Field(alias="to")
    store_id: CommaList[UUID] = Field([], description="Of these stores.")
    group_id: UUID | None = Field(None, description="Of this group.")


class AcceptanceAnswer(Answer):
    """Offers by what became of them: `accepted`, `rejected`, `expired`, `withdrawn`, or `open` still."""

    accepted: int
    rejected: int
    expired: int
    withdrawn: int
    open: int
    median_s: float | None = Field(description="Half of the accepted ones were so within this time.")


class AcceptedAfterAnswer(Answer):
    """`offers` that were accepted within this `minute`; the tenth stands for it and later."""

    minute: int
    offers: int


class AssignedAfterAnswer(Answer):
    """Of one `day`'s work `orders` those that a technician got."""

    day: date
    kind: Kind
    orders: int
    median_s: float = Field(description="Half of them had a technician within this time.")


class WaitingAnswer(Answer):
    """How many work `orders` are pending now for a `reason`, since `oldest_at`."""

    reason: PendingReason
    kind: Kind
    orders: int
    oldest_at: datetime


class DemandAnswer(Answer):
    """How many `orders` have their slot begin in this `hour` of the week."""

    weekday: int = Field(description="1 is Monday.")
    hour: int
    orders: int
    unserved: int = Field(description="Never had a technician, and are over or cancelled.")


class DutyAnswer(Answer):
    """How many technicians were `on_duty` in this `hour` of the week, and `free`: without work. Means of its days."""

    weekday: int = Field(description="1 is Monday.")
    hour: int
    on_duty: float
    free: float


class LoadAnswer(Answer):
    """What one technician has, or had, to do: `orders`, and their `seconds`."""

    technician_id: UUID
    name: str
    orders: int
    seconds: float


class PlaceCountAnswer(Answer):
    """How many `orders` by the `source` of their place and its `confidence`; both null without one."""

    source: str | None
    confidence: str | None
    orders: int
    learned: int = Field(description="How many of them are where a learned pin says.")


class DriveErrorAnswer(Answer):
    """`drives` that began in one `hour` of the day, by the `provider` that estimated them: medians of seconds."""

    provider: str
    hour: int
    drives: int
    took_s: float = Field(description="What they took.")
    estimated_off_s: float = Field(description="How far off the estimates were.")
    told_off_s: float = Field(description="The same with what the store had learned by then.")


class FartherAnswer(Answer):
    """How often the `nearest` went, and how many went who were farther: in `bands`, and by how much on average."""

    nearest: int
    bands: list[int] = Field(description="Up to 2 km or 5 min farther, up to 5 km or 10 min, and more.")
    mean: float | None = Field(description="Metres or seconds, of those farther.")


class ChosenAnswer(Answer):
    """Who went against the nearest who could go, in `orders` by automation (`automatic`) or by hand (`manual`)."""

    mode: Mode = Field(description="Who chose.")
    orders: int
    outside: int = Field(description="Besides: given to a technician who could not go by the rules.")
    farther_m: FartherAnswer
    farther_s: FartherAnswer


class StoreInsightAnswer(Answer):
    """One store's figures: `orders` created, and `unserved`; offers `accepted` of `answered`; `nearest` of `chosen`."""

    store_id: UUID
    orders: int
    unserved: int
    accepted: int
    answered: int
    median_accept_s: float | None = Field(description="Half of the accepted offers were so within this time.")
    median_assign_s: float | None = Field(description="Half of the orders had a technician within this time.")
    nearest: int
    chosen: int = Field(description="Orders whose technician was one of those who could go.")
    on_duty_s: int = Field(description="Its technicians' time on duty.")
    free_s: int = Field(description="That of it without work.")


class InsightAnswer(Answer):
    """What became of the work created in the period.

    `acceptance`, `accepted_after`: offers; `assigned_after`: the time until a technician had it; `demand`: its slots by
    hour; `places`: where they come from. `waiting` is what is pending now, of whatever day.
    """

    acceptance: AcceptanceAnswer
    accepted_after: list[AcceptedAfterAnswer]
    assigned_after: list[AssignedAfterAnswer]
    waiting: list[WaitingAnswer]
    demand: list[DemandAnswer]
    duty: list[DutyAnswer] = Field(description="Hours of which it is known who was on duty; by home store.")
    duty_known: float = Field(description="The share of the period so far of which that is known.")
    load: list[LoadAnswer] = Field(description="The busiest first, 200 at most.")
    places: list[PlaceCountAnswer]
    drives: list[DriveErrorAnswer] = Field(description="From `travelling` to `on_site`.")
    chosen: list[ChosenAnswer]
    by_store: list[StoreInsightAnswer] = Field(description="Of each store with work in the period.")
    timezone: str = Field(description="Whose days the period is made of.")
    server_now: datetime


@routes.get(
    "/v1/insight", access=READING, query=InsightQuery, answer=InsightAnswer, errors=(NotFoundError,), replica=True
)
def read_insight(call: Call[InsightQuery, None]) -> Reply:
    """Read what became of a period's work.

    Answers to offers, the time until a technician had the work, demand by hour, load, and how places were found.
    """
    query, scope = call.query, call.caller.scope
    with call.transaction() as tx:
        zone = _zone(tx, scope, query)
        at = tx.as_of()
        question = InsightQuestion(within=_span(query, zone), at=at, store_ids=query.store_id, group_id=query.group_id)
        insight = get_insight(tx, scope, question)
    return Reply(
        InsightAnswer(
            acceptance=AcceptanceAnswer.model_validate(insight.acceptance),
            accepted_after=[AcceptedAfterAnswer.model_validate(one) for one in insight.accepted_after],
            assigned_after=[AssignedAfterAnswer.model_validate(one) for one in insight.assigned_after],
            waiting=[WaitingAnswer.model_validate(one) for one in insight.waiting],
            demand=[DemandAnswer.model_validate(one) for one in insight.demand],
            duty=[DutyAnswer.model_validate(one) for one in insight.duty],
            duty_known=insight.duty_known,
            load=[LoadAnswer.model_validate(one) for one in insight.load],
            drives=[DriveErrorAnswer.model_validate(one) for one in insight.drives],
            places=[PlaceCountAnswer.model_validate(one) for one in insight.places],
            chosen=[ChosenAnswer.model_validate(one) for one in insight.chosen],
            by_store=[StoreInsightAnswer.model_validate(one) for one in insight.by_store],
            timezone=zone.key,
            server_now=at,
        )
    )


def _zone(tx: Tx, scope: Scope, query: InsightQuery) -> ZoneInfo:
    """Whose days the period is made of. Raises NotFoundError for a store or group outside the scope."""
    if query.group_id is not None:
        get_group(tx, scope, query.group_id)
    zones = {get_store(tx, scope, store_id).timezone for store_id in query.store_id}
    if not zones:
        return common_zone(tx, scope)
    return get_zone(zones.pop() if len(zones) == 1 else "UTC")


def _span(query: InsightQuery, zone: ZoneInfo) -> Span:
    """Raises InvalidError for a period that does not go forward, or is longer than 366 days."""
    if query.first > query.last:
        raise InvalidError.at("/to", "span_not_forward", "It should not come before `from`.")
    if query.last - query.first >= _LONGEST:
        raise InvalidError.at("/to", "span_too_long", f"A period has at most {_LONGEST.days} days.")
    return midnight(query.first, zone), midnight(query.last + _DAY, zone)
