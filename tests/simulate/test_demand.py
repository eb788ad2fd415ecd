"""Leads come as a Poisson process, mostly with a good address, for now, later and tomorrow."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_assign.simulate.demand import SLOT_STEP, Demand, StoreDemand, catalogue, rounded_up
from geo_assign.simulate.places import FRAME, HOT_SPOTS, TIMEZONE
from geo_assign.simulate.seeding import GROUPS

NOW = datetime(2026, 3, 2, 12, 3, tzinfo=UTC)


@pytest.fixture
def demand(city):
    stores = [StoreDemand("one", HOT_SPOTS["Fish Market"], 0.8), StoreDemand("two", HOT_SPOTS["North Station"], 0.2)]
    return Demand(city, stores, random.Random(6))


@pytest.fixture
def drafts(demand):
    return [demand.lead(NOW, number) for number in range(600)]


def test_gaps_average_to_the_rate(demand):
    gaps = [demand.gap_s(60) for _ in range(4000)]
    assert sum(gaps) / len(gaps) == pytest.approx(60, rel=0.1)
    assert min(gaps) < 5
    assert max(gaps) > 200


def test_most_leads_can_be_found_and_some_cannot(city, drafts):
    known = {address.text for address in city.addresses}
    found = sum(draft.body["address"] in known for draft in drafts)
    assert 0.8 < found / len(drafts) < 0.93
    assert any("location" in draft.body for draft in drafts)
    assert any(draft.body["address"].split(" ")[0] in {"Moonrise", "Upper", "Lost"} for draft in drafts)


def test_a_given_location_is_where_the_customer_lives(drafts):
    for draft in drafts:
        if location := draft.body.get("location"):
            place = FRAME.to_earth(draft.address.point)
            assert (location["lat"], location["lon"]) == pytest.approx(place, abs=1e-5)


def test_slots_are_now_later_or_tomorrow_on_five_minutes(drafts):
    kinds = Counter()
    for draft in drafts:
        if not (slot := draft.body.get("slot")):
            kinds["asap"] += 1
            continue
        start, end = (datetime.fromisoformat(slot[name]) for name in ("start", "end"))
        assert start > NOW
        assert timedelta(minutes=10) <= end - start <= timedelta(minutes=20)
        assert start.minute % 5 == 0
        local = start.astimezone(ZoneInfo(TIMEZONE))
        kinds["tomorrow" if local.date() > NOW.astimezone(local.tzinfo).date() else "today"] += 1
        if kinds["tomorrow"] and local.date() > NOW.date():
            assert 9 <= local.hour < 18
    assert min(kinds[kind] for kind in ("asap", "today", "tomorrow")) > 20


def test_leads_differ_and_go_to_stores_by_their_share(drafts):
    assert len({draft.body["external_id"] for draft in drafts}) == len(drafts)
    stores = Counter(draft.body["store_id"] for draft in drafts)
    assert 0.7 < stores["one"] / len(drafts) < 0.9


def test_every_skill_that_is_asked_for_is_had_by_a_group():
    had = {skill for _, _, skills in GROUPS.values() for skill in skills}
    assert {device["skill"] for device in catalogue()["devices"]} <= had


def test_the_same_seed_gives_the_same_leads(city):
    stores = [StoreDemand("one", (0.0, 0.0))]
    first, second = (Demand(city, stores, random.Random(3)) for _ in range(2))
    assert [first.lead(NOW, n).body for n in range(30)] == [second.lead(NOW, n).body for n in range(30)]


@given(st.datetimes(timezones=st.just(UTC)))
def test_slots_begin_at_the_next_full_step(instant):
    if instant > datetime.max.replace(tzinfo=UTC) - SLOT_STEP:
        return
    rounded = rounded_up(instant)
    assert instant <= rounded < instant + SLOT_STEP
    assert rounded.minute % 5 == rounded.second == rounded.microsecond == 0
