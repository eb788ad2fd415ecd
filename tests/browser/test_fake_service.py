"""What the console's tests are driven against answers as the API document says; a wrong answer would be a 500."""

from flask.testing import FlaskClient

from tests.browser.fake_service import PASSWORD, ConsoleSettings, FakeService, build_app
from tests.browser.scenario import busy_morning


def test_every_answer_of_the_fake_service_is_in_the_document() -> None:
    scenario = busy_morning()
    client: FlaskClient = build_app(FakeService(scenario), ConsoleSettings()).test_client()  # type: ignore[arg-type]
    log_in = {"organization": "demo", "email": "marta@example.org", "password": PASSWORD}
    assert client.post("/v1/sessions", json=log_in).status_code == 201
    for path in ("/v1/me", "/v1/map", "/v1/work-orders"):
        assert client.get(path).status_code == 200, path
    laptop = next(order for order in scenario.orders.values() if order["number"] == "L-2044")
    washer = next(order for order in scenario.orders.values() if order["number"] == "T-0871")
    nearest = client.post("/v1/technicians/nearest", json={"work_order_id": laptop["id"], "limit": 5})
    assert nearest.status_code == 200
    path = f"/v1/work-orders/{laptop['id']}"
    assert client.get(path).status_code == 200
    for mode in ("offer", "assign"):
        chosen = {"technician_id": nearest.get_json()["candidates"][0]["technician_id"], "mode": mode}
        assert client.post(f"{path}/assign", json=chosen).status_code == 200
    pin = {"location": {"lat": 41.0, "lon": -30.0}}
    assert client.patch(f"/v1/work-orders/{washer['id']}", json=pin).status_code == 200
