"""Receipts: every ranking is written down, also one that found no technician."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Literal
from uuid import UUID

from sqlalchemy import insert

from geo_assign.core.db import Tx
from geo_assign.core.ids import new_id
from geo_assign.core.wire import Json
from geo_assign.matching.domain import Candidate, Excluded, KnownPosition, Question, Ranking
from geo_assign.receipts.tables import decisions

_OF_DRIVE = frozenset({"drive", "no_drive"})

Outcome = Literal["offered", "assigned", "suggested", "nobody"]


def record_decision(
    tx: Tx,
    ranking: Ranking,
    *,
    work_order_id: UUID,
    mode: Literal["automatic", "manual"],
    outcome: Outcome,
    actor: Mapping[str, object],
    chosen: UUID | None,
) -> UUID:
    """Write the receipt of a ranking and return its id."""
    decision_id = new_id()
    explanation = ranking.explanation
    tx.conn.execute(
        insert(decisions).values(
            org_id=tx.org_id,
            id=decision_id,
            work_order_id=work_order_id,
            at=ranking.question.at,
            mode=mode,
            outcome=outcome,
            actor=dict(actor),
            chosen_technician_id=chosen,
            query=_query(ranking.question),
            policy=_json(ranking.question.policy),
            candidates=[_candidate(rank, person) for rank, person in enumerate(ranking.candidates, start=1)],
            excluded=[_excluded(person) for person in explanation.excluded] if explanation else [],
            counts=_counts(ranking),
            batch=None if ranking.batch is None else _json(ranking.batch),
            routing=None if ranking.routing is None else _json(ranking.routing),
        )
    )
    return decision_id


def _query(question: Question) -> Json:
    return _json(
        {
            "origin": question.origin,
            "slot": question.slot,
            "at": question.at,
            "skills": list(question.skills),
            "store_id": question.store_id,
            "group_id": question.group_id,
            "needs_duty": question.needs_duty,
            "positions": "live" if question.is_soon else "planned",
        }
    )


def _candidate(rank: int, person: Candidate) -> dict[str, Json]:
    # A receipt is kept for good: it says how far a technician was and how that was known, never where.
    values = {name: getattr(person, name) for name in _names(Candidate)}
    kept = {name: _json(value) for name, value in values.items() if name not in _OF_DRIVE or value is not None}
    position = {name: _json(getattr(person.position, name)) for name in _names(KnownPosition) if name != "point"}
    return {"rank": rank, **kept, "position": position, "eta_s": person.eta_s}


def _excluded(person: Excluded) -> Json:
    return _json(person)


def _counts(ranking: Ranking) -> dict[str, Json]:
    explanation = ranking.explanation
    if explanation is None:
        return {}
    return {
        "excluded": {code.value: count for code, count in explanation.counts.items()},
        "of": explanation.counts_of.value,
        "members": explanation.members,
        "others": explanation.others,
        "examined": explanation.examined,
        "truncated": explanation.truncated,
    }


def _json(value: object) -> Json:
    """Plain JSON values: instants as RFC 3339, durations in seconds, ids as text, dataclasses by their fields."""
    match value:
        case dict() | Mapping():
            return {str(key): _json(item) for key, item in value.items()}
        case list() | tuple():
            return [_json(item) for item in value]
        case datetime():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case UUID():
            return str(value)
        case str() | int() | float() | None:
            return value
        case _ if is_dataclass(value) and not isinstance(value, type):
            return {name: _json(getattr(value, name)) for name in _names(type(value))}
        case _:
            raise TypeError(f"no JSON for {type(value).__name__}")


@cache
def _names(of: type) -> tuple[str, ...]:
    """The fields of a dataclass. `asdict` copies each value first, which made half of what a receipt cost."""
    return tuple(field.name for field in fields(of))
