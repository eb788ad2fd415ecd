"""A client that a generator made of the API document, as docs/sdk-python.md tells it, does a day's work.

It is made with the generator's default options.
"""

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest

from tests.api.page_commands import Made, run_commands
from tests.docs.pages import page
from tests.live import PASSWORD, LiveService, seed_document, shared_service

# All of them: where one came later, another worker would make the client again.
pytestmark = pytest.mark.slow

PACKAGE = "geo_assign_client"
PYTHON = page("docs/sdk-python.md")


@pytest.fixture(scope="module")
def generated() -> Iterator[Made]:
    """The client as docs/sdk-python.md makes it; it can be imported."""
    # The generator formats with ruff, and warns when it cannot find it.
    made = run_commands(PYTHON, tools=" ".join(f"{tool} {version(tool)}" for tool in ("openapi-python-client", "ruff")))
    client = str(made.folder / "geo-assign-client")
    sys.path.insert(0, client)
    yield made
    sys.path.remove(client)


@pytest.fixture(scope="module")
def processes(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    with shared_service(template, tmp_path_factory.mktemp("service")) as service:
        yield service


@pytest.fixture
def service(processes: LiveService) -> LiveService:
    return processes.with_organization(seed_document())


def test_the_generator_leaves_nothing_out_and_warns_of_nothing(generated: Made) -> None:
    assert [line for line in generated.said.splitlines() if line and not line.startswith("Generating ")] == []


def test_a_lead_is_served_through_the_generated_client(generated: Made, service: LiveService) -> None:
    client, models = importlib.import_module(f"{PACKAGE}.client"), importlib.import_module(f"{PACKAGE}.models")
    log_in = models.LogInBody(organization=service.organization["slug"], email="root@acme.example", password=PASSWORD)
    with client.Client(service.base_url) as stranger:
        session = _call("sessions.create_session", client=stranger, body=log_in)
    assert session.user.role == models.Role.ADMINISTRATOR
    phone_token = service.technician("t0").token
    with (
        client.AuthenticatedClient(service.base_url, token=session.token) as desk,
        client.AuthenticatedClient(service.base_url, token=phone_token) as phone,
    ):
        _serve_a_lead(models, service, desk=desk, phone=phone)


def test_the_python_page_makes_a_client_that_works(generated: Made, service: LiveService) -> None:
    ran = run_python_page(generated, service, token=str(service.user().token))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    told = ran.stdout.splitlines()
    assert told[0].startswith("L-0001 ")
    assert told[1] == "1"
    assert any(line.endswith(" work_order.created") for line in told[2:])


def test_the_python_page_says_what_a_key_lacks(generated: Made, service: LiveService) -> None:
    root = service.user()
    asked = {"name": "Lead form", "scopes": ["leads:write", "read"], "store_ids": [service.store_id()]}
    key = root.post("/v1/api-keys", asked)["token"]
    ran = run_python_page(generated, service, token=key)
    assert ran.stdout.splitlines()[1:] == ["1"]
    assert ran.stderr == "forbidden: This API key lacks the scope webhooks.\n"


def run_python_page(generated: Made, service: LiveService, *, token: str) -> "subprocess.CompletedProcess[str]":
    (program,) = PYTHON.blocks("python")
    environment = os.environ | {
        "PYTHONPATH": str(generated.folder / "geo-assign-client"),
        "DISPATCH_URL": service.base_url,
        "DISPATCH_TOKEN": token,
        "STORE_ID": service.store_id(),
    }
    return subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)


def test_a_partner_works_with_a_key_alone(generated: Made, service: LiveService) -> None:
    client, models = importlib.import_module(f"{PACKAGE}.client"), importlib.import_module(f"{PACKAGE}.models")
    log_in = models.LogInBody(organization=service.organization["slug"], email="root@acme.example", password=PASSWORD)
    with client.Client(service.base_url) as stranger:
        session = _call("sessions.create_session", client=stranger, body=log_in)
    scopes = [models.ApiScope.LEADSWRITE, models.ApiScope.WEBHOOKS]
    asked = models.ApiKeyBody(name="Partner", scopes=scopes, store_ids=[UUID(service.store_id())])
    with client.AuthenticatedClient(service.base_url, token=session.token) as root:
        key = _call("api_keys.create_api_key", client=root, body=asked)
    with client.AuthenticatedClient(service.base_url, token=key.token) as partner:
        _sell_a_visit(models, partner)


def _sell_a_visit(models: ModuleType, partner: Any) -> None:
    me = _call("me.get_me", client=partner)
    assert (me.user, me.api_key.name) == (None, "Partner")
    (store,) = me.stores
    assert [one.id for one in _call("stores.list_stores", client=partner).items] == [store.id]
    assert _call("stores.get_store_settings", id=store.id, client=partner).radius_m > 0

    hook = models.WebhookBody(url="http://127.0.0.1:9/hook")
    assert _call("webhooks.create_webhook", client=partner, body=hook).store_ids == [store.id]

    place = models.PointBody(lat=41.15, lon=-8.61)
    lead = models.LeadBody(store_id=store.id, customer=models.CustomerBody(name="Eva"), location=place)
    order = _call("work_orders.create_lead", client=partner, body=lead, idempotency_key="order-1")
    assert _call("work_orders.create_lead", client=partner, body=lead, idempotency_key="order-1").id == order.id
    again = _call("work_orders.get_order", id=order.id, client=partner)
    patch = models.WorkOrderPatch(notes="Ring twice")
    noted = _call("work_orders.edit_order", id=order.id, client=partner, body=patch, if_match=f'"{again.version}"')
    assert noted.notes == "Ring twice"
    reason = models.CancelBody(reason="changed plans")
    cancelled = _call("work_orders.cancel_order", id=order.id, client=partner, body=reason)
    assert cancelled.state == models.State.CANCELLED
    told = [event.type_ for event in _call("webhooks.list_events", client=partner).items]
    assert {"work_order.created", "work_order.cancelled"} <= set(told)


def _serve_a_lead(models: ModuleType, service: LiveService, *, desk: Any, phone: Any) -> None:
    here = {"lat": 41.15, "lon": -8.61}
    now = datetime.now(UTC)
    sent = models.PositionsBody(positions=[models.PositionBody(recorded_at=now, accuracy_m=8.0, **here)])
    recorded = _call("positions.record_positions", client=phone, body=sent)
    assert [(one.verdict, one.reason) for one in recorded.results] == [(models.Verdict.ACCEPTED, None)]

    lead = models.LeadBody(
        store_id=UUID(service.store_id()), customer=models.CustomerBody(name="Eva"), location=models.PointBody(**here)
    )
    order = _call("work_orders.create_lead", client=desk, body=lead)
    assert order.location.source == models.LocationSource.CLIENT
    assert order.customer.name == "Eva"

    asked = models.NearestBody(work_order_id=order.id)
    nearest = _call("nearest.find_nearest", client=desk, body=asked)
    told = [*nearest.candidates, *nearest.excluded]
    assert {one.technician_id for one in told} >= {UUID(service.technician_id("t0"))}

    (offer,) = _call("offers.list_my_offers", client=phone).items
    assert offer.work_order.id == order.id
    assert _call("offers.accept_offer", id=offer.id, client=phone).state == models.OfferState.ACCEPTED

    order = _call("work_orders.get_order", id=order.id, client=desk)
    assert (order.state, order.assignee.name) == (models.State.ASSIGNED, "Technician 0")
    (decision,) = _call("decisions.list_order_decisions", id=order.id, client=desk).items
    assert decision.chosen_technician_id == order.assignee.id
    assert decision.candidates[0].name == "Technician 0"
    assert decision.candidates[0].position.provenance == models.Provenance.LIVE
    kinds = [entry.kind for entry in _call("work_orders.list_order_events", id=order.id, client=desk).items]
    assert kinds[-1] == models.EventKind.ASSIGNED

    picture = _call("map_.get_map", client=desk)
    technicians = [one for one in picture.features if one.properties.kind == "technician"]
    shown = {one.properties.name: one for one in technicians}
    assert shown["Technician 0"].properties.status == models.TechnicianStatus.BUSY
    assert shown["Technician 0"].geometry.coordinates == [here["lon"], here["lat"]]


def _call(operation: str, **arguments: Any) -> Any:
    """What an operation answers; fails on a problem."""
    module: ModuleType = importlib.import_module(f"{PACKAGE}.api.{operation}")
    answer = module.sync(**arguments)
    assert answer is not None
    assert type(answer).__name__ != "Problem", answer
    return answer
