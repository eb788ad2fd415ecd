"""Positions of the technicians' phones."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from pydantic import Field

from geo_assign.core.errors import ForbiddenError, InvalidError, NotFoundError
from geo_assign.http.operations import POSITIONS, Call, Lane, Reply, Routes
from geo_assign.http.routes.position_models import POSITIONS_JSON, PositionsBody
from geo_assign.http.schemas import Answer, PartialAnswer, Query, ShortText, Slug
from geo_assign.positions.domain import (
    NOTHING_RECORDED,
    UNREADABLE,
    Batch,
    Flag,
    PingRefusal,
    PingResult,
    RecordingTimeoutError,
    UnknownTechnicianError,
    Verdict,
)
from geo_assign.positions.grouping import count_unreadable
from geo_assign.workforce.queries import find_id_by_slug, get_technician

routes = Routes("Positions")


class PositionsQuery(Query):
    """Whose positions they are: an API key names the technician by id or slug. A phone's are its own technician's."""

    technician_id: UUID | None = None
    technician: Slug | None = Field(None, description="The technician's slug.")
    device: ShortText | None = Field(None, description="Which device sent them; usually the key's name.")


class PositionResultAnswer(PartialAnswer):
    """What became of one position: `late` is kept in the track and did not move the technician.

    `pointer` and `detail` say what could not be read: of an `unreadable` item, or a member that was passed over.
    """

    index: int = Field(description="Place in the list that was sent.")
    verdict: Verdict
    reason: PingRefusal | None
    flags: list[Flag]
    pointer: str | None = None
    detail: str | None = None


class PositionsAnswer(Answer):
    """One result per position, in their order, and the seconds after which the next ones are wanted."""

    results: list[PositionResultAnswer]
    next_interval_s: int = Field(description="When to send again.")


@routes.post(
    "/v1/positions",
    access=POSITIONS,
    query=PositionsQuery,
    body=PositionsBody,
    reads=POSITIONS_JSON,
    example={
        "positions": [
            {"recorded_at": "2026-05-21T14:05:00Z", "lat": 41.15, "lon": -8.61, "accuracy_m": 12, "battery": 0.8}
        ]
    },
    answer=PositionsAnswer,
    own_transactions=True,
    lane=Lane.PHONES,
    errors=(RecordingTimeoutError, UnknownTechnicianError),
)
def record_positions(call: Call[PositionsQuery, PositionsBody]) -> Reply:
    """Send positions.

    Up to 500 at once; each gets a verdict, also what cannot be read. They are judged in the order of their times, in
    whatever order they come. Sending one again is harmless: it is a `duplicate`. What is answered `accepted`, `late`
    or `duplicate` is committed. Off duty nothing is kept.
    """
    caller, body = call.caller, call.body
    technician_id, device = _sender(call)
    recorded = NOTHING_RECORDED
    if body.positions:
        batch = Batch(technician_id, device, body.positions)
        recorded = call.services.pings.submit(caller.org_id, batch, call.transaction)
    count_unreadable(len(body.unreadable))
    if body.unreadable or body.passed_over:
        results = list(_with_unread(body, recorded.results))
    else:
        results = [_told(index, result) for index, result in enumerate(recorded.results)]
    return Reply({"results": results, "next_interval_s": recorded.next_interval_s})


def _sender(call: Call[PositionsQuery, PositionsBody]) -> tuple[UUID, str]:
    """The technician and the device. Raises UnknownTechnicianError, also outside the scope, and InvalidError."""
    caller, query = call.caller, call.query
    if caller.api_scopes:
        return _named_technician(call), query.device or caller.name
    if caller.technician_id is None:
        raise ForbiddenError
    if query.technician_id not in {None, caller.technician_id}:
        raise UnknownTechnicianError
    return caller.technician_id, caller.device or ""


def _named_technician(call: Call[PositionsQuery, PositionsBody]) -> UUID:
    query = call.query
    if (query.technician_id is None) == (query.technician is None):
        raise InvalidError.at("/technician_id", "missing", "Name the technician by technician_id or by technician.")
    with call.transaction() as tx:
        wanted = query.technician_id or find_id_by_slug(tx, "technicians", query.technician or "")
        if wanted is None:
            raise UnknownTechnicianError
        try:
            return get_technician(tx, call.caller.scope, wanted).id
        except NotFoundError as error:
            raise UnknownTechnicianError from error


def _told(index: int, result: PingResult) -> dict[str, object]:
    # Plain data: a model per position would cost more than judging it.
    return {"index": index, "verdict": result.verdict, "reason": result.reason, "flags": result.flags}


def _with_unread(body: PositionsBody, results: Sequence[PingResult]) -> Iterator[dict[str, object]]:
    """One result per item that was sent, with what could not be read of it."""
    judged = iter(results)
    for index in range(len(body.positions) + len(body.unreadable)):
        unreadable = body.unreadable.get(index)
        told = _told(index, UNREADABLE if unreadable is not None else next(judged))
        problem = unreadable or body.passed_over.get(index)
        yield told if problem is None else {**told, "pointer": problem.pointer, "detail": problem.detail}
