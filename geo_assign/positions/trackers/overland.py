"""Overland for iOS: a batch of GeoJSON Features, and the newest place beside it as `current`.

The app keeps a batch until it hears exactly `{"result": "ok"}`. Besides places a batch holds what the app did, such as
a pause or a visit: Features with an `action`, or of a `type`, with the time of the act and an older place.

In its logging mode "Owntracks" the app sends one message of that kind instead, without the batch.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from geo_assign.positions.domain import Ping
from geo_assign.positions.trackers import owntracks
from geo_assign.positions.trackers.protocol import Heard, Hearing, Ignored, Now, Sent, TrackerFormat
from geo_assign.positions.trackers.reading import (
    entries_of,
    find_accuracy_m,
    find_heading_deg,
    find_instant,
    find_number,
    find_share,
    find_speed_mps,
    find_text,
    is_true,
    json_of,
    members_of,
)

# In that mode the app counts seconds since 2001, as iPhones do, where OwnTracks counts since 1970.
_IPHONE_EPOCH = timedelta(seconds=978_307_200)
_NO_TRACKER_YET = datetime(2016, 1, 1, tzinfo=UTC)


def read(sent: Sent, _now: Now) -> Heard:
    """`current` is a place like those of the batch; when the batch comes later, it does not move it back."""
    hearing = Hearing()
    if not sent.body.strip():
        hearing.add(Ignored.EMPTY)
        return hearing.heard()
    message = json_of(sent.body)
    if message is None:
        hearing.add(Ignored.UNREADABLE)
    for entry in entries_of(message):
        for found in _found_in(entry):
            hearing.add(found)
    return hearing.heard()


def _found_in(message: object) -> Iterator[Ping | Ignored]:
    """The app's `locations` and `current`; other senders of GeoJSON write a collection, or a Feature alone."""
    members = members_of(message)
    if "geometry" in members:
        yield _read_feature(members)
        return
    if "_type" in members:
        yield _read_as_owntracks(members)
        return
    batch, current = members.get("locations", members.get("features")), members.get("current")
    if batch is None and current is None:
        yield Ignored.NO_PLACE if isinstance(message, Mapping) else Ignored.UNREADABLE
    for feature in (*entries_of(batch), *entries_of(current or None)):
        yield _read_feature(members_of(feature))


def _read_feature(feature: Mapping[str, object]) -> Ping | Ignored:
    properties, geometry = members_of(feature.get("properties")), members_of(feature.get("geometry"))
    if properties.get("action") or properties.get("type"):
        return Ignored.OTHER_TYPE
    if not geometry:
        return Ignored.NO_PLACE if feature else Ignored.UNREADABLE
    lon, lat = _lon_lat(geometry.get("coordinates"))
    recorded_at = find_instant(properties.get("timestamp"))
    if lat is None or lon is None or recorded_at is None:
        return Ignored.UNREADABLE
    return Ping(
        recorded_at=recorded_at,
        lat=lat,
        lon=lon,
        accuracy_m=find_accuracy_m(properties.get("horizontal_accuracy")),
        speed_mps=find_speed_mps(properties.get("speed")),
        heading_deg=find_heading_deg(properties.get("course")),
        battery=find_share(properties.get("battery_level")),
        mock=is_true(properties.get("mock")),
        event=find_text(next(iter(entries_of(properties.get("motion"))), None)),
    )


def _read_as_owntracks(message: Mapping[str, object]) -> Ping | Ignored:
    found = owntracks.read_object(message)
    if isinstance(found, Ping) and found.recorded_at < _NO_TRACKER_YET:
        return replace(found, recorded_at=found.recorded_at + _IPHONE_EPOCH)
    return found


def _lon_lat(coordinates: object) -> tuple[float | None, float | None]:
    """A position of GeoJSON: longitude, latitude, and perhaps an altitude."""
    if not isinstance(coordinates, list) or not 2 <= len(coordinates) <= 4:
        return None, None
    return find_number(coordinates[0]), find_number(coordinates[1])


OVERLAND = TrackerFormat("overland", read, answer={"result": "ok"})
