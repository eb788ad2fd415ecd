"""OwnTracks in HTTP mode: one JSON object per request, whose `_type` says what it is.

The app takes any 2xx with a JSON array as delivered. An empty body occurs, too: it deletes a friend.
"""

from collections.abc import Mapping

from geo_assign.positions.domain import Ping
from geo_assign.positions.trackers.protocol import Heard, Hearing, Ignored, Now, Sent, TrackerFormat
from geo_assign.positions.trackers.reading import (
    KMH,
    entries_of,
    find_accuracy_m,
    find_heading_deg,
    find_instant,
    find_number,
    find_percent,
    find_speed_mps,
    find_text,
    is_true,
    json_of,
    members_of,
)
from geo_assign.workforce.domain import SilenceReason

_FORBIDDEN = -4.0


def read(sent: Sent, _now: Now) -> Heard:
    """`tst` counts, which is the time of the place; `created_at` is that of the message."""
    hearing = Hearing()
    if not sent.body.strip():
        hearing.add(Ignored.EMPTY)
        return hearing.heard()
    message = json_of(sent.body)
    if message is None:
        hearing.add(Ignored.UNREADABLE)
    for entry in entries_of(message):
        hearing.add(read_object(members_of(entry)))
        hearing.silence = _silence_of(members_of(entry)) or hearing.silence
    return hearing.heard()


def _silence_of(item: Mapping[str, object]) -> SilenceReason | None:
    """What a status tells of the phone: location forbidden to the app, or the battery saver on."""
    if item.get("_type") != "status":
        return None
    android, phone = members_of(item.get("android")), members_of(item.get("iOS"))
    granted = str(phone.get("locationManagerAuthorizationStatus", ""))
    if find_number(android.get("loc")) == _FORBIDDEN or granted.endswith(("Denied", "Restricted")):
        return SilenceReason.PERMISSION
    return SilenceReason.BATTERY_SAVER if find_number(android.get("ps")) == 1 else None


def read_object(item: Mapping[str, object]) -> Ping | Ignored:
    """One message, whose `_type` says what it is."""
    kind = item.get("_type")
    if kind == "encrypted":
        return Ignored.ENCRYPTED
    if kind != "location":
        return Ignored.OTHER_TYPE if isinstance(kind, str) else Ignored.UNREADABLE
    lat, lon, recorded_at = find_number(item.get("lat")), find_number(item.get("lon")), find_instant(item.get("tst"))
    if lat is None or lon is None or recorded_at is None:
        return Ignored.UNREADABLE
    return Ping(
        recorded_at=recorded_at,
        lat=lat,
        lon=lon,
        accuracy_m=find_accuracy_m(item.get("acc")),
        speed_mps=find_speed_mps(item.get("vel"), unit_mps=KMH),
        heading_deg=find_heading_deg(item.get("cog")),
        battery=find_percent(item.get("batt")),
        mock=is_true(item.get("mock")),
        event=find_text(item.get("t")),
    )


OWNTRACKS = TrackerFormat("owntracks", read, answer=[])
