"""The simulation against a stand-in service: it speaks the API, survives what fails, and works through its jobs."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from geo_assign.simulate.client import ServiceClient
from geo_assign.simulate.runner import RunnerOptions, office_token, run
from geo_assign.simulate.seeding import demo_seed
from tests.simulate.service import FakeService, served

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class SkippingPace:
    """Time that jumps to whatever is due; `hooks` run when their time has come."""

    def __init__(self, hooks=()):
        self._now_s = 0.0
        self._hooks = sorted(hooks, key=lambda hook: hook[0])

    def now_s(self):
        return self._now_s

    def wait_until(self, time_s):
        while self._hooks and self._hooks[0][0] <= time_s:
            self._hooks.pop(0)[1]()
        self._now_s = max(self._now_s, time_s)
        return True

    def instant(self, time_s):
        return NOON + timedelta(seconds=time_s)


@pytest.fixture
def service():
    return FakeService()


@pytest.fixture(scope="module")
def organization(city, tmp_path_factory):
    """The tree that seeding would print: ids on everything, tokens and keys."""
    seed = demo_seed(city, gazetteer=tmp_path_factory.mktemp("demo") / "gazetteer.csv", technicians=10)
    organization = json.loads(json.dumps(seed["organizations"][0]))
    for entry in [*organization["stores"], *organization["groups"], *organization["technicians"]]:
        entry["id"] = f"id of {entry['slug']}"
    for entry in [*organization["technicians"], *organization["users"]]:
        entry["token"] = f"token of {entry['email']}"
    organization["api_keys"][0]["key"] = "key of the lead form"
    return organization


def simulate(client, organization, city, *, duration_s, hooks=(), **options):
    """Run on skipping time against the stand-in or a client; returns the lines of the log."""
    lines = []
    run(
        client,
        organization,
        city=city,
        pace=SkippingPace(hooks),
        options=RunnerOptions(duration_s=duration_s, **options),
        report=lines.append,
    )
    return lines


def test_the_demo_looks_alive_within_seconds(service, organization, city):
    simulate(service, organization, city, duration_s=9)
    groups = {group["id"] for group in organization["groups"]}
    on_duty = [technician for technician in organization["technicians"] if technician["on_duty"]]
    assert service.complaints == []
    assert set(service.positions) >= {technician["token"] for technician in on_duty[:5]}
    assert len(service.positions) >= len(on_duty) - 1
    assert len(service.orders) >= 10
    assert all(order["group_id"] in groups for order in service.orders.values())
    assert sum(service.on_duty.values()) == len(on_duty)


def test_technicians_move_and_off_duty_phones_are_silent(service, organization, city):
    simulate(service, organization, city, duration_s=240, opening_leads=0, leads_per_hour=0)
    assert service.complaints == []
    for technician in organization["technicians"]:
        places = {(ping["lat"], ping["lon"]) for ping in service.positions.get(technician["token"], {}).values()}
        assert (len(places) > 3) or not technician["on_duty"]


def test_offers_are_answered_and_work_is_done(service, organization, city):
    on_duty = [technician for technician in organization["technicians"] if technician["on_duty"]]

    def offer_all():
        waiting = [number for number, order in service.orders.items() if order["state"] == "pending"]
        for number, technician in zip(waiting, on_duty, strict=False):
            service.offer(number, technician)

    hooks = [(second, offer_all) for second in range(10, 1500, 90)]
    simulate(service, organization, city, duration_s=2400, hooks=hooks, leads_per_hour=20, speed=4)
    assert service.complaints == []
    assert service.answers["accept"] > 5
    assert {state for _, state in service.progress} == {"travelling", "on_site", "in_progress", "completed"}
    first = service.progress[0][0]
    stages = [state for number, state in service.progress if number == first]
    assert stages[:2] == ["travelling", "on_site"]


def test_progress_is_not_reported_to_a_service_that_does_not_take_it(service, organization, city):
    service.status_call = False

    def assign():
        for order in service.orders.values():
            order |= {"state": "assigned", "assignee": {"id": organization["technicians"][0]["id"]}, "slot": None}

    simulate(service, organization, city, duration_s=200, hooks=[(12, assign)], leads_per_hour=0)
    assert service.complaints == []
    assert service.progress == []


def test_work_that_a_dispatcher_takes_away_is_dropped(service, organization, city):
    holder = {"id": organization["technicians"][0]["id"], "name": "-"}

    def hand(assignee):
        def change():
            for order in service.orders.values():
                order |= {"state": "assigned" if assignee else "pending", "assignee": assignee, "slot": None}

        return change

    hooks = [(8, hand(holder)), (30, hand(None))]
    simulate(service, organization, city, duration_s=900, hooks=hooks, leads_per_hour=0, opening_leads=2)
    assert [state for _, state in service.progress] == ["travelling"]


def test_positions_and_leads_arrive_after_the_service_was_away(service, organization, city):
    def away(is_away):
        def change():
            service.away = is_away

        return change

    hooks = [(2, away(True)), (100, away(False))]
    lines = simulate(service, organization, city, duration_s=220, hooks=hooks, leads_per_hour=0)
    assert service.complaints == []
    assert len(service.orders) == 10
    assert "retries" in lines[-1] + lines[0]
    missed = (NOON + timedelta(seconds=50)).isoformat()
    steady = [known for known in service.positions.values() if min(known) < missed < max(known)]
    assert len(steady) >= 5


def test_it_speaks_http(service, organization, city):
    with served(service) as url:
        client = ServiceClient(url)
        simulate(client, organization, city, duration_s=12)
        client.close()
    assert service.complaints == []
    assert len(service.orders) >= 10
    assert len(service.positions) >= 5


def test_a_service_that_is_not_there_is_not_an_error(service, organization, city):
    with served(service) as url:
        pass
    client = ServiceClient(url)
    lines = simulate(client, organization, city, duration_s=12, opening_leads=2)
    client.close()
    assert "retries" in lines[0]
    assert service.calls == {}


def test_leads_are_cancelled_when_they_stay_pending(service, organization, city):
    simulate(service, organization, city, duration_s=2500, leads_per_hour=0, technicians=1)
    assert service.complaints == []
    assert len(service.cancelled) == 10


def test_the_same_seed_sends_the_same_day(organization, city):
    days = []
    for _ in range(2):
        service = FakeService()
        simulate(service, organization, city, duration_s=60, leads_per_hour=60)
        days.append((service.positions, service.orders))
    assert days[0] == days[1]


def test_the_log_is_one_line_every_thirty_seconds(service, organization, city):
    lines = simulate(service, organization, city, duration_s=95, leads_per_hour=0)
    assert len(lines) == 4
    assert all("technicians: " in line and "\n" not in line for line in lines)


def test_stopping_ends_the_run(service, organization, city):
    class Stopped(SkippingPace):
        def wait_until(self, time_s):
            return time_s < 5 and super().wait_until(time_s)

    run(service, organization, city=city, pace=Stopped(), options=RunnerOptions(), report=[].append)


def test_without_a_new_key_the_administrator_posts_the_leads(organization):
    again = {
        **organization,
        "api_keys": [{"name": "Lead form", "key": None}, {"name": "Booking page", "token": "gpk_page"}],
    }
    assert office_token(organization) == "key of the lead form"
    assert office_token(again) == "token of ada@demo.example"
    with pytest.raises(ValueError, match="API key"):
        office_token({"api_keys": [], "users": []})
