"""Members that say nothing are absent, wherever they stand."""

from typing import Annotated, Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, StringConstraints

from geo_assign.core.blanks import is_blank, without_blanks


class Part(BaseModel):
    lat: float
    lon: float
    label: str | None = None


class Thing(BaseModel):
    name: str
    note: Annotated[str, Field(min_length=1)] | None = None
    owner: UUID | None = None
    count: int = 0
    mode: str = "usual"
    place: Part | None = None
    parts: list[Part] = []
    codes: tuple[str, ...] = ()
    secret: Annotated[str, StringConstraints(strip_whitespace=False)] | None = None
    anything: dict[str, object] = {}


BLANKS = ["", " ", "\t\r\n", "\N{NO-BREAK SPACE}", "\N{LEFT-TO-RIGHT MARK}", "\N{IDEOGRAPHIC SPACE} \u200b"]


@pytest.mark.parametrize("blank", BLANKS)
@pytest.mark.parametrize("name", ["note", "owner", "count", "mode", "place", "parts", "codes", "anything"])
def test_a_blank_where_a_member_may_be_left_out_is_none(name: str, blank: str) -> None:
    assert without_blanks(Thing, {"name": "x", name: blank}) == {"name": "x"}


@pytest.mark.parametrize("blank", BLANKS)
def test_a_required_member_stays_for_its_refusal(blank: str) -> None:
    assert without_blanks(Thing, {"name": blank}) == {"name": blank}


def test_a_null_is_absent_where_the_member_may_not_be_null() -> None:
    given_ = {"name": None, "note": None, "count": None, "mode": None, "codes": None, "parts": None}
    assert without_blanks(Thing, given_) == {"name": None, "note": None}


@pytest.mark.parametrize(
    ("sent", "left"),
    [
        ({"place": {"lat": "", "lon": " "}}, {}),
        ({"place": {"lat": None, "lon": None, "label": ""}}, {}),
        ({"place": {"lat": 1, "lon": "", "label": ""}}, {"place": {"lat": 1, "lon": ""}}),
        ({"place": {}}, {"place": {}}),
        ({"parts": [{"lat": 1, "lon": 2, "label": ""}, ""]}, {"parts": [{"lat": 1, "lon": 2}, ""]}),
        ({"codes": ["", "a", " "]}, {"codes": ["a"]}),
        ({"anything": {"a": "", "b": None}}, {"anything": {"a": "", "b": None}}),
        ({"surprise": ""}, {"surprise": ""}),
        ({"secret": ""}, {}),
        ({"secret": "  "}, {"secret": "  "}),
    ],
)
def test_objects_and_lists_are_looked_into(sent: dict[str, Any], left: dict[str, Any]) -> None:
    assert without_blanks(Thing, sent) == left


def test_in_a_change_a_blank_empties_what_may_be_empty() -> None:
    sent = {"name": "", "note": "", "owner": " ", "count": "", "mode": None, "place": {"lat": "", "lon": ""}}
    assert without_blanks(Thing, sent, clears=True) == {
        "name": "",
        "note": None,
        "owner": None,
        "mode": None,
        "place": None,
    }


def test_entries_keep_their_places_where_that_is_asked() -> None:
    sent = {"name": "x", "note": "", "codes": ["", "a"]}
    assert without_blanks(Thing, sent, keeps_entries=True) == {"name": "x", "codes": ["", "a"]}


JSON = st.recursive(
    st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@given(JSON)
def test_what_says_something_stays(value: Any) -> None:
    once = without_blanks(Thing, {"name": "x", "note": value, "codes": value, "place": value})
    assert without_blanks(Thing, once) == once
    if isinstance(value, str) and not is_blank(value):
        assert once == {"name": "x", "note": value, "codes": value, "place": value}
