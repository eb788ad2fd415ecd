"""One suite over all formats of tracker apps: what each says in its own words is read as the same position."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_assign.positions.domain import Ping
from geo_assign.positions.trackers import FORMATS, OSMAND, OVERLAND, OWNTRACKS, Heard, Sent, TrackerFormat
from geo_assign.positions.trackers.reading import find_instant

NOW = datetime(2026, 5, 21, 14, 5, tzinfo=UTC)
KNOTS_PER_MPS = 3_600 / 1_852
Item = dict[str, Any]


@dataclass(frozen=True)
class Dialect:
    """How one kind of app says a position. `names`: its members by ours. `units`: what one of ours is in its unit."""

    name: str
    format: TrackerFormat
    say: Callable[[list[Item]], Sent]
    units: dict[str, float]
    names: dict[str, str]


def _json(body: Any) -> Sent:
    return Sent({}, json.dumps(body).encode())


def _own(items: list[Item]) -> Sent:
    said = [{"_type": "location", **item} for item in items]
    return _json(said[0] if len(said) == 1 else said)


def _address(items: list[Item]) -> Sent:
    (item,) = items
    return Sent({"id": "x", **{name: str(value) for name, value in item.items() if value is not None}})


def _form(items: list[Item]) -> Sent:
    return Sent({"id": "x"}, urlencode(_address(items).parameters).encode())


def _nested(item: Item, *path: str) -> Item:
    inner = {name: value for name, value in item.items() if name in {"latitude", "longitude", *path}}
    return {**{name: value for name, value in item.items() if name not in inner and name != "level"}, "coords": inner}


def _transistorsoft(items: list[Item]) -> Sent:
    said = []
    for item in items:
        location = _nested(item, "accuracy", "speed", "heading")
        if "level" in item:
            location["battery"] = {"level": item["level"], "is_charging": False}
        said.append({**location, "is_moving": True, "activity": {"type": "still", "confidence": 100}, "uuid": "u"})
    return _json({"location": said[0] if len(said) == 1 else said, "device_id": "x"})


def _features(items: list[Item]) -> Sent:
    said = []
    for item in items:
        properties = {name: value for name, value in item.items() if name not in {"lat", "lon"}}
        point = {"type": "Point", "coordinates": [item.get("lon"), item.get("lat")]}
        said.append({"type": "Feature", "geometry": point, "properties": {"motion": [], "wifi": "", **properties}})
    return _json({"locations": said})


_PARAMETERS = {
    "at": "timestamp",
    "lat": "lat",
    "lon": "lon",
    "accuracy_m": "accuracy",
    "speed_mps": "speed",
    "heading_deg": "bearing",
    "battery": "batt",
}
DIALECTS = (
    Dialect(
        "owntracks",
        OWNTRACKS,
        _own,
        {"speed_mps": 3.6, "battery": 100},
        {**_PARAMETERS, "at": "tst", "accuracy_m": "acc", "speed_mps": "vel", "heading_deg": "cog"},
    ),
    Dialect("osmand address", OSMAND, _address, {"speed_mps": KNOTS_PER_MPS, "battery": 100}, _PARAMETERS),
    Dialect("traccar form", OSMAND, _form, {"speed_mps": KNOTS_PER_MPS, "battery": 100}, _PARAMETERS),
    Dialect(
        "traccar json",
        OSMAND,
        _transistorsoft,
        {},
        {**_PARAMETERS, "lat": "latitude", "lon": "longitude", "heading_deg": "heading", "battery": "level"},
    ),
    Dialect(
        "overland",
        OVERLAND,
        _features,
        {},
        {**_PARAMETERS, "accuracy_m": "horizontal_accuracy", "heading_deg": "course", "battery": "battery_level"},
    ),
)
every_dialect = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda one: one.name)
IN_BATCHES = [dialect for dialect in DIALECTS if dialect.name not in {"osmand address", "traccar form"}]
in_batches = pytest.mark.parametrize("dialect", IN_BATCHES, ids=lambda one: one.name)


def spoken(dialect: Dialect, **values: Any) -> Item:
    """A position of this app; `values` are ours, in our units, and travel as the app's. Raw ones pass as `raw`."""
    raw = values.pop("raw", {})
    item: Item = {}
    for name, value in {"at": int(NOW.timestamp()), "lat": 41.15, "lon": -8.61, **values}.items():
        unit = dialect.units.get(name)
        item[dialect.names[name]] = value if unit is None or value is None else value * unit
    return item | {dialect.names[name]: value for name, value in raw.items()}


def hear(dialect: Dialect, *items: Item) -> Heard:
    return dialect.format.read(dialect.say(list(items)), lambda: NOW)


def only(dialect: Dialect, **values: Any) -> Ping:
    (ping,) = hear(dialect, spoken(dialect, **values)).pings
    return ping


@every_dialect
def test_a_position_is_read_in_our_units(dialect: Dialect) -> None:
    ping = only(dialect, accuracy_m=12.5, speed_mps=10.0, heading_deg=200, battery=0.8)
    assert ping.recorded_at == NOW
    assert (ping.lat, ping.lon, ping.accuracy_m, ping.heading_deg) == (41.15, -8.61, 12.5, 200)
    assert ping.speed_mps == pytest.approx(10.0)
    assert ping.battery == pytest.approx(0.8)
    assert not ping.mock


@every_dialect
def test_what_is_missing_is_unknown_and_never_zero(dialect: Dialect) -> None:
    ping = only(dialect)
    assert (ping.accuracy_m, ping.speed_mps, ping.heading_deg, ping.battery) == (None, None, None, None)


@every_dialect
@pytest.mark.parametrize("unknown", [-1, -1.0, "-1", None, "", "unknown", "NaN"])
def test_minus_one_and_nonsense_are_unknown(dialect: Dialect, unknown: object) -> None:
    ping = only(dialect, raw={"speed_mps": unknown, "heading_deg": unknown, "battery": unknown})
    assert (ping.speed_mps, ping.heading_deg, ping.battery) == (None, None, None)


@every_dialect
def test_north_and_standing_still_are_zero(dialect: Dialect) -> None:
    ping = only(dialect, speed_mps=0, heading_deg=0, battery=0)
    assert (ping.speed_mps, ping.heading_deg, ping.battery) == (0, 0, 0)


@every_dialect
def test_no_radius_is_zero(dialect: Dialect) -> None:
    assert only(dialect, accuracy_m=0).accuracy_m is None


@every_dialect
@pytest.mark.parametrize(("lat", "lon"), [(0, -8.61), (41.15, 0), (-41.5, 179.9), ("41.15", "-8.61")])
def test_places_on_the_equator_and_written_as_text_are_places(dialect: Dialect, lat: Any, lon: Any) -> None:
    ping = only(dialect, lat=lat, lon=lon)
    assert (ping.lat, ping.lon) == (float(lat), float(lon))


TIMES = {
    "1779372300": NOW,
    "1779372300587": NOW + timedelta(milliseconds=587),
    "1779372300.587": NOW + timedelta(milliseconds=587),
    "1779372300587123": NOW + timedelta(microseconds=587_123),
    "2026-05-21T14:05:00Z": NOW,
    "2026-05-21T14:05:00.587Z": NOW + timedelta(milliseconds=587),
    "2026-05-21T14:05:00+0000": NOW,
    "2026-05-21T14:05:00 0000": NOW,
    "2026-05-21T14:05:00+00:00": NOW,
    "2026-05-21T07:05:00-0700": NOW,
    "2026-05-21T07:05:00 -0700": NOW,
    "2026-05-21T19:35:00+05:30": NOW,
    "2026-05-21T14:05:00": NOW,
    "2026-05-21 14:05:00": NOW,
    "2026-05-21 14:05:00 UTC": NOW,
    "20260521T140500Z": NOW,
    "20260521T1605+0200": NOW,
    "Thu, 21 May 2026 14:05:00 GMT": NOW,
    "Thu, 21 May 2026 16:05:00 +0200": NOW,
    "2026-05-21T14:05:00.587123456Z": NOW + timedelta(microseconds=587_123),
    " 2026-05-21t14:05:00z ": NOW,
}


@every_dialect
@pytest.mark.parametrize("written", TIMES)
def test_a_time_is_read_however_it_is_written(dialect: Dialect, written: str) -> None:
    assert only(dialect, raw={"at": written}).recorded_at == TIMES[written]


@every_dialect
@pytest.mark.parametrize("number", [1779372300, 1779372300587, 1779372300.25])
def test_a_time_may_be_a_number(dialect: Dialect, number: float) -> None:
    assert only(dialect, raw={"at": number}).recorded_at == TIMES.get(str(number), NOW + timedelta(milliseconds=250))


@every_dialect
@pytest.mark.parametrize(
    "written", ["yesterday", "2026-13-01T00:00:00Z", "-5", "99999999999999999999", "2026-05-21", "Thu, 41 May: no"]
)
def test_a_time_that_cannot_be_read_is_never_now(dialect: Dialect, written: str) -> None:
    heard = hear(dialect, spoken(dialect, raw={"at": written}))
    assert (heard.pings, heard.ignored) == ([], ["unreadable"])


@every_dialect
@pytest.mark.parametrize("lat", ["north", "", None])
def test_half_a_place_is_none(dialect: Dialect, lat: object) -> None:
    assert hear(dialect, spoken(dialect, raw={"lat": lat})).pings == []


@in_batches
def test_one_bad_item_blocks_no_other(dialect: Dialect) -> None:
    bad = [spoken(dialect, raw={"at": "never"}), spoken(dialect, raw={"lat": "x"})]
    good = [spoken(dialect, raw={"at": int(NOW.timestamp()) + after}) for after in (60, 0, 30)]
    heard = hear(dialect, good[0], bad[0], good[1], bad[1], good[2])
    assert [(ping.recorded_at - NOW).total_seconds() for ping in heard.pings] == [0, 30, 60]
    assert heard.ignored == ["unreadable", "unreadable"]


@every_dialect
def test_other_members_are_ignored(dialect: Dialect) -> None:
    more = {"odd": {"deep": [1, {"x": None}]}, "tid": "px", "conn": "m", "altitude": 5, "id": "x"}
    assert hear(dialect, spoken(dialect) | more).pings == hear(dialect, spoken(dialect)).pings


@pytest.mark.parametrize("one", FORMATS, ids=lambda one: one.name)
@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"  ", b"{}", b"[]", b"null", b"nonsense", b"[" * 5_000, b'{"_type": 5}', b"\xff\xfe{"),
        *(b'{"locations": 3}', b'{"location": {}}', b'{"location": []}', b'{"location": {"coords": 7}}'),
        b'{"x": ' + b"9" * 5_000 + b"}",
    ],
)
def test_what_says_nothing_is_taken(one: TrackerFormat, body: bytes) -> None:
    assert one.read(Sent({}, body), lambda: NOW).pings == []


@pytest.mark.parametrize("dialect", [one for one in DIALECTS if one.name != "osmand address"], ids=lambda one: one.name)
def test_a_byte_order_mark_is_passed_over(dialect: Dialect) -> None:
    sent = dialect.say([spoken(dialect)])
    assert len(dialect.format.read(Sent({}, b"\xef\xbb\xbf" + sent.body), lambda: NOW).pings) == 1


NAMES = st.sampled_from(["_type", "location", "locations", "current", "coords", "lat", "lon", "tst", "timestamp"])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)


@given(ANYTHING)
def test_no_message_breaks_the_reading(message: Any) -> None:
    for one in FORMATS:
        for ping in one.read(_json(message), lambda: NOW).pings:
            assert ping.recorded_at.tzinfo is not None
            assert (ping.lat, ping.lon) == (ping.lat, ping.lon), "no NaN"


@given(st.integers(0, 229 * 365 * 86_400 * 1_000_000))
def test_every_instant_survives_each_way_of_writing_it(microseconds: int) -> None:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    whole, seconds = at.replace(microsecond=0), microseconds // 1_000_000
    assert find_instant(seconds) == find_instant(str(seconds)) == whole
    assert find_instant(whole.strftime("%Y-%m-%d %H:%M:%S")) == whole
    assert find_instant(at.isoformat()) == find_instant(at.isoformat().replace("+00:00", "Z")) == at


QUANTITIES = [
    ("speed_mps", "36 km/h", 10.0),
    ("speed_mps", "36km/h", 10.0),
    ("speed_mps", "36,0 kmh", 10.0),
    ("speed_mps", "10 m/s", 10.0),
    ("speed_mps", "10mps", 10.0),
    ("speed_mps", "10 mph", 4.4704),
    ("speed_mps", "10 kn", 5.14444),
    ("speed_mps", "10 knots", 5.14444),
    ("speed_mps", "10 furlongs", None),
    ("speed_mps", "-1 km/h", None),
    ("accuracy_m", "12 m", 12.0),
    ("accuracy_m", "12.5m", 12.5),
    ("accuracy_m", "12 ft", None),
    ("heading_deg", "90°", 90.0),
    ("heading_deg", "0 deg", 0.0),
    ("heading_deg", "360", 360.0),
    ("heading_deg", "361", None),
    ("heading_deg", 65_535, None),
    ("battery", "85%", 0.85),
    ("battery", "85 %", 0.85),
    ("battery", "850 %", None),
]


@every_dialect
@pytest.mark.parametrize(("name", "written", "value"), QUANTITIES, ids=str)
def test_a_unit_that_is_written_behind_a_number_counts(
    dialect: Dialect, name: str, written: str | int, value: float | None
) -> None:
    read = getattr(only(dialect, raw={name: written}), name)
    assert read == (value if value is None else pytest.approx(value, abs=1e-4))


@in_batches
def test_lines_of_json_are_read_one_by_one(dialect: Dialect) -> None:
    later = spoken(dialect, raw={"at": int(NOW.timestamp()) + 60})
    lines = [dialect.say([item]).body for item in (later, spoken(dialect))]
    heard = dialect.format.read(Sent({}, b"\n".join([lines[0], b"{broken", lines[1], b""])), lambda: NOW)
    told = [(ping.recorded_at - NOW).total_seconds() for ping in heard.pings]
    assert told == [0, 60]


# What single formats have beside -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ({"_type": "lwt", "tst": 1779372300}, "other_type"),
        ({"_type": "transition", "event": "enter", "lat": 41.1, "lon": -8.6, "tst": 1779372300}, "other_type"),
        ({"_type": "waypoints", "waypoints": []}, "other_type"),
        ({"_type": "made-up-later"}, "other_type"),
        ({"_type": "encrypted", "data": "c2VjcmV0"}, "encrypted"),
        ({"lat": 41.1, "lon": -8.6, "tst": 1779372300}, "unreadable"),
    ],
)
def test_other_messages_of_owntracks_are_no_places(message: Item, why: str) -> None:
    assert OWNTRACKS.read(_json(message), lambda: NOW) == Heard([], [why])  # type: ignore[list-item]


def test_owntracks_counts_the_time_of_the_place_and_a_full_battery_as_100() -> None:
    message = {"_type": "location", "lat": 41.1, "lon": -8.6, "tst": 1779372300, "created_at": 1779372900}
    (ping,) = OWNTRACKS.read(_json({**message, "batt": 1, "t": "u"}), lambda: NOW).pings
    assert (ping.recorded_at, ping.battery, ping.event) == (NOW, 0.01, "u")


def test_osmand_without_a_time_is_now_and_with_a_bad_one_is_not() -> None:
    place = {"id": "x", "location": "41.15,-8.61"}
    assert [ping.recorded_at for ping in OSMAND.read(Sent(place), lambda: NOW).pings] == [NOW]
    assert [ping.recorded_at for ping in OSMAND.read(Sent({**place, "timestamp": ""}), lambda: NOW).pings] == [NOW]
    assert OSMAND.read(Sent({**place, "timestamp": "soon"}), lambda: NOW).pings == []


@pytest.mark.parametrize(
    ("parameters", "share"),
    [({"batt": "93"}, 0.93), ({"batt": "0.5"}, 0.5), ({"batt": "1"}, 0.01), ({"batt": "100.0"}, 1.0)],
)
def test_osmand_counts_a_battery_to_100_or_writes_a_share(parameters: dict[str, str], share: float) -> None:
    sent = Sent({"lat": "41.15", "lon": "-8.61", **parameters})
    assert [ping.battery for ping in OSMAND.read(sent, lambda: NOW).pings] == [pytest.approx(share)]


@pytest.mark.parametrize(
    ("parameters", "kept"),
    [
        ({"lat": "41,15", "lon": "-8,61"}, 1),
        ({"lat": "41.15", "lon": "-8.61", "valid": "true"}, 1),
        ({"lat": "41.15", "lon": "-8.61", "valid": "0"}, 0),
        ({"batt": "40"}, 0),
        ({"lat": "41.15", "lon": "-8.61", "accuracy": "-1"}, 1),
        ({"lat": "41.15", "lon": "-8.61", "hdop": "1.2"}, 1),
        ({"location": "41.15;-8.61"}, 0),
    ],
)
def test_osmand_parameters(parameters: dict[str, str], kept: int) -> None:
    pings = OSMAND.read(Sent({"id": "x", **parameters}), lambda: NOW).pings
    assert [(ping.lat, ping.lon, ping.accuracy_m) for ping in pings] == [(41.15, -8.61, None)] * kept


@pytest.mark.parametrize(
    "parameters",
    [
        {"lat": "41.15", "lng": "-8.61", "timestamp": "1779372300"},
        {"latitude": "41.15", "longitude": "-8.61", "time": "2026-05-21T14:05:00Z"},
        {"lat": "41.15", "long": "-8.61", "fixtime": "1779372300000"},
        {"location": "41.15,-8.61,80.5", "ts": "1779372300"},
        {"location": "41.15, -8.61", "datetime": "2026-05-21 14:05:00", "timestamp": ""},
    ],
)
def test_other_names_of_osmand_are_read_and_their_time_is_never_taken_for_now(parameters: dict[str, str]) -> None:
    later = NOW + timedelta(hours=3)
    (ping,) = OSMAND.read(Sent({"id": "x", **parameters}), lambda: later).pings
    assert (ping.recorded_at, ping.lat, ping.lon) == (NOW, 41.15, -8.61)


@pytest.mark.parametrize("name", ["location", "locations"])
def test_a_batch_of_traccar_may_be_called_either_way(name: str) -> None:
    location = {"timestamp": "2026-05-21T14:05:00Z", "coords": {"latitude": 41.15, "longitude": -8.61}}
    assert len(OSMAND.read(_json({name: [location, location], "device_id": "x"}), lambda: NOW).pings) == 2


def test_overland_takes_a_collection_and_a_feature_alone() -> None:
    point = {"type": "Point", "coordinates": [-8.61, 41.15]}
    feature = {"type": "Feature", "geometry": point, "properties": {"timestamp": NOW.isoformat()}}
    for body in (feature, {"type": "FeatureCollection", "features": [feature]}, [feature]):
        assert [ping.recorded_at for ping in OVERLAND.read(_json(body), lambda: NOW).pings] == [NOW]


def test_traccar_json_may_stand_in_lists_and_say_more() -> None:
    location = {"timestamp": "2026-05-21T14:05:00.587Z", "coords": {"latitude": 41.15, "longitude": -8.61}}
    odd = {**location, "mock": True, "event": "motionchange", "extras": {}, "provider": {"gps": True}}
    message = [{"location": [odd, {"event": "heartbeat"}], "device_id": "x"}, {"location": location}]
    heard = OSMAND.read(_json(message), lambda: NOW)
    assert [(ping.mock, ping.event) for ping in heard.pings] == [(True, "motionchange"), (False, None)]
    assert heard.ignored == ["no_place"]


def test_what_overland_did_is_no_place_and_current_is_one() -> None:
    def feature(second: int, **properties: Any) -> Item:
        point = {"type": "Point", "coordinates": [-8.61, 41.15, 80.5]}
        at = {"timestamp": (NOW + timedelta(seconds=second)).isoformat()}
        return {"type": "Feature", "geometry": point, "properties": {**at, **properties}}

    paused, trip = feature(40, action="paused_location_updates"), feature(41, type="trip", distance=5)
    body = {"locations": [feature(9), paused, trip, {"type": "Feature", "properties": {}}], "current": feature(50)}
    heard = OVERLAND.read(_json({**body, "trip": {"mode": "driving", "start": "x"}}), lambda: NOW)
    assert [(ping.recorded_at - NOW).total_seconds() for ping in heard.pings] == [9, 50]
    assert heard.ignored == ["other_type", "other_type", "no_place"]
    assert OVERLAND.read(_json({"locations": [], "current": {}}), lambda: NOW).pings == []


@pytest.mark.parametrize("epoch", [0, 978_307_200])
@pytest.mark.parametrize("later_s", [0, 86_400 * 365 * 6])
def test_overland_may_write_as_owntracks_and_count_from_2001(epoch: int, later_s: int) -> None:
    at = NOW + timedelta(seconds=later_s)
    message = {"_type": "location", "lat": 41.15, "lon": -8.61, "tst": int(at.timestamp()) - epoch, "acc": 10}
    (ping,) = OVERLAND.read(_json({**message, "batt": 80, "topic": "owntracks/x"}), lambda: NOW).pings
    assert (ping.recorded_at, ping.lat, ping.accuracy_m, ping.battery) == (at, 41.15, 10, 0.8)
    assert OVERLAND.read(_json({"_type": "lwt", "tst": 1}), lambda: NOW).ignored == ["other_type"]
    assert OVERLAND.read(_json({**message, "lat": None}), lambda: NOW).ignored == ["unreadable"]


def test_an_invalid_fix_of_an_iphone_stays_one() -> None:
    overland = next(dialect for dialect in DIALECTS if dialect.name == "overland")
    assert only(overland, accuracy_m=-1).accuracy_m == -1


PROVIDER_ON = {"status": 3, "enabled": True, "gps": True, "network": True}


@pytest.mark.parametrize(
    ("one", "message", "reason"),
    [
        (OWNTRACKS, {"_type": "status", "iOS": {"locationManagerAuthorizationStatus": "x...Denied"}}, "permission"),
        (OWNTRACKS, {"_type": "status", "iOS": {"locationManagerAuthorizationStatus": "x...AuthorizedAlways"}}, None),
        (OWNTRACKS, {"_type": "status", "android": {"loc": -4, "ps": 0}}, "permission"),
        (OWNTRACKS, {"_type": "status", "android": {"loc": 0, "ps": 1}}, "battery_saver"),
        (OWNTRACKS, {"_type": "status", "android": {"loc": 0, "ps": 0}}, None),
        (OWNTRACKS, {"_type": "status"}, None),
        (OWNTRACKS, {"_type": "lwt", "tst": 1779372300}, None),
        (OSMAND, {"location": {"provider": PROVIDER_ON}}, None),
        (OSMAND, {"location": {"provider": {**PROVIDER_ON, "status": 2}}}, "permission"),
        (OSMAND, {"location": {"provider": {**PROVIDER_ON, "enabled": False}}}, "gps_off"),
        (OSMAND, {"location": [{"provider": {"status": 3, "gps": False, "network": False}}]}, "gps_off"),
        (OSMAND, {"location": {"provider": "gps"}}, None),
        (OVERLAND, {"locations": []}, None),
    ],
)
def test_an_app_may_say_why_it_will_be_silent(one: TrackerFormat, message: Item, reason: str | None) -> None:
    assert one.read(_json(message), lambda: NOW).silence == reason
