"""Every body is either its model or a 4xx that says where: nothing in between, and never an exception."""

import json
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from geo_assign.core.errors import InvalidError
from geo_assign.http.decoding import decode_body, decode_query, require_json
from geo_assign.http.errors import BadQueryError, MalformedJsonError, UnsupportedMediaTypeError
from geo_assign.http.routes.api_keys import ApiKeyBody, ApiKeyPatch
from geo_assign.http.routes.webhook_models import WebhookBody, WebhookPatch
from geo_assign.http.schemas import (
    Bbox,
    Body,
    CommaList,
    Email,
    Instant,
    PageQuery,
    PointBody,
    ShortText,
    Skills,
    SlotBody,
    TimeZoneName,
)


class Visit(Body):
    at: Instant | None = None
    slot: SlotBody | None = None
    points: tuple[PointBody, ...] = Field((), strict=False)
    place: PointBody | SlotBody | None = None
    name: ShortText | None = None
    email: Email | None = None
    zone: TimeZoneName | None = None
    skills: Skills = ()
    number: int = 0
    anything: dict[str, Any] = Field(default_factory=dict)


class Search(PageQuery):
    state: CommaList[str] = Field(default_factory=list)
    bbox: Bbox | None = None
    since: Instant | None = None


def refusals(raw: bytes | str) -> dict[str, str]:
    """Pointer → code of what is wrong with a body."""
    with pytest.raises(InvalidError) as caught:
        decode_body(Visit, raw.encode() if isinstance(raw, str) else raw)
    return {problem.pointer: problem.code for problem in caught.value.errors}


NAMES = st.text() | st.sampled_from(list(Visit.model_fields))
HALF_CHARACTERS = st.text(st.characters(categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | HALF_CHARACTERS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=20,
)


@given(JSON | st.fixed_dictionaries({}, optional=dict.fromkeys(Visit.model_fields, JSON)))
def test_any_json_is_a_visit_or_refused(value: Any) -> None:
    refused_or_decoded(json.dumps(value).encode())


@given(st.binary(max_size=200))
def test_any_bytes_are_a_visit_or_refused(raw: bytes) -> None:
    refused_or_decoded(raw)


def refused_or_decoded(raw: bytes) -> None:
    try:
        visit = decode_body(Visit, raw)
    except InvalidError as error:
        json.dumps([vars(problem) for problem in error.errors]).encode()
        error.detail.encode()
    else:
        # What got through can be stored: PostgreSQL takes neither NUL nor NaN nor half characters.
        stored = json.dumps(json.loads(visit.model_dump_json()), allow_nan=False)
        assert "\\u0000" not in stored


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ('{"number": true}', {"/number": "wrong_type"}),
        ('{"number": "1"}', {"/number": "wrong_type"}),
        ('{"number": 1.0}', {"/number": "wrong_type"}),
        ('{"number": 99999999999999999999}', {"/number": "out_of_range"}),
        (
            '{"points": [{"lat": 1, "lon": 2}, {"lat": true, "lon": 200}]}',
            {"/points/1/lat": "wrong_type", "/points/1/lon": "out_of_range"},
        ),
        ('{"points": [{"lat": NaN, "lon": 2}]}', {"/points/0/lat": "not_finite"}),
        ('{"points": [{"lat": 1}]}', {"/points/0/lon": "missing"}),
        ('{"points": [{"lat": 1, "lon": 1e999}]}', {"/points/0/lon": "not_finite"}),
        ('{"anything": {"a/b~c": ["\\u0000"]}}', {"/anything/a~1b~0c/0": "nul_character"}),
        ('{"anything": {"\\u0000": 1}}', {"/anything/\0": "nul_character"}),
        ('{"anything": {"a": "\\ud800"}}', {"/anything/a": "lone_surrogate"}),
        ('{"anything": {"a": -Infinity}}', {"/anything/a": "not_finite"}),
        ('{"at": 1700000000}', {"/at": "bad_format"}),
        ('{"at": "1700000000"}', {"/at": "bad_format"}),
        ('{"at": "2026-05-21"}', {"/at": "bad_format"}),
        ('{"at": "2026-05-21T14:05:00"}', {"/at": "timezone_aware"}),
        ('{"at": "0001-01-01T00:00:00+23:59"}', {"/at": "out_of_range"}),
        ('{"at": "2026-02-30T00:00:00Z"}', {"/at": "bad_format"}),
        ('{"slot": {"start": "2026-05-21T14:00:00Z", "end": "2026-05-21T15:00:00"}}', {"/slot": "slot_mixed"}),
        ('{"slot": {"start": "2026-05-21T14:00:00Z", "end": "2026-05-21T14:00:00Z"}}', {"/slot": "slot_order"}),
        ('{"skills": ["", "Screen"]}', {"/skills/0": "bad_format", "/skills/1": "bad_format"}),
        ('{"points": ["", {"lat": 1, "lon": 200}]}', {"/points/0": "wrong_type", "/points/1/lon": "out_of_range"}),
        ('{"email": "ana"}', {"/email": "bad_format"}),
        ('{"zone": "../../etc/passwd"}', {"/zone": "timezone_unknown"}),
        ('{"skills": ["Screen"]}', {"/skills/0": "bad_format"}),
        ('{"surprise": 1}', {"/surprise": "unknown_member"}),
        ("[]", {"": "wrong_type"}),
        ("null", {"": "wrong_type"}),
    ],
)  # fmt: skip
def test_a_refusal_points_at_what_is_wrong(raw: str, expected: dict[str, str]) -> None:
    assert refusals(raw) == expected


class Named(Body):
    name: ShortText


@pytest.mark.parametrize(
    ("raw", "code"), [(b'{"name": " "}', "too_short"), (b'{"name": null}', "wrong_type"), (b"", "missing")]
)
def test_a_member_that_is_needed_has_to_say_something(raw: bytes, code: str) -> None:
    with pytest.raises(InvalidError) as caught:
        decode_body(Named, raw)
    assert [(one.pointer, one.code) for one in caught.value.errors] == [("/name", code)]


@pytest.mark.parametrize("blank", ['""', '" "', '"\\u00a0"', '"\u00a0"', '"\\t\\n"', '"\u200e"', "null"])
@pytest.mark.parametrize("name", ["at", "slot", "points", "place", "name", "email", "zone", "skills", "number"])
def test_a_member_that_says_nothing_is_absent(name: str, blank: str) -> None:
    assert decode_body(Visit, f'{{"{name}": {blank}}}'.encode()) == Visit()
    with_more = f'{{ "{name}" :\n {blank} , "anything": {{"a": ""}}}}'
    assert decode_body(Visit, with_more.encode()) == Visit(anything={"a": ""})


def test_a_byte_order_mark_is_passed_over() -> None:
    assert decode_body(Visit, b'\xef\xbb\xbf{"name": "Ana"}').name == "Ana"
    assert decode_body(Visit, b"\xef\xbb\xbf") == Visit()


@pytest.mark.parametrize("query", ["state=&q=", "bbox=&since=%20", "limit=&cursor=%C2%A0", "state=%20,%20"])
def test_a_parameter_that_says_nothing_is_absent(query: str) -> None:
    known = "&".join(one for one in query.split("&") if not one.startswith("q="))
    assert decode_query(Search, known) == Search()


class Listed(Body):
    kinds: Annotated[tuple[Literal["a", "b"], ...], Field(min_length=1, strict=False)] = ("a",)
    both: Literal["all"] | Annotated[tuple[Literal["a", "b"], ...], Field(min_length=2, max_length=3, strict=False)] = (
        "all"
    )


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ('{"kinds": ["x"]}', [("/kinds/0", "unknown_value")]),
        ('{"kinds": ["x", "y"]}', [("/kinds/0", "unknown_value"), ("/kinds/1", "unknown_value")]),
        ('{"kinds": ["a", "x"]}', [("/kinds/1", "unknown_value")]),
        ('{"kinds": [5]}', [("/kinds/0", "unknown_value")]),
        ('{"kinds": []}', [("/kinds", "too_short")]),
        ('{"kinds": "a"}', [("/kinds", "wrong_type")]),
        ('{"both": ["a", "x"]}', [("/both/1", "unknown_value")]),
        ('{"both": ["x"]}', [("/both/0", "unknown_value"), ("/both", "too_short")]),
        ('{"both": ["a"]}', [("/both", "unknown_value"), ("/both", "too_short")]),
        ('{"both": "some"}', [("/both", "unknown_value"), ("/both", "wrong_type")]),
    ],
)
def test_a_wrong_entry_of_a_list_is_told_alone(raw: str, told: list[tuple[str, str]]) -> None:
    with pytest.raises(InvalidError) as refused:
        decode_body(Listed, raw.encode())
    assert [(problem.pointer, problem.code) for problem in refused.value.errors] == told


@pytest.mark.parametrize(
    ("model", "members", "pointer"),
    [
        (WebhookBody, {"url": "https://hooks.example", "events": ["work_order.dreamt"]}, "/events/0"),
        (WebhookBody, {"url": "https://hooks.example", "events": ["work_order.created", "dreamt"]}, "/events/1"),
        (WebhookPatch, {"events": ["dreamt"]}, "/events/0"),
        (ApiKeyBody, {"name": "Till", "scopes": ["everything"]}, "/scopes/0"),
        (ApiKeyBody, {"name": "Till", "scopes": ["read", "write"]}, "/scopes/1"),
        (ApiKeyPatch, {"scopes": ["write"]}, "/scopes/0"),
    ],
)
def test_an_unknown_event_or_scope_is_one_error(model: type[BaseModel], members: Any, pointer: str) -> None:
    with pytest.raises(InvalidError) as refused:
        decode_body(model, json.dumps(members).encode())
    assert [problem.pointer for problem in refused.value.errors] == [pointer]


def test_a_branch_of_a_union_is_not_part_of_the_pointer() -> None:
    assert set(refusals('{"place": {"lat": 1}}')) >= {"/place/lon"}
    assert not any("Body" in pointer for pointer in refusals('{"place": {"lat": 1}}'))


@pytest.mark.parametrize(
    "raw", [b"{", b"\xff\xfe", b'{"name": "\xff"}', b"[" * 5_000, b'{"anything":' * 300, b"nope", b'{"a":1}x']
)
def test_what_is_not_json_is_called_so(raw: bytes) -> None:
    with pytest.raises(MalformedJsonError):
        decode_body(Visit, raw)


def test_an_empty_body_is_an_empty_object() -> None:
    assert decode_body(Visit, b"") == Visit()


def test_times_arrive_in_utc_and_strings_trimmed() -> None:
    visit = decode_body(Visit, b'{"at": "2026-05-21T16:05:00+02:00", "name": "  Ana "}')
    assert isinstance(visit, Visit)
    assert visit.at is not None
    assert visit.at.isoformat() == "2026-05-21T14:05:00+00:00"
    assert visit.name == "Ana"


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=utf-8", "application/merge-patch+json"]
)
def test_json_is_taken_by_any_of_its_names(content_type: str) -> None:
    require_json(content_type)


@pytest.mark.parametrize(
    "content_type", [None, "", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1"]
)
def test_nothing_else_is(content_type: str | None) -> None:
    with pytest.raises(UnsupportedMediaTypeError):
        require_json(content_type)


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ("limit=0", "/limit", "out_of_range"),
        ("limit=x", "/limit", "bad_format"),
        ("limit=1&limit=2", "/limit", "repeated"),
        ("surprise=1", "/surprise", "unknown_member"),
        ("cursor=%00", "/cursor", "nul_character"),
        ("bbox=1,2,3", "/bbox", "bounding_box"),
        ("bbox=1,nan,3,4", "/bbox", "bounding_box"),
        ("since=2026-05-21T14:05:00", "/since", "timezone_aware"),
    ],
)
def test_a_query_is_refused_by_parameter(query: str, pointer: str, code: str) -> None:
    with pytest.raises(BadQueryError) as caught:
        decode_query(Search, query)
    assert [(problem.pointer, problem.code) for problem in caught.value.errors] == [(pointer, code)]


def test_a_call_without_parameters_takes_an_empty_query_and_nothing_else() -> None:
    for query in ("", "&", "&&"):
        decode_query(None, query)
    with pytest.raises(BadQueryError) as caught:
        decode_query(None, "surprise=1")
    assert [problem.code for problem in caught.value.errors] == ["unknown_member"]


def test_lists_in_a_query_are_repeated_or_separated_by_commas() -> None:
    for query in ("state=pending,offered", "state=pending&state=offered", "state=pending,&state=%20offered"):
        found = decode_query(Search, query)
        assert isinstance(found, Search)
        assert found.state == ["pending", "offered"]


@given(
    st.text(alphabet=st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=80),
    st.sampled_from([Search, None]),
)
def test_any_query_is_understood_or_refused(query: str, model: type[BaseModel] | None) -> None:
    try:
        decode_query(model, query)
    except BadQueryError as error:
        json.dumps([vars(problem) for problem in error.errors])
