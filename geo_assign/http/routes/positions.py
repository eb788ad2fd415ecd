"""Positions of the technicians' phones."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AwareDatetime, ConfigDict, Field, WithJsonSchema
from pydantic.dataclasses import dataclass

from geo_assign.core.errors import ForbiddenError
from geo_assign.http.operations import TECHNICIANS, Call, Lane, Reply, Routes
from geo_assign.http.schemas import Answer, Body
from geo_assign.positions.domain import (
    MAX_BATCH,
    Batch,
    Flag,
    Ping,
    PingRefusal,
    RecordingTimeoutError,
    Verdict,
)

routes = Routes("Positions")

_STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)  # as every Body

# The years in which an instant is one, as everywhere; told to pydantic itself, for 500 times a call adds up.
_RecordedAt = Annotated[
    AwareDatetime,
    Field(ge=datetime(1970, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC)),
    WithJsonSchema(
        {
            "type": "string",
            "format": "date-time",
            "description": "The device's time, with an offset. With the device it is what makes a position the same.",
            "examples": ["2026-05-21T14:05:00Z"],
        }
    ),
]


@dataclass(frozen=True, slots=True, config=_STRICT)
class PositionBody(Ping):
    """One position. Any number is taken: what no place or accuracy can be is answered by a verdict of its own.

    A speed, heading or battery outside its range means that the phone does not know it.
    """

    recorded_at: _RecordedAt
    lat: float = Field(description="Degrees north, WGS 84.", examples=[41.15])
    lon: float = Field(description="Degrees east, WGS 84.", examples=[-8.61])
    accuracy_m: float | None = Field(None, description="Radius in metres. Negative: the phone has no valid fix.")
    speed_mps: float | None = Field(None, description="Metres per second.")
    heading_deg: float | None = Field(None, description="Degrees clockwise from north, 0 to 360.")
    battery: float | None = Field(None, description="Charge, 0 to 1.")
    mock: bool = Field(False, description="The phone says that the location is simulated.")
    event: str | None = Field(None, max_length=64, description="What made the phone send it, such as `motion`.")


class PositionsBody(Body):
    """What a phone sends at once, in any order."""

    positions: Annotated[list[PositionBody], Field(min_length=1, max_length=MAX_BATCH)]


class PositionResultAnswer(Answer):
    """What became of one position: `late` is kept in the track and did not move the technician."""

    index: int = Field(description="Place in the list that was sent.")
    verdict: Verdict
    reason: PingRefusal | None
    flags: list[Flag]


class PositionsAnswer(Answer):
    """One result per position, in their order, and the seconds after which the next ones are wanted."""

    results: list[PositionResultAnswer]
    next_interval_s: int = Field(description="When to send again.")


@routes.post(
    "/v1/positions",
    access=TECHNICIANS,
    body=PositionsBody,
    example={
        "positions": [
            {"recorded_at": "2026-05-21T14:05:00Z", "lat": 41.15, "lon": -8.61, "accuracy_m": 12, "battery": 0.8}
        ]
    },
    answer=PositionsAnswer,
    own_transactions=True,
    lane=Lane.PHONES,
    errors=(RecordingTimeoutError,),
)
def record_positions(call: Call[None, PositionsBody]) -> Reply:
    """Send positions.

    Up to 500 at once; each gets a verdict. They are judged in the order of their times, in whatever order they
    come. Sending one again is harmless: it is a `duplicate`. What is answered `accepted`, `late` or `duplicate` is
    committed. Off duty nothing is kept.
    """
    caller = call.caller
    if caller.technician_id is None:
        raise ForbiddenError
    batch = Batch(caller.technician_id, caller.device or "", call.body.positions)
    recorded = call.services.pings.submit(caller.org_id, batch, call.transaction)
    # Plain data: a model per position would cost more than judging it.
    results = [
        {"index": index, "verdict": result.verdict, "reason": result.reason, "flags": result.flags}
        for index, result in enumerate(recorded.results)
    ]
    return Reply({"results": results, "next_interval_s": recorded.next_interval_s})
