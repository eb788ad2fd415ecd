"""One suite that every provider runs against a server that speaks its protocol, well and badly."""

import json
import logging
import re
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from pydantic import SecretStr

from geo_assign.core.geo import Point
from geo_assign.core.outbound import OutboundClient
from geo_assign.geocoding.domain import AddressQuery, Confidence, GeocodeResult, ProblemCode
from geo_assign.geocoding.providers import PROVIDERS, ProviderAccess
from tests.docs.pages import page
from tests.providers import stub
from tests.providers.dialects import CITY, DIALECTS, LAT, LON, STREET, Dialect, Found
from tests.providers.stub import CLIENT, Behaviour, StubServer

KEY = "k3y-that-stays-secret"
NOW = datetime(2031, 5, 6, 12, 0, tzinfo=UTC)
ADDRESS = f"{STREET} 12, {CITY}"
# What a busy machine may add to a deadline. The faults would hold a plain client for 20 s and more.
PATIENCE_S = 15.0


@pytest.fixture(params=DIALECTS, ids=lambda dialect: dialect.provider)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    found: Dialect = request.param
    return found


def ask(
    dialect: Dialect, server: StubServer, *, text: str = ADDRESS, deadline_s: float = 10.0, **biases: object
) -> GeocodeResult:
    provider = PROVIDERS[dialect.provider].build(ProviderAccess(CLIENT, url=server.url, key=SecretStr(KEY)))
    query = AddressQuery(text, **biases)  # type: ignore[arg-type]
    return provider.geocode(query, deadline_s=deadline_s, asked_at=NOW)


def problem(result: GeocodeResult) -> ProblemCode | None:
    return result.problem.code if result.problem else None


def test_the_house_asked_for_is_rooftop(dialect: Dialect, server: StubServer) -> None:
    server.behaviour = dialect.found(Found("12"))
    result = ask(dialect, server)
    assert result.problem is None
    assert result.best is not None
    assert (result.best.confidence, result.best.point) == (Confidence.ROOFTOP, Point(LAT, LON))
    assert (result.best.house_number, result.best.street) == ("12", STREET)
    assert CITY in result.best.label


def test_the_question_reaches_the_provider_as_asked(dialect: Dialect, server: StubServer) -> None:
    server.behaviour = dialect.found()
    ask(dialect, server, text="Rua São João 12, Porto & Gaia", country="PT", near=Point(41.15, -8.61))
    [request] = server.requests
    assert request.path.startswith(dialect.path)
    assert dialect.asked(request) == "Rua São João 12, Porto & Gaia"
    assert dialect.key_in(request) in {KEY, None}
    assert request.headers["user-agent"].startswith("geo-assign/")
    assert dialect.extra.items() <= request.query.items()


def test_a_place_without_a_number_is_looked_for_among_all_kinds(dialect: Dialect, server: StubServer) -> None:
    server.behaviour = dialect.found()
    ask(dialect, server, text="São João Hospital, Porto")
    [request] = server.requests
    assert "layer" not in request.query


def test_another_house_is_worth_its_street(dialect: Dialect, server: StubServer) -> None:
    server.behaviour = dialect.found(Found("98"))
    best = ask(dialect, server).best
    assert best is not None
    assert best.confidence is Confidence.STREET


def test_the_streets_middle_is_worth_its_street(dialect: Dialect, server: StubServer) -> None:
    server.behaviour = dialect.found(Found(None))
    best = ask(dialect, server).best
    assert best is not None
    assert best.confidence is Confidence.STREET


def test_a_city_is_an_area(dialect: Dialect, server: StubServer) -> None:
    server.behaviour = dialect.found(Found(area=True))
    best = ask(dialect, server).best
    assert best is not None
    assert best.confidence is Confidence.AREA


def test_a_computed_position_is_interpolated(dialect: Dialect, server: StubServer) -> None:
    if not dialect.interpolates:
        pytest.skip("this provider does not tell")
    server.behaviour = dialect.found(Found("12", interpolated=True))
    best = ask(dialect, server).best
    assert best is not None
    assert best.confidence is Confidence.INTERPOLATED


def test_the_better_candidate_comes_first(dialect: Dialect, server: StubServer) -> None:
    server.behaviour = dialect.found(Found(None), Found("12", lat=LAT + 0.01), Found(area=True))
    result = ask(dialect, server)
    assert [one.confidence.value for one in result.candidates] == ["rooftop", "street", "area"]


def test_an_unknown_address_gives_no_candidates_and_no_error(dialect: Dialect, server: StubServer) -> None:
    server.behaviour = dialect.found()
    assert ask(dialect, server) == GeocodeResult()


def test_a_refused_key_is_told_in_the_providers_words_without_the_key(dialect: Dialect, server: StubServer) -> None:
    status, document = dialect.refused
    said = json.dumps(document).replace("nvalid", f"nvalid {KEY}").replace("locked", f"locked {KEY} for {ADDRESS}")
    server.behaviour = stub.answer(said, status=status)
    result = ask(dialect, server)
    assert problem(result) is ProblemCode.MAP_KEY_INVALID
    assert result.problem is not None
    assert KEY not in repr(result)
    assert ADDRESS not in repr(result)
    assert any(word in result.problem.detail for word in ("nvalid", "locked", "Forbidden"))


def test_a_limit_is_told_with_its_wait(dialect: Dialect, server: StubServer) -> None:
    status, document = dialect.limited
    server.behaviour = stub.answer(json.dumps(document), status=status, retry_after="60")
    result = ask(dialect, server)
    assert problem(result) is ProblemCode.GEOCODER_RATE_LIMITED
    assert result.problem is not None
    assert result.problem.retry_after_s == 60.0


@pytest.mark.parametrize("retry_after", ["90", "dated"])
def test_a_429_is_not_waited_for_inside_the_call(dialect: Dialect, server: StubServer, retry_after: str) -> None:
    header = format_datetime(NOW + timedelta(seconds=90), usegmt=True) if retry_after == "dated" else retry_after
    server.behaviour = stub.answer("{}", status=429, retry_after=header)
    began = time.monotonic()
    result = ask(dialect, server)
    assert time.monotonic() - began < PATIENCE_S
    assert len(server.requests) == 1
    assert result.problem is not None
    assert (result.problem.code, result.problem.retry_after_s) == (ProblemCode.GEOCODER_RATE_LIMITED, 90.0)


FAULTS = {
    "hang": stub.hang(),
    "drip": stub.drip(b"HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n" + b" " * 9000, every_s=0.02),
    "reset": stub.reset(),
    "html": stub.html(),
    "html 502": stub.html(502),
    "json 500": stub.answer('{"error": "oops"}', status=500),
    "redirect": stub.redirect("http://169.254.169.254/latest/meta-data/"),
    "bomb": stub.gzip_bomb(),
    "number": stub.answer("17"),
    "list of numbers": stub.answer("[1, 2]"),
    "null": stub.answer("null"),
    "text": stub.answer('"yes"'),
    "odd shape": stub.answer('{"results": [{}], "features": [{}], "items": [{}], "status": 7}'),
    "nan": stub.answer('{"results": NaN}'),
    "empty body": stub.answer(""),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_server_is_unavailable_in_time(dialect: Dialect, server: StubServer, fault: str) -> None:
    server.behaviour = FAULTS[fault]
    began = time.monotonic()
    result = ask(dialect, server, deadline_s=0.3)
    assert time.monotonic() - began < 0.3 + PATIENCE_S
    if fault == "null" and result == GeocodeResult():
        return  # Nominatim's client reads null as "nothing found"
    assert problem(result) is ProblemCode.GEOCODER_UNAVAILABLE
    assert result.problem is not None
    assert result.problem.retry_after_s


@pytest.mark.parametrize("cut", [stub.half_json, stub.cut_short])
def test_half_an_answer_is_unavailable(dialect: Dialect, server: StubServer, *, cut: object) -> None:
    server.behaviour = cut(json.dumps(dialect.document([Found("12")])))  # type: ignore[operator]
    assert problem(ask(dialect, server)) is ProblemCode.GEOCODER_UNAVAILABLE


@pytest.mark.filterwarnings("ignore:Latitude normalization")
@pytest.mark.parametrize(("lat", "lon"), [(141.0, 12.0), (0.0, 0.0)])
def test_coordinates_off_the_earth_are_garbage(dialect: Dialect, server: StubServer, *, lat: float, lon: float) -> None:
    server.behaviour = dialect.found(Found("12", lat=lat, lon=lon))
    assert problem(ask(dialect, server)) is ProblemCode.GEOCODER_UNAVAILABLE


@pytest.mark.parametrize("value", [True, False, "x", "45.1", None, [45.1], {"lat": 45.1}])
@pytest.mark.parametrize("member", ["lat", "lon"])
def test_a_coordinate_that_is_no_number_is_garbage(
    dialect: Dialect, server: StubServer, *, member: str, value: object
) -> None:
    if value == "45.1" and dialect.provider == "nominatim":
        value = True  # its protocol writes numbers as texts
    document = dialect.document([Found("12")])
    server.behaviour = stub.answer(json.dumps(_with_coordinate(document, LAT if member == "lat" else LON, value)))
    assert problem(ask(dialect, server)) is ProblemCode.GEOCODER_UNAVAILABLE


def _with_coordinate(document: object, number: float, value: object) -> object:
    """`document` with `value` in the place of a number."""
    if isinstance(document, dict):
        return {key: _with_coordinate(one, number, value) for key, one in document.items()}
    if isinstance(document, list):
        return [_with_coordinate(one, number, value) for one in document]
    return value if document in (number, str(number)) else document


def test_the_right_number_on_another_street_is_worth_its_area(dialect: Dialect, server: StubServer) -> None:
    server.behaviour = dialect.found(Found("12"))
    best = ask(dialect, server, text=f"12 Rosemary Road, {CITY}").best
    assert best is not None
    assert best.confidence is Confidence.AREA


def test_the_same_street_in_another_spelling_is_the_house(dialect: Dialect, server: StubServer) -> None:
    server.behaviour = dialect.found(Found("12"))
    best = ask(dialect, server, text=f"12 HERON LN, {CITY}").best
    assert best is not None
    assert best.confidence is Confidence.ROOFTOP


def test_another_postal_area_is_worth_its_area(dialect: Dialect, server: StubServer) -> None:
    server.behaviour = dialect.found(Found("12", postcode="70210"))
    best = ask(dialect, server, text=f"{ADDRESS} 11820").best
    assert best is not None
    assert best.confidence is Confidence.AREA


def test_an_address_the_provider_does_not_take_is_not_found(dialect: Dialect, server: StubServer) -> None:
    server.behaviour = stub.answer('{"message": "Query too long"}', status=422)
    assert problem(ask(dialect, server)) is ProblemCode.NOT_FOUND


BEHAVIOURS: list[Behaviour] = [stub.hang(), stub.html(403), stub.answer("{}"), stub.reset()]


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_neither_key_nor_address_is_logged(
    dialect: Dialect, server: StubServer, *, behaviour: Behaviour, caplog: pytest.LogCaptureFixture
) -> None:
    server.behaviour = behaviour
    with caplog.at_level(logging.DEBUG):
        result = ask(dialect, server, deadline_s=0.2)
    assert KEY not in caplog.text + repr(result)
    assert STREET not in caplog.text + repr(result)


def test_a_private_server_is_not_called_unless_allowed(dialect: Dialect, server: StubServer) -> None:
    provider = PROVIDERS[dialect.provider].build(ProviderAccess(OutboundClient(), url=server.url, key=SecretStr(KEY)))
    result = provider.geocode(AddressQuery(ADDRESS), deadline_s=1.0, asked_at=NOW)
    assert problem(result) is ProblemCode.GEOCODER_UNAVAILABLE
    assert server.requests == []


def test_googles_partial_match_is_not_trusted(server: StubServer) -> None:
    [google] = [one for one in DIALECTS if one.provider == "google"]
    document = google.document([Found("12")])
    document["results"][0]["partial_match"] = True
    server.behaviour = stub.answer(json.dumps(document))
    best = ask(google, server).best
    assert best is not None
    assert best.confidence is Confidence.STREET


def test_photon_finding_something_else_is_not_trusted(server: StubServer) -> None:
    [photon] = [one for one in DIALECTS if one.provider == "photon"]
    server.behaviour = photon.found(Found("12"))
    best = ask(photon, server, text="Rua das Flores 12, Coimbra").best
    assert best is not None
    assert best.confidence is Confidence.STREET
    assert ask(photon, server, country="PT").candidates == ()


def test_every_provider_is_put_to_this_suite() -> None:
    assert set(PROVIDERS) == {dialect.provider for dialect in DIALECTS} | {"gazetteer"}


def test_the_documentation_tells_of_each_provider_what_its_specification_says() -> None:
    told = {name: (key == "needed", url, kept) for name, key, url, kept in rows_of(page("docs/geocoding.md").text)}
    assert told == {
        name: (
            spec.needs_key,
            spec.default_url,
            "not at all" if spec.keep_s is None else f"{spec.keep_s / 86_400:g} days",
        )
        for name, spec in PROVIDERS.items()
        if spec.is_remote
    }
    assert not PROVIDERS["gazetteer"].needs_key


def rows_of(text: str) -> list[tuple[str, ...]]:
    """The rows of the table of remote providers, whose third column is a URL."""
    return re.findall(r"^\| `(\w+)` \| (\w+) \| `(https:[^`]+)` \| ([^|]+) \|$", text, re.MULTILINE)
