"""Work orders that passed technicians by because their devices were silent: read from the receipts."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import FromClause, Text, Uuid, any_, cast, column, func, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from geo_assign.access.domain import Scope
from geo_assign.core.db import Tx
from geo_assign.core.expressions import row_exists, word
from geo_assign.core.paging import Page
from geo_assign.core.rows import AnyColumn, AnySelect
from geo_assign.core.statements import Parameters, Statement
from geo_assign.core.tables import INSTANT
from geo_assign.matching.domain import ExclusionCode
from geo_assign.matching.reachability import ReachabilityQuestion, Silence, list_silences
from geo_assign.receipts.tables import decisions
from geo_assign.workorders.domain import Kind
from geo_assign.workorders.queries import OrderName, list_order_names

OF_SILENCE = (ExclusionCode.OFFLINE, ExclusionCode.STALE_POSITION)
MOST = 2_000
_ASKED = Parameters(org_id=Uuid(), technicians=ARRAY(Text()), begin=INSTANT, end=INSTANT)


class MissedRow(NamedTuple):
    """A decision that left a technician out for nothing but a silent device."""

    technician_id: UUID
    work_order_id: UUID
    decision_id: UUID
    at: datetime
    codes: Sequence[str]


@dataclass(frozen=True, slots=True)
class MissedOrder:
    """A work order that passed a technician by, with the receipt that says so."""

    work_order_id: UUID
    kind: Kind
    number: str
    decision_id: UUID
    at: datetime
    codes: Sequence[str]


@dataclass(frozen=True, slots=True)
class SilenceAndWork:
    """A silence with the work orders that passed the technician by meanwhile, latest first."""

    silence: Silence
    missed: Sequence[MissedOrder]


def list_silences_and_work(tx: Tx, scope: Scope, question: ReachabilityQuestion) -> Page[SilenceAndWork]:
    """A page of silences, each with what the technician missed since `question.since`, as far as the caller sees it."""
    silences = list_silences(tx, scope, question)
    begin = min((one.began_at for one in silences.items), default=question.at)
    people = {one.technician_id for one in silences.items}
    missed = list_missed(tx, people, begin=max(begin, question.since), end=question.at)
    names = list_order_names(tx, scope, {one.work_order_id for one in missed})
    items = [SilenceAndWork(one, _within(one, missed, names, at=question.at)) for one in silences.items]
    return Page(items, silences.next_cursor)


def _within(
    silence: Silence, missed: Sequence[MissedRow], names: Mapping[UUID, OrderName], *, at: datetime
) -> list[MissedOrder]:
    """Each work order once, with its latest receipt."""
    latest: dict[UUID, MissedRow] = {}
    for row in missed:
        within = silence.began_at <= row.at <= (silence.ended_at or at)
        if row.technician_id == silence.technician_id and within and row.work_order_id in names:
            latest.setdefault(row.work_order_id, row)
    return [
        MissedOrder(
            work_order_id=row.work_order_id,
            kind=names[row.work_order_id].kind,
            number=names[row.work_order_id].number,
            decision_id=row.decision_id,
            at=row.at,
            codes=sorted(row.codes),
        )
        for row in latest.values()
    ]


def list_missed(tx: Tx, technician_ids: Collection[UUID], *, begin: datetime, end: datetime) -> list[MissedRow]:
    """What automation decided from `begin` to `end` without these technicians, and otherwise might have with them.

    Latest first, 2,000 at most. A receipt names the nearest who were left out, so one far away may miss more.
    """
    if not technician_ids:
        return []
    values = {"org_id": tx.org_id, "technicians": [str(one) for one in technician_ids], "begin": begin, "end": end}
    return tx.fetch(MISSED, values)


def _missed() -> AnySelect:
    d = decisions.alias("d")
    left_out = _elements(d.c.excluded, "e")
    person, reasons = left_out.c.value["technician_id"].astext, left_out.c.value["reasons"]
    reason = _elements(reasons, "r")
    code = reason.c.value["code"].astext
    codes = select(func.array_agg(code)).select_from(reason).correlate(left_out).scalar_subquery()
    another = row_exists(reason, code.not_in([word(one.value) for one in OF_SILENCE]))
    return (
        select(
            cast(person, Uuid).label("technician_id"),
            d.c.work_order_id,
            d.c.id.label("decision_id"),
            d.c.at,
            codes.label("codes"),
        )
        .select_from(d)
        .join(left_out, person == any_(_ASKED.technicians))
        .where(
            d.c.org_id == _ASKED.org_id,
            d.c.mode == word("automatic"),
            d.c.at >= _ASKED.begin,
            d.c.at <= _ASKED.end,
            func.jsonb_array_length(reasons) > 0,
            ~another,
        )
        .order_by(d.c.at.desc(), d.c.id.desc())
        .limit(MOST)
    )


def _elements(array: AnyColumn, name: str) -> FromClause:
    """The entries of a JSON array as rows with the one column `value`."""
    return func.jsonb_array_elements(array).table_valued(column("value", JSONB)).render_derived(name=name)


MISSED = Statement.of(MissedRow, _missed())
