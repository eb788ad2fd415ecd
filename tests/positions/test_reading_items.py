"""Each item of a batch is read by itself, whatever stands between."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from geo_assign.http.routes.position_models import PositionBody, PositionsBody, decode_positions

GOOD = {"recorded_at": "2026-05-21T14:05:00Z", "lat": 41.15, "lon": -8.61}
NAMES = st.text(max_size=8) | st.sampled_from([*PositionBody.__dataclass_fields__])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.text(st.characters(categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
LIKE_AN_ITEM = st.fixed_dictionaries({}, optional=dict.fromkeys(PositionBody.__dataclass_fields__, JSON)).map(
    lambda more: {**GOOD, **more}
)


@given(st.lists(JSON | LIKE_AN_ITEM | st.just(GOOD), min_size=1, max_size=6))
def test_every_item_is_read_or_said_to_be_unreadable(items: list[Any]) -> None:
    body = decode_positions(PositionsBody, json.dumps({"positions": [GOOD, *items, GOOD]}).encode())
    assert len(body.positions) + len(body.unreadable) == len(items) + 2
    assert {0, len(items) + 1}.isdisjoint(body.unreadable)
    assert all(problem.pointer.startswith(f"/positions/{index}") for index, problem in body.unreadable.items())
    for position in body.positions:
        assert position.recorded_at.tzinfo is not None
        assert position.lat == position.lat, "no NaN"
        assert "\0" not in (position.event or "")


@given(LIKE_AN_ITEM)
def test_one_by_one_comes_to_the_same_as_all_at_once(item: dict[str, Any]) -> None:
    alone = decode_positions(PositionsBody, json.dumps({"positions": [item]}).encode())
    if alone.unreadable or alone.passed_over:
        return
    beside = decode_positions(PositionsBody, json.dumps({"positions": [item, None]}).encode())
    (read,), (again,) = alone.positions, beside.positions
    assert (read.recorded_at, read.lat, read.lon, read.battery) == (
        again.recorded_at,
        again.lat,
        again.lon,
        again.battery,
    )
