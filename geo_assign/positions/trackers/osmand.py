"""OsmAnd and Traccar Client: parameters in the address or a form, and the JSON of Traccar Client 9.

The form's speeds are knots, the JSON's metres per second. Any 2xx is delivered.
"""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from geo_assign.positions.domain import Ping
from geo_assign.positions.trackers.protocol import Heard, Hearing, Ignored, Now, Sent, TrackerFormat
from geo_assign.positions.trackers.reading import (
    KNOT,
    entries_of,
    find_accuracy_m,
    find_heading_deg,
    find_instant,
    find_number,
    find_percent,
    find_share,
    find_speed_mps,
    find_text,
    is_true,
    json_of,
    members_of,
)
from geo_assign.workforce.domain import SilenceReason

# The plugin's numbers of a permission that is restricted, or denied.
_NOT_GRANTED = frozenset({1.0, 2.0})
# A time under another name is not to be taken for now.
_TIMES = ("timestamp", "time", "fixTime", "fixtime", "datetime", "tst", "ts")
_LONGITUDES = ("lon", "longitude", "lng", "long")
_FALSE = frozenset({"0", "false", "no", "off"})


def read(sent: Sent, now: Now) -> Heard:
    """A form's parameters stand beside those of the address; without a time the position is of this moment."""
    hearing = Hearing()
    if is_json(sent.body):
        message = json_of(sent.body)
        if message is None:
            hearing.add(Ignored.UNREADABLE)
        for entry in entries_of(message):
            _read_object(hearing, {**sent.parameters, **members_of(entry)}, now)
    else:
        parameters = {**sent.parameters, **form_of(sent.body)}
        hearing.add(_read_parameters(parameters, now) if parameters else Ignored.EMPTY)
    return hearing.heard()


def is_json(body: bytes) -> bool:
    """Whether a body is meant as JSON, whatever its Content-Type says."""
    return body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in {b"{", b"["}


def form_of(body: bytes) -> dict[str, str]:
    """The parameters of a form; the first of a name counts."""
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace").strip("\ufeff\r\n "), errors="replace", max_num_fields=1_000)
    except ValueError:
        return {}
    return dict(reversed(pairs))


def _read_object(hearing: Hearing, message: Mapping[str, object], now: Now) -> None:
    """`location` is an object, a list of them, or, in JSON that is written by hand, a parameter like the others."""
    location = message.get("location", message.get("locations"))
    if isinstance(location, Mapping | list):
        for entry in entries_of(location):
            hearing.add(_read_location(members_of(entry)))
            hearing.silence = _silence_of(members_of(members_of(entry).get("provider"))) or hearing.silence
    elif "coords" in message:
        hearing.add(_read_location(message))
    else:
        hearing.add(_read_parameters(message, now))


def _silence_of(provider: Mapping[str, object]) -> SilenceReason | None:
    """What a change of the phone's location services tells: forbidden to the app, or switched off."""
    if find_number(provider.get("status")) in _NOT_GRANTED:
        return SilenceReason.PERMISSION
    both_off = provider.get("gps") is False and provider.get("network") is False
    return SilenceReason.GPS_OFF if provider.get("enabled") is False or both_off else None


def _read_location(item: Mapping[str, object]) -> Ping | Ignored:
    coords, battery = members_of(item.get("coords")), members_of(item.get("battery"))
    lat, lon = find_number(coords.get("latitude")), find_number(coords.get("longitude"))
    if not coords:
        return Ignored.NO_PLACE if item else Ignored.UNREADABLE
    recorded_at = find_instant(item.get("timestamp"))
    if lat is None or lon is None or recorded_at is None:
        return Ignored.UNREADABLE
    return Ping(
        recorded_at=recorded_at,
        lat=lat,
        lon=lon,
        accuracy_m=_accuracy_m(coords.get("accuracy")),
        speed_mps=find_speed_mps(coords.get("speed")),
        heading_deg=find_heading_deg(coords.get("heading")),
        battery=find_share(battery.get("level")),
        mock=is_true(item.get("mock")),
        event=find_text(item.get("event")),
    )


def _read_parameters(given: Mapping[str, object], now: Now) -> Ping | Ignored:
    lat, lon = _place_of(given)
    if (lat is None and lon is None) or str(given.get("valid", "")).strip().lower() in _FALSE:
        return Ignored.NO_PLACE
    if lat is None or lon is None:
        return Ignored.UNREADABLE
    stamp = _first_of(given, *_TIMES)
    recorded_at = now() if stamp is None or not str(stamp).strip() else find_instant(stamp)
    if recorded_at is None:
        return Ignored.UNREADABLE
    return Ping(
        recorded_at=recorded_at,
        lat=lat,
        lon=lon,
        accuracy_m=_accuracy_m(given.get("accuracy")),
        speed_mps=find_speed_mps(given.get("speed"), unit_mps=KNOT),
        heading_deg=find_heading_deg(_first_of(given, "bearing", "heading")),
        battery=_charge(_first_of(given, "batt", "battery")),
        mock=is_true(given.get("mock")),
        event=find_text(_first_of(given, "event", "alarm")),
    )


def _place_of(given: Mapping[str, object]) -> tuple[float | None, float | None]:
    location = given.get("location")
    if isinstance(location, str) and location.count(",") in {1, 2}:
        lat, lon, *_altitude = location.split(",")
        return find_number(lat), find_number(lon)
    return find_number(_first_of(given, "lat", "latitude")), find_number(_first_of(given, *_LONGITUDES))


def _first_of(given: Mapping[str, object], *names: str) -> object:
    return next((given[name] for name in names if given.get(name) not in (None, "")), None)


def _accuracy_m(value: object) -> float | None:
    # These apps write -1 for every number that they do not know.
    accuracy_m = find_accuracy_m(value)
    return None if accuracy_m is not None and accuracy_m < 0.0 else accuracy_m


def _charge(value: object) -> float | None:
    """Counted to 100; between 0 and 1 it can only be a share of 1."""
    number = find_number(value)
    return number if number is not None and 0.0 < number < 1.0 else find_percent(value)


OSMAND = TrackerFormat("osmand", read, answer={})
