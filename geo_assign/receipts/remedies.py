"""What would have sufficed: for each reason that excluded a technician the value under which it would not have.

Asked of the moment of the decision, through `geo_assign.matching.history`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, ScalarSelect, and_, any_, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from geo_assign.core.db import Tx
from geo_assign.core.expressions import count_rows
from geo_assign.core.rows import AnyColumn
from geo_assign.core.spans import Span
from geo_assign.core.statements import Statement
from geo_assign.matching.domain import ExclusionCode, Question
from geo_assign.matching.filters import FILTERS, REFUSED, Facts, Needed
from geo_assign.matching.history import PAST, People, as_of, past_values
from geo_assign.matching.queries import fetch
from geo_assign.workforce.hours_exceptions import list_working_times
from geo_assign.workforce.tables import service_providers, time_off
from geo_assign.workforce.working_time import working_spans
from geo_assign.workorders.domain import HOLDING, OfferState

# How far around the slot working hours and free time are looked for.
LOOKED_AHEAD = timedelta(days=14)


class _FactsRow(NamedTuple):
    valid_from: datetime | None
    valid_until: datetime | None
    busy: Sequence[Sequence[str]] | None
    off_until: datetime | None
    open_offers: int
    refused: bool | None
    answered_at: datetime | None


@cache
def _facts() -> Statement[_FactsRow]:
    """What stood against one technician at the question's instant."""
    then, asked = as_of(People.NAMED), PAST
    t, v, b, o = then.technicians.alias(), service_providers.alias("v"), then.bookings.alias(), then.offers.alias()
    f = time_off.alias("f")
    held = (
        b.c.org_id == asked.org_id,
        b.c.technician_id == t.c.id,
        b.c.state.in_(HOLDING),
        b.c.occupied_until > asked.busy_from,
        b.c.work_order_id.is_distinct_from(asked.work_order_id),
    )
    of_time_off = (f.c.org_id == asked.org_id, f.c.technician_id == t.c.id, f.c.starts_at < asked.slot_end)
    of_offers = (o.c.org_id == asked.org_id, o.c.technician_id == t.c.id)
    of_order = (*of_offers, o.c.work_order_id == asked.work_order_id)
    spans = func.jsonb_build_array(b.c.occupied_from, b.c.occupied_until, b.c.starts_at, b.c.ends_at)
    open_offers = count_rows(
        o, *of_offers, o.c.state == OfferState.OFFERED, o.c.work_order_id.is_distinct_from(asked.work_order_id)
    )
    rows = select(
        v.c.valid_from,
        v.c.valid_until,
        _of(b, func.jsonb_agg(aggregate_order_by(spans, b.c.occupied_from)), *held).label("busy"),
        _of(f, func.max(f.c.ends_at), *of_time_off, f.c.ends_at > asked.slot_start).label("off_until"),
        open_offers.label("open_offers"),
        _of(o, func.bool_or(o.c.final), *of_order).label("refused"),
        _of(o, func.max(o.c.responded_at), *of_order, o.c.state.in_(REFUSED)).label("answered_at"),
    )
    joined = t.outerjoin(v, and_(v.c.org_id == asked.org_id, v.c.id == t.c.provider_id))
    named = (t.c.org_id == asked.org_id, t.c.id == any_(asked.technician_ids))
    return Statement.of(_FactsRow, rows.select_from(joined).where(*named))


def _of(source: FromClause, told: AnyColumn, *conditions: ColumnElement[bool]) -> ScalarSelect[object]:
    """An aggregate over the rows of `source` that meet the conditions."""
    return select(told).where(*conditions).correlate_except(source).scalar_subquery()


def get_facts(tx: Tx, question: Question, technician_id: UUID) -> Facts:
    """As they were at the question's instant; the working hours are today's."""
    then = past_values(question, ahead=LOOKED_AHEAD)
    rows = fetch(tx, _facts(), question, technician_ids=[technician_id], **then)
    if not rows:
        return Facts()
    around = (question.slot.start - LOOKED_AHEAD, question.slot.end + LOOKED_AHEAD)
    working = list_working_times(tx, [technician_id], around)[technician_id]
    row = rows[0]
    return Facts(
        busy=tuple(_busy(one) for one in row.busy or ()),
        works=tuple(working_spans(working, around)),
        off_until=row.off_until,
        open_offers=row.open_offers,
        refused=bool(row.refused),
        answered_at=row.answered_at,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
    )


def remedy_for(code: str, question: Question, facts: Facts) -> Needed:
    """The value that would have sufficed against the reason `code`, in JSON; empty where there is none."""
    return FILTERS[ExclusionCode(code)].remedy(question, facts)


def _busy(one: Sequence[str]) -> tuple[Span, Span]:
    occupied_from, occupied_until, starts_at, ends_at = (datetime.fromisoformat(instant) for instant in one)
    return (occupied_from, occupied_until), (starts_at, ends_at)
