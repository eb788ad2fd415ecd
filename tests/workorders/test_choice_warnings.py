"""A person may choose a technician whom automation would not, and the answer says what was passed over."""

from typing import Any

import pytest
from sqlalchemy import Connection, text

from tests.access.api import Api

SLOT = {"start": "2031-05-21T10:00:00", "end": "2031-05-21T11:00:00"}
PLACE = {"lat": 41.1512, "lon": -8.6112}


@pytest.fixture
def api(api: Api, admin: Connection) -> Api:
    """Ana works mornings, and has time off in the second half of the slot; Bo is of another store."""
    ana = f"/v1/technicians/{api.id('technicians', 'ana')}"
    version = api.get(ana, by="root").get_json()["version"]
    changed = api.patch(ana, by="root", version=version, json={"hours": {"wed": [["06:00", "09:00"]]}})
    assert changed.status_code == 200, changed.get_data(as_text=True)
    span = {"starts_at": "2031-05-21T10:30:00+01:00", "ends_at": "2031-05-21T18:00:00+01:00"}
    made = api.post(f"{ana}/time-off", by="root", json=span)
    assert made.status_code == 201, made.get_data(as_text=True)
    admin.execute(text('UPDATE stores SET settings = settings || \'{"lead_auto_user_assignment": "off"}\''))
    return api


def posted(api: Api, kind: str = "leads", **more: Any) -> Any:
    body = {"store_id": api.id("stores", "centre"), "customer": {"name": "Eva"}, "slot": SLOT} | more
    answer = api.post(f"/v1/{kind}", by="root", json=body)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return answer.get_json()


def given(api: Api, order: Any, act: str, method: str = "POST", **body: Any) -> Any:
    path = f"/v1/work-orders/{order['id']}/{act}"
    answer = api.call(method, path, by="root", version=order["version"], json=body)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_json()


def told(answer: Any) -> list[tuple[str, str]]:
    assert all(one["detail"].endswith(".") for one in answer["warnings"])
    return [(one["code"], one["pointer"]) for one in answer["warnings"]]


@pytest.mark.parametrize("located", [True, False])
def test_what_a_choice_passes_over_is_told(api: Api, located: bool) -> None:
    ana, bo = api.id("technicians", "ana"), api.id("technicians", "bo")
    place = {"location": PLACE} if located else {"address": "Rua Nova 1"}
    order = posted(api, "tickets", skills=["screen"], **place)
    answer = given(api, order, "assign", technician_id=ana, collaborator_ids=[bo])
    assert answer["assignee"]["id"] == ana
    of_bo = [("wrong_group", "/collaborator_ids/0"), ("missing_skill", "/collaborator_ids/0")]
    assert told(answer) == [("outside_hours", "/technician_id"), ("time_off", "/technician_id"), *of_bo]
    assert answer["warnings"][1]["detail"] == "Ana: has time off during the slot."
    assert answer["warnings"][2]["detail"] == "Bo: belongs to another store or service group."
    read = api.get(f"/v1/work-orders/{order['id']}", by="root").get_json()
    assert read["warnings"] == []


def test_a_choice_that_automation_could_have_made_has_no_warning(api: Api) -> None:
    slot = {"start": "2031-05-21T06:30:00", "end": "2031-05-21T07:30:00"}
    order = posted(api, location=PLACE, skills=["screen"], slot=slot)
    assert told(given(api, order, "assign", technician_id=api.id("technicians", "ana"))) == []


def test_the_other_ways_to_choose_tell_it_too(api: Api) -> None:
    ana, bo = api.id("technicians", "ana"), api.id("technicians", "bo")
    order = posted(api, location=PLACE, assignee_id=bo)
    assert told(order) == [("wrong_group", "/assignee_id")]
    order = api.get(f"/v1/work-orders/{order['id']}", by="root").get_json()
    assert order["assignee"]["id"] == bo
    crew = given(api, order, "collaborators", "PUT", collaborator_ids=[ana])
    assert told(crew) == [("outside_hours", "/collaborator_ids/0"), ("time_off", "/collaborator_ids/0")]
    alone = given(api, crew, "collaborators", "PUT", collaborator_ids=[])
    moved = given(api, alone, "reallocate", technician_id=ana, mode="assign", reason="nearer")
    assert told(moved) == [("outside_hours", "/technician_id"), ("time_off", "/technician_id")]
