"""A lead is never lost, whatever the geocoder does, and is located without a human once it recovers."""

from collections.abc import Callable, Iterator
from threading import Event
from time import monotonic
from typing import Any

import pytest

from tests.live import LiveService, seed_document, shared_service
from tests.providers.dialects import CITY, DIALECTS, STREET, Found
from tests.providers.stub import Behaviour, StubServer, answer, half_json, hang, html

pytestmark = pytest.mark.races

DEADLINE_S = 1.5
ADDRESS = f"{STREET} 12, {CITY}"
OPENCAGE = next(dialect for dialect in DIALECTS if dialect.provider == "opencage")
# Near the store: a place that it could never serve is not taken.
PROPERLY = OPENCAGE.found(Found(lat=41.16, lon=-8.62))

TROUBLES: dict[str, tuple[Behaviour, str]] = {
    "hangs": (hang(), "geocoder_unavailable"),
    "html": (html(), "geocoder_unavailable"),
    "half json": (half_json('{"results": [{"geometry": {}}]}'), "geocoder_unavailable"),
}


@pytest.fixture
def geocoder() -> Iterator[StubServer]:
    with StubServer(PROPERLY) as stub:
        yield stub


@pytest.fixture(scope="module")
def processes(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    with shared_service(template, tmp_path_factory.mktemp("service"), geocode_deadline_s=DEADLINE_S) as service:
        yield service


@pytest.fixture
def service(processes: LiveService, geocoder: StubServer) -> LiveService:
    key = {"provider": "opencage", "url": geocoder.url, "key": "0123456789abcdef0123456789abcdef"}
    document = seed_document(technicians=0, settings={"min_confidence": "street"}, map_key=key)
    return processes.with_organization(document)


def post_lead(service: LiveService, **more: Any) -> tuple[dict[str, Any], float]:
    """A lead with the address; the answer and how long it took."""
    body = {"store_id": service.store_id(), "customer": {"name": "Invented Customer"}, "address": ADDRESS, **more}
    began = monotonic()
    lead = service.user().post("/v1/leads", body)
    return lead, monotonic() - began


def wait_for(service: LiveService, lead_id: str, wanted: Callable[[dict[str, Any]], bool], within_s: float) -> Any:
    deadline = monotonic() + within_s
    while True:
        lead = service.user().get(f"/v1/work-orders/{lead_id}")
        if wanted(lead) or monotonic() > deadline:
            assert wanted(lead), lead
            return lead
        Event().wait(0.2)


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_lead_survives_a_broken_geocoder_and_is_located_later(
    service: LiveService, geocoder: StubServer, trouble: str
) -> None:
    geocoder.behaviour, code = TROUBLES[trouble]
    lead, _ = post_lead(service)
    assert lead["state"] == "pending"
    assert lead["pending_reason"] == "geocoder_unavailable"
    assert lead["pending_detail"]["code"] == code
    geocoder.behaviour = PROPERLY
    located = wait_for(service, lead["id"], lambda found: found["location"] is not None, within_s=60)
    assert located["location"]["source"] == "geocoded"


def test_a_rate_limited_geocoder_is_left_alone_until_it_may_be_asked(
    service: LiveService, geocoder: StubServer
) -> None:
    geocoder.behaviour = answer('{"status": {"code": 429}}', status=429, retry_after="6")
    began = monotonic()
    lead, _ = post_lead(service)
    assert lead["pending_detail"]["code"] == "geocoder_rate_limited"
    asked = len(geocoder.requests)
    geocoder.behaviour = PROPERLY
    wait_for(service, lead["id"], lambda found: found["location"] is not None, within_s=60)
    assert monotonic() - began >= 6
    assert len(geocoder.requests) == asked + 1


def test_a_refused_key_waits_for_another_one(service: LiveService, geocoder: StubServer) -> None:
    geocoder.behaviour = OPENCAGE.refuses()
    lead, _ = post_lead(service)
    assert lead["pending_detail"]["code"] == "map_key_invalid"
    geocoder.behaviour = PROPERLY
    Event().wait(1.5)
    assert service.user().get(f"/v1/work-orders/{lead['id']}")["location"] is None
    replaced = service.user().call(
        "PUT",
        f"/v1/stores/{service.store_id()}/map-key",
        {"provider": "opencage", "url": geocoder.url, "key": "fedcba9876543210fedcba9876543210"},
    )
    assert replaced.status_code == 200, replaced.text
    wait_for(service, lead["id"], lambda found: found["location"] is not None, within_s=60)


def test_a_hanging_geocoder_takes_no_more_than_its_time(service: LiveService, geocoder: StubServer) -> None:
    """Compared in the same run with a lead that needs no geocoder, so that a busy machine does not decide."""
    _, without_s = post_lead(service, location={"lat": 41.15, "lon": -8.61})
    geocoder.behaviour = hang()
    lead, took_s = post_lead(service)
    assert lead["pending_reason"] == "geocoder_unavailable"
    assert took_s <= DEADLINE_S + max(0.5, 3 * without_s)
