"""Positions from free tracker apps, each in the format of its app."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, RootModel

from geo_assign.core.errors import ForbiddenError, GeoAssignError
from geo_assign.core.telemetry import counter
from geo_assign.http.bodies import BodyFormat, DecodeQuery
from geo_assign.http.decoding import FORM, M
from geo_assign.http.operations import TRACKERS, Access, AnyCall, Call, Lane, Reply, Routes
from geo_assign.http.schemas import Answer
from geo_assign.positions.domain import MAX_BATCH, Batch, PingResult, RecordingTimeoutError
from geo_assign.positions.trackers import OSMAND, OVERLAND, OWNTRACKS, Heard, Ignored, Sent, TrackerFormat
from geo_assign.positions.trackers.osmand import form_of
from geo_assign.workforce.commands import note_tracker_use, say_silence

routes = Routes("Trackers")

_MOST_BYTES = 4_000_000
_messages = counter("tracker_messages", "Messages of tracker apps, by what became of them.", ("format", "outcome"))


class TrackerQuery(BaseModel):
    """Where an app cannot send a header, its token stands here."""

    model_config = ConfigDict(extra="allow")

    token: str | None = Field(None, description="The tracker's token.")


class OsmandQuery(TrackerQuery):
    """What the app knows of its place; other parameters are ignored."""

    id: str | None = Field(None, description="The tracker's token; so is `deviceid`.")
    lat: str | None = None
    lon: str | None = None
    location: str | None = Field(None, description="`lat,lon`.")
    timestamp: str | None = Field(None, description="Since 1970 in s or ms, or ISO 8601. Without it: now.")
    speed: str | None = Field(None, description="Knots.")
    bearing: str | None = Field(None, description="Degrees from north; so is `heading`.")
    accuracy: str | None = Field(None, description="Metres.")
    batt: str | None = Field(None, description="Charge, 0 to 100.")


class TrackerMessage(BaseModel):
    """What the app sends."""

    model_config = ConfigDict(extra="allow")
    _raw: bytes = PrivateAttr(default=b"")

    @property
    def raw(self) -> bytes:
        """The body as it came."""
        return self._raw


class OwntracksAnswer(RootModel[list[dict[str, str]]]):
    """Always empty: cards and places of others are not told."""


class OsmandAnswer(Answer):
    """Taken."""


class OverlandAnswer(Answer):
    """Taken: the app drops the batch."""

    result: str = Field(description="`ok`.")


def _take_any(_content_type: str | None) -> None:
    """Apps say of a body what they like."""


def _as_sent(model: type[M], raw: bytes) -> M:
    body = model.model_construct()
    if isinstance(body, TrackerMessage):
        body._raw = raw  # noqa: SLF001 - its own class
    return body


def _parameters(model: type[M], query_string: str) -> M:
    given = form_of(query_string.encode("latin-1"))
    return model.model_construct(None, **{name: value for name, value in given.items() if not name.startswith("_")})


_JSON = BodyFormat(("application/json",), _take_any, _as_sent, takes_any_encoding=True)
_JSON_OR_FORM = BodyFormat(("application/json", FORM), _take_any, _as_sent, takes_any_encoding=True)


class _Taking(TypedDict):
    """What the calls of every format have in common."""

    access: Access
    reads_query: DecodeQuery
    own_transactions: bool
    lane: Lane
    max_body_bytes: int
    errors: tuple[type[GeoAssignError], ...]


_TAKING: _Taking = {
    "access": TRACKERS,
    "reads_query": _parameters,
    "own_transactions": True,
    "lane": Lane.PHONES,
    "max_body_bytes": _MOST_BYTES,
    "errors": (RecordingTimeoutError,),
}


@routes.post(
    "/v1/trackers/owntracks",
    query=TrackerQuery,
    body=TrackerMessage,
    reads=_JSON,
    example={"_type": "location", "lat": 41.15, "lon": -8.61, "tst": 1779372300, "acc": 12, "vel": 30, "batt": 80},
    answer=OwntracksAnswer,
    **_TAKING,
)
def record_owntracks(call: Call[TrackerQuery, TrackerMessage]) -> Reply:
    """Send what OwnTracks sends.

    Places are kept as those of `POST /v1/positions`; what is no place, or cannot be read, is taken and ignored.
    """
    return _record(call, OWNTRACKS, Sent(_given(call.query), call.body.raw))


@routes.get("/v1/trackers/osmand", query=OsmandQuery, answer=OsmandAnswer, **_TAKING)
def record_osmand_address(call: Call[OsmandQuery, None]) -> Reply:
    """Send a position in the address, as OsmAnd does."""
    return _record(call, OSMAND, Sent(_given(call.query)))


@routes.post(
    "/v1/trackers/osmand",
    query=OsmandQuery,
    body=TrackerMessage,
    reads=_JSON_OR_FORM,
    example={
        "device_id": "the token",
        "location": {
            "timestamp": "2026-05-21T14:05:00.000Z",
            "coords": {"latitude": 41.15, "longitude": -8.61, "accuracy": 12, "speed": 8.3, "heading": 90},
            "battery": {"level": 0.8},
        },
    },
    answer=OsmandAnswer,
    **_TAKING,
)
def record_osmand(call: Call[OsmandQuery, TrackerMessage]) -> Reply:
    """Send what Traccar Client sends: a form, or JSON whose `location` is one place or a list."""
    return _record(call, OSMAND, Sent(_given(call.query), call.body.raw))


@routes.post(
    "/v1/trackers/overland",
    query=TrackerQuery,
    body=TrackerMessage,
    reads=_JSON,
    example={
        "locations": [
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [-8.61, 41.15]},
                "properties": {"timestamp": "2026-05-21T14:05:00Z", "horizontal_accuracy": 12, "battery_level": 0.8},
            }
        ]
    },
    answer=OverlandAnswer,
    **_TAKING,
)
def record_overland(call: Call[TrackerQuery, TrackerMessage]) -> Reply:
    """Send what Overland sends: a batch of places, and the newest as `current`."""
    return _record(call, OVERLAND, Sent(_given(call.query), call.body.raw))


def _given(query: TrackerQuery) -> dict[str, str]:
    return query.model_dump(exclude_none=True)


def _record(call: AnyCall, tracker_format: TrackerFormat, sent: Sent) -> Reply:
    """Keep what can be kept, and answer as if it were all: what is bad now is no better when it comes again."""
    caller, technician_id = call.caller, call.caller.technician_id
    if technician_id is None:
        raise ForbiddenError
    heard = tracker_format.read(sent, lambda: _now(call))
    results: list[PingResult] = []
    for start in range(0, len(heard.pings), MAX_BATCH):
        batch = Batch(technician_id, caller.device or "", heard.pings[start : start + MAX_BATCH])
        results += call.services.pings.submit(caller.org_id, batch, call.transaction).results
    outcome = _outcome(heard, results)
    _messages.labels(tracker_format.name, outcome).inc()
    if heard.silence is not None:
        with call.transaction() as tx:
            say_silence(tx, technician_id, heard.silence)
    if caller.tracker is not None:
        with call.transaction() as tx:
            note_tracker_use(tx, caller, client=call.headers.get("User-Agent"), outcome=outcome)
    return Reply(tracker_format.answer)


def _now(call: AnyCall) -> datetime:
    with call.transaction() as tx:
        return tx.now()


def _outcome(heard: Heard, results: Sequence[PingResult]) -> str:
    """What became of the newest position; without one why there is none."""
    if results:
        return (results[-1].reason or results[-1].verdict).value
    return heard.ignored[0].value if heard.ignored else Ignored.EMPTY.value
