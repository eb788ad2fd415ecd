"""Receipts: every ranking is written down, also one that found no technician."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

import orjson

from geo_assign.core.db import Tx
from geo_assign.core.ids import new_id
from geo_assign.core.rows_at_once import insert_rows
from geo_assign.core.wire import Json
from geo_assign.matching.domain import Candidate, Question, Ranking
from geo_assign.receipts.tables import decisions

_OF_DRIVE = frozenset({"drive", "no_drive"})

Mode = Literal["automatic", "manual"]
Outcome = Literal["offered", "assigned", "suggested", "nobody"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """A ranking as it is to be written down, by the names of the columns."""

    id: UUID
    columns: Mapping[str, object]


def record_decision(
    tx: Tx,
    ranking: Ranking,
    *,
    work_order_id: UUID,
    mode: Mode,
    outcome: Outcome,
    actor: Mapping[str, object],
    chosen: UUID | None,
) -> UUID:
    """Write the receipt of a ranking and return its id."""
    receipt = receipt_of(ranking, work_order_id=work_order_id, mode=mode, outcome=outcome, actor=actor, chosen=chosen)
    record_receipts(tx, [receipt])
    return receipt.id


def record_receipts(tx: Tx, receipts: Sequence[Receipt]) -> None:
    """Write several receipts."""
    insert_rows(tx, decisions, [{"id": one.id, **one.columns} for one in receipts])


def receipt_of(
    ranking: Ranking,
    *,
    work_order_id: UUID,
    mode: Mode,
    outcome: Outcome,
    actor: Mapping[str, object],
    chosen: UUID | None,
) -> Receipt:
    """The receipt of a ranking, with an id of its own."""
    explanation = ranking.explanation
    columns: dict[str, object] = {
        "work_order_id": work_order_id,
        "at": ranking.question.at,
        "mode": mode,
        "outcome": outcome,
        "actor": dict(actor),
        "chosen_technician_id": chosen,
        "query": _query(ranking.question),
        "policy": _json(ranking.question.policy),
        "candidates": _candidates(ranking.candidates),
        "excluded": _json(explanation.excluded) if explanation else [],
        "counts": _counts(ranking),
        "batch": None if ranking.batch is None else _json(ranking.batch),
        "routing": None if ranking.routing is None else _json(ranking.routing),
    }
    return Receipt(new_id(), columns)


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


def _candidates(people: Sequence[Candidate]) -> list[Json]:
    return [
        _candidate(rank, person, kept)
        for rank, (person, kept) in enumerate(zip(people, _each(people), strict=True), start=1)
    ]


def _candidate(rank: int, person: Candidate, kept: Mapping[str, Json]) -> Json:
    # A receipt is kept for good: it says how far a technician was and how that was known, never where.
    position = kept["position"]
    assert isinstance(position, Mapping)
    told = {name: value for name, value in kept.items() if name not in _OF_DRIVE or value is not None}
    how = {name: value for name, value in position.items() if name != "point"}
    return {"rank": rank, **told, "position": how, "eta_s": person.eta_s}


def _counts(ranking: Ranking) -> dict[str, Json]:
    explanation = ranking.explanation
    if explanation is None:
        return {}
    return {
        "excluded": {code.value: count for code, count in explanation.counts.items()},
        "of": explanation.counts_of.value,
        "members": explanation.members,
        "could_go": explanation.could_go,
        "others": explanation.others,
        "examined": explanation.examined,
        "truncated": explanation.truncated,
    }


def _each(values: Sequence[object]) -> list[dict[str, Json]]:
    """The fields of each dataclass by name, as JSON values."""
    told = _json(values)
    assert isinstance(told, list)
    return told


def _json(value: object) -> Json:
    """Plain JSON values: instants as RFC 3339, durations in seconds, ids as text, dataclasses by their fields.

    There and back through the encoder costs a tenth of walking the value in Python.
    """
    told: Json = orjson.loads(orjson.dumps(value, default=_told, option=orjson.OPT_NON_STR_KEYS))
    return told


def _told(value: object) -> dict[str, object] | float:
    match value:
        case Mapping():
            return dict(value)
        case timedelta():
            return value.total_seconds()
        case _:
            raise TypeError(f"no JSON for {type(value).__name__}")
