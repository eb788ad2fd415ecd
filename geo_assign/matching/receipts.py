"""Reads of receipts, and why one technician was, or was not, chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Select, and_, or_, select

from geo_assign.access.domain import Scope
from geo_assign.core.db import Tx
from geo_assign.core.errors import NotFoundError
from geo_assign.core.paging import Page, decode, page
from geo_assign.matching.tables import decisions
from geo_assign.workforce.queries import get_technician
from geo_assign.workorders.queries import find_work_order, get_work_order


class DecisionNotFoundError(NotFoundError):
    """There is no such decision here."""

    code = "decision_not_found"


@dataclass(frozen=True, slots=True)
class Decision:
    """A receipt as it was written; JSON members keep their shapes."""

    id: UUID
    work_order_id: UUID
    at: datetime
    mode: str
    outcome: str
    actor: Mapping[str, Any]
    chosen_technician_id: UUID | None
    query: Mapping[str, Any]
    policy: Mapping[str, Any]
    candidates: Sequence[Mapping[str, Any]]
    excluded: Sequence[Mapping[str, Any]]
    counts: Mapping[str, Any]
    batch: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Why:
    """One technician in a decision. `gap_m`: how much farther than the first he was; `reasons`: what excluded him."""

    technician_id: UUID
    name: str
    verdict: Literal["chosen", "candidate", "excluded", "not_considered"]
    rank: int | None = None
    distance_m: float | None = None
    gap_m: float | None = None
    reasons: Sequence[Mapping[str, Any]] = ()
    sentence: str = ""


_FIELDS = tuple(Decision.__dataclass_fields__)


def get_decision(tx: Tx, scope: Scope, decision_id: UUID) -> Decision:
    """Raises DecisionNotFoundError, also when the work order is outside the scope."""
    row = tx.conn.execute(_select(tx).where(decisions.c.id == decision_id)).first()
    if row is None:
        raise DecisionNotFoundError
    decision = Decision(*row)
    if find_work_order(tx, scope, decision.work_order_id) is None:
        raise DecisionNotFoundError
    return decision


def list_decisions(
    tx: Tx, scope: Scope, work_order_id: UUID, *, limit: int, cursor: str | None = None
) -> Page[Decision]:
    """The receipts of a work order, oldest first."""
    get_work_order(tx, scope, work_order_id)
    d = decisions.c
    statement = _select(tx).where(d.work_order_id == work_order_id)
    if cursor is not None:
        at, last_id = decode(cursor, datetime.fromisoformat, UUID)
        statement = statement.where(or_(d.at > at, and_(d.at == at, d.id > last_id)))
    rows = [Decision(*row) for row in tx.conn.execute(statement.order_by(d.at, d.id).limit(limit + 1))]
    return page(rows, limit, lambda decision: (decision.at.isoformat(), decision.id))


def list_batch(tx: Tx, batch_id: UUID) -> list[Decision]:
    """The receipts of orders that were solved together, in the order in which they were given."""
    d = decisions.c
    statement = _select(tx).where(d.batch.is_not(None), d.batch["id"].astext == str(batch_id))
    return [Decision(*row) for row in tx.conn.execute(statement.order_by(d.at, d.id))]


def explain(tx: Tx, scope: Scope, decision: Decision, technician_id: UUID) -> Why:
    """Why this technician was chosen, came later, or could not go. Raises NotFoundError outside the scope."""
    name = get_technician(tx, scope, technician_id).name
    wanted = str(technician_id)
    for person in decision.candidates:
        if person["technician_id"] == wanted:
            return _candidate(decision, technician_id, name, person)
    for person in decision.excluded:
        if person["technician_id"] == wanted:
            return _excluded(decision, technician_id, name, person)
    sentence = f"{name} was not among the nearest people that this decision looked at."
    return Why(technician_id, name, "not_considered", sentence=sentence)


def _candidate(decision: Decision, technician_id: UUID, name: str, person: Mapping[str, Any]) -> Why:
    gap_m = person["distance_m"] - decision.candidates[0]["distance_m"]
    chosen = decision.chosen_technician_id == technician_id
    if chosen:
        sentence = f"{name} was {decision.outcome}: number {person['rank']}, {person['distance_m'] / 1000:.1f} km away."
    else:
        sentence = f"{name} could go, but was number {person['rank']}: {gap_m:.0f} m farther than the first."
    return Why(
        technician_id,
        name,
        "chosen" if chosen else "candidate",
        rank=person["rank"],
        distance_m=person["distance_m"],
        gap_m=gap_m,
        sentence=sentence,
    )


def _excluded(decision: Decision, technician_id: UUID, name: str, person: Mapping[str, Any]) -> Why:
    reasons = person["reasons"]
    words = "; ".join(reason["detail"] for reason in reasons)
    needed = _needed(reasons)
    rank = 1 + sum(one["distance_m"] < (person["distance_m"] or 0.0) for one in decision.candidates)
    sentence = f"{name} could not go: {words}."
    if needed:
        sentence += f" Number {rank} if {needed}."
    return Why(technician_id, name, "excluded", distance_m=person["distance_m"], reasons=reasons, sentence=sentence)


_WOULD_SUFFICE = {
    "freshness_s": "positions were good for {} s",
    "radius_m": "the radius were at least {} m",
}


def _needed(reasons: Sequence[Mapping[str, Any]]) -> str:
    """What would have had to differ, in words; empty unless every reason can be said as a number."""
    parts = []
    for reason in reasons:
        needed = reason["needed"].items()
        known = [_WOULD_SUFFICE[name].format(value) for name, value in needed if name in _WOULD_SUFFICE]
        if not known:
            return ""
        parts += known
    return " and ".join(parts)


def _select(tx: Tx) -> Select[Any]:
    return select(*(decisions.c[name] for name in _FIELDS)).where(decisions.c.org_id == tx.org_id)
