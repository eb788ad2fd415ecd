"""Who went silent, when and why, and which work orders passed them by meanwhile."""

from datetime import datetime, timedelta
from uuid import UUID

from pydantic import Field

from geo_assign.core.errors import NotFoundError
from geo_assign.http.operations import READING, Call, Reply, Routes
from geo_assign.http.schemas import Answer, CommaList, PageQuery
from geo_assign.matching.reachability import ReachabilityQuestion
from geo_assign.positions.domain import SilenceEnd
from geo_assign.receipts.missed import SilenceAndWork, list_silences_and_work
from geo_assign.workforce.domain import SilenceReason
from geo_assign.workforce.queries import get_group, get_store
from geo_assign.workorders.domain import Kind

routes = Routes("Insight")

_MISSED_SHOWN = 20


class ReachabilityQuery(PageQuery):
    """Whose silences, and how far back."""

    hours: int = Field(12, ge=1, le=72, description="How far back silences may have ended.")
    store_id: CommaList[UUID] = Field([], description="Technicians of these stores.")
    group_id: UUID | None = Field(None, description="Technicians of this group.")


class MissedAnswer(Answer):
    """A work order that passed the technician by, and the receipt that says so."""

    work_order_id: UUID
    kind: Kind
    number: str
    decision_id: UUID = Field(description="The receipt.")
    at: datetime
    codes: list[str] = Field(description="`offline`, `stale_position` or both.")


class SilenceAnswer(Answer):
    """A time on duty in which the device was not heard from for 15 minutes or longer; null ends: it lasts."""

    technician_id: UUID
    name: str
    store_id: UUID
    began_at: datetime = Field(description="When it was last heard from, or when duty began.")
    ended_at: datetime | None
    ended_by: SilenceEnd | None
    reason: SilenceReason | None = Field(description="What the app said about it.")
    missed: list[MissedAnswer] = Field(description="Latest first, 20 at most.")
    missed_count: int = Field(description="How many.")


class ReachabilityAnswer(Answer):
    """A page of silences, those that began last first."""

    items: list[SilenceAnswer]
    next_cursor: str | None
    since: datetime = Field(description="Silences that were over before are not shown.")
    server_now: datetime


@routes.get(
    "/v1/reachability", access=READING, query=ReachabilityQuery, answer=ReachabilityAnswer, errors=(NotFoundError,)
)
def read_reachability(call: Call[ReachabilityQuery, None]) -> Reply:
    """List who went silent on duty.

    With when, why if the app said so, and the work orders that automation decided meanwhile and that passed the
    technician by for nothing else.
    """
    query, scope = call.query, call.caller.scope
    with call.transaction() as tx:
        now = tx.as_of()
        since = now - timedelta(hours=query.hours)
        for store_id in query.store_id:
            get_store(tx, scope, store_id)
        if query.group_id is not None:
            get_group(tx, scope, query.group_id)
        question = ReachabilityQuestion(
            at=now,
            since=since,
            store_ids=query.store_id,
            group_id=query.group_id,
            limit=query.limit,
            cursor=query.cursor,
        )
        page = list_silences_and_work(tx, scope, question)
    items = [_silence_answer(one) for one in page.items]
    return Reply(ReachabilityAnswer(items=items, next_cursor=page.next_cursor, since=since, server_now=now))


def _silence_answer(one: SilenceAndWork) -> SilenceAnswer:
    silence = one.silence
    return SilenceAnswer(
        technician_id=silence.technician_id,
        name=silence.name,
        store_id=silence.store_id,
        began_at=silence.began_at,
        ended_at=silence.ended_at,
        ended_by=silence.ended_by,
        reason=silence.reason,
        missed=[MissedAnswer.model_validate(order) for order in one.missed[:_MISSED_SHOWN]],
        missed_count=len(one.missed),
    )
