"""Asking with a store's map key: whose key, what is kept, what it may cost, and what follows a provider's failure."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Connection, text

from geo_assign.core.db import Database
from geo_assign.core.geo import Point
from geo_assign.geocoding.commands.calls import FAILURE_KEEP
from geo_assign.geocoding.domain import (
    FAILURES_TO_OPEN,
    FIRST_OPEN_S,
    PROBE_S,
    AddressQuery,
    Confidence,
    GeocodeResult,
    KeyOwner,
    OwnerKind,
    ProblemCode,
)
from geo_assign.geocoding.tasks import sweep_expired_outcomes
from tests.conftest import World
from tests.geocoding.conftest import ADDRESS, KEY, NOMINATIM, OPENCAGE, START, Desk
from tests.providers import stub
from tests.providers.dialects import CITY, DIALECTS, STREET, Dialect, Found


def code(result: GeocodeResult) -> str | None:
    return result.problem.code.value if result.problem else None


def test_the_stores_key_finds_the_house(desk: Desk) -> None:
    desk.configure()
    desk.knows_the_house()
    result = desk.ask()
    assert (code(result), result.provider, result.cached) == (None, "nominatim", False)
    assert result.best is not None
    assert result.best.confidence is Confidence.ROOFTOP


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda one: one.provider)
def test_every_provider_works_through_the_whole(desk_at: Callable[..., Desk], dialect: Dialect) -> None:
    desk = desk_at(dialect)
    desk.configure()
    desk.knows_the_house()
    result = desk.ask()
    assert result.best is not None
    assert dialect.key_in(desk.server.requests[0]) in {KEY, None}


def test_without_any_key_that_is_said(desk: Desk) -> None:
    assert code(desk.ask()) == "map_key_missing"


def test_the_nearest_key_applies_store_then_group_then_organization(desk: Desk) -> None:
    group_id = uuid4()
    desk.knows_the_house()
    for n, owner in enumerate(
        [KeyOwner(OwnerKind.ORGANIZATION, desk.org_id), KeyOwner(OwnerKind.GROUP, group_id), desk.owner]
    ):
        desk.configure(owner=owner)
        desk.ask(f"{STREET} {n}, {CITY}", group_id=group_id)
        assert desk.counted(owner) == {START.date(): 1}


def test_a_key_that_does_not_work_is_not_passed_over(desk: Desk) -> None:
    desk.configure(owner=KeyOwner(OwnerKind.ORGANIZATION, desk.org_id))
    desk.configure()
    desk.says(NOMINATIM.refuses())
    assert code(desk.ask()) == "map_key_invalid"
    assert code(desk.ask("another street 1")) == "map_key_invalid"
    assert desk.calls == 1


def test_what_was_found_is_not_asked_again_until_the_terms_say_so(desk: Desk) -> None:
    desk.configure()
    desk.knows_the_house()
    first = desk.ask()
    again = desk.ask(f"  {ADDRESS.upper()} ")
    assert (again.candidates, again.cached, desk.calls) == (first.candidates, True, 1)
    desk.clock.advance(timedelta(days=90))
    assert desk.ask().cached is False


def test_what_was_not_found_is_asked_again_sooner(desk: Desk) -> None:
    desk.configure()
    desk.says(NOMINATIM.found())
    assert desk.ask() == GeocodeResult(provider="nominatim")
    assert desk.ask().cached
    desk.knows_the_house()
    desk.clock.advance(timedelta(hours=6))
    assert desk.ask().best is not None


def test_mapbox_answers_are_not_kept(desk_at: Callable[..., Desk]) -> None:
    desk = desk_at(next(one for one in DIALECTS if one.provider == "mapbox"))
    desk.configure()
    desk.knows_the_house()
    assert desk.ask().best == desk.ask().best
    assert desk.calls == 2


def test_the_cache_keeps_no_address_in_clear(desk: Desk, admin: Connection) -> None:
    desk.configure()
    desk.knows_the_house()
    desk.ask()
    rows = str(admin.execute(text("SELECT * FROM geocode_cache")).all())
    assert "sealed" in rows
    assert STREET not in rows
    assert "45.1234" not in rows


def test_another_organizations_cache_is_not_used(desk: Desk, admin: Connection) -> None:
    desk.configure()
    desk.knows_the_house()
    desk.ask()
    other = uuid4()
    admin.execute(text("INSERT INTO organizations (org_id, slug, name) VALUES (:id, 'other', 'O')"), {"id": other})
    desk.org_id = other
    assert code(desk.ask()) == "map_key_missing"
    desk.configure()
    assert desk.ask().cached is False


def test_a_limit_is_kept_by_all_processes_until_it_is_over(desk: Desk) -> None:
    desk.configure()
    desk.says(stub.answer("{}", status=429, retry_after="60"))
    assert code(desk.ask()) == "geocoder_rate_limited"
    desk.knows_the_house()
    desk.clock.advance(timedelta(seconds=59))
    blocked = desk.ask("Another Lane 3, Orrava")
    assert code(blocked) == "geocoder_rate_limited"
    assert blocked.problem is not None
    assert blocked.problem.retry_after_s == pytest.approx(1.0)
    assert desk.calls == 1
    desk.clock.advance(timedelta(seconds=1))
    assert desk.ask().best is not None
    assert desk.key().last_error is None


def test_a_refused_key_is_not_used_until_it_is_replaced(desk_at: Callable[..., Desk]) -> None:
    desk = desk_at(OPENCAGE)
    desk.configure()
    desk.says(OPENCAGE.refuses())
    assert code(desk.ask()) == "map_key_invalid"
    assert (desk.key().status, "invalid API key" in (desk.key().last_error or "")) == ("invalid", True)
    desk.knows_the_house()
    desk.clock.advance(timedelta(days=3))
    assert code(desk.ask()) == "map_key_invalid"
    assert desk.calls == 1
    desk.configure(key="a-new-key-that-works")
    assert desk.ask().best is not None


def test_a_late_answer_to_the_old_key_does_not_touch_the_new_one(desk: Desk) -> None:
    desk.configure()
    arrived, go = threading.Event(), threading.Event()

    def refuse_late(exchange: stub.Exchange) -> None:
        arrived.set()
        go.wait(60)
        stub.answer("{}", status=403)(exchange)

    desk.says(refuse_late)
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(desk.ask, deadline_s=10.0)
        assert arrived.wait(60)
        desk.configure(key="another-key")
        go.set()
        assert code(asking.result()) == "map_key_invalid"
    assert desk.key().status == "ok"


def test_a_failure_is_remembered_for_a_moment(desk: Desk) -> None:
    desk.configure()
    desk.says(stub.html(502))
    assert code(desk.ask()) == "geocoder_unavailable"
    again = desk.ask()
    assert (code(again), again.cached, desk.calls) == ("geocoder_unavailable", True, 1)
    assert again.problem is not None
    assert again.problem.retry_after_s == FAILURE_KEEP.total_seconds()
    desk.knows_the_house()
    desk.clock.advance(FAILURE_KEEP)
    assert desk.ask().best is not None
    assert desk.key().failures == 0


def _fail(desk: Desk, times: int) -> None:
    desk.says(stub.html(502))
    for n in range(times):
        assert code(desk.ask(f"{STREET} {1000 + desk.calls + n}, {CITY}")) == "geocoder_unavailable"


def test_after_repeated_failures_the_provider_is_left_alone_for_longer_and_longer(desk: Desk) -> None:
    desk.configure()
    _fail(desk, FAILURES_TO_OPEN)
    for opened_s in (FIRST_OPEN_S, 2 * FIRST_OPEN_S, 4 * FIRST_OPEN_S):
        calls = desk.calls
        shut = desk.ask()
        assert (code(shut), desk.calls) == ("circuit_open", calls)
        assert shut.problem is not None
        assert shut.problem.retry_after_s == opened_s
        desk.clock.advance(timedelta(seconds=opened_s))
        _fail(desk, 1)
    desk.clock.advance(timedelta(hours=1))
    desk.knows_the_house()
    assert desk.ask().best is not None
    assert (desk.key().failures, desk.key().opened_until) == (0, None)


def test_one_caller_tries_whether_the_provider_is_back(desk: Desk) -> None:
    desk.configure()
    _fail(desk, FAILURES_TO_OPEN)
    desk.clock.advance(timedelta(seconds=FIRST_OPEN_S))
    calls = desk.calls
    desk.says(stub.hang())
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda n: desk.ask(f"{STREET} {n}, {CITY}", deadline_s=3.0), range(8)))
    assert sorted(code(one) or "" for one in results) == ["circuit_open"] * 7 + ["geocoder_unavailable"]
    assert desk.calls == calls + 1
    assert all(one.problem and (one.problem.retry_after_s or 0) >= PROBE_S for one in results)


def test_the_days_budget_cannot_be_overdrawn_together(desk: Desk) -> None:
    desk.configure(daily_budget=5)
    desk.knows_the_house()
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda n: desk.ask(f"{STREET} {n}, {CITY}"), range(20)))
    assert desk.calls == 5
    refused = [one for one in results if code(one) == "budget_exhausted"]
    assert len(refused) == 15
    assert refused[0].problem is not None
    assert refused[0].problem.retry_after_s == timedelta(hours=12).total_seconds()
    desk.clock.advance(timedelta(hours=12))
    assert desk.ask(f"{STREET} 77, {CITY}").problem is None


def test_what_is_kept_costs_no_budget(desk: Desk) -> None:
    desk.configure(daily_budget=1)
    desk.knows_the_house()
    assert {code(desk.ask()) for _ in range(5)} == {None}
    assert desk.calls == 1


@pytest.mark.parametrize("fault", ["hang", "drip", "429", "403", "html", "half"])
def test_no_fault_holds_the_caller_or_raises(desk: Desk, fault: str) -> None:
    faults = {
        "hang": (stub.hang(), "geocoder_unavailable"),
        "drip": (stub.drip_body(), "geocoder_unavailable"),
        "429": (stub.answer("{}", status=429, retry_after="60"), "geocoder_rate_limited"),
        "403": (stub.answer("{}", status=403), "map_key_invalid"),
        "html": (stub.html(), "geocoder_unavailable"),
        "half": (stub.half_json('[{"lat": "45.1", "lon": "12.1"}]'), "geocoder_unavailable"),
    }
    desk.configure()
    behaviour, expected = faults[fault]
    desk.says(behaviour)
    began = time.monotonic()
    deadline_s = 0.5 if fault in {"hang", "drip"} else 10.0
    assert code(desk.ask(deadline_s=deadline_s)) == expected
    assert time.monotonic() - began < deadline_s + 15.0, "the faults would hold a plain client for 20 s and more"


def test_no_transaction_is_open_during_the_call(desk: Desk, admin: Connection) -> None:
    desk.configure()
    seen: list[int] = []

    def look(exchange: stub.Exchange) -> None:
        open_now = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL"
        seen.append(
            admin.execute(
                text(f"{open_now} AND pid <> pg_backend_pid() AND backend_type = 'client backend'")
            ).scalar_one()
        )
        NOMINATIM.found(Found("12"))(exchange)

    desk.says(look)
    assert desk.ask().best is not None
    assert seen == [0]


def test_no_time_left_is_no_failure_of_the_provider(desk: Desk) -> None:
    desk.configure()
    assert code(desk.ask(deadline_s=0.0)) == "geocoder_unavailable"
    assert (desk.calls, desk.key().failures) == (0, 0)


@pytest.mark.parametrize("address", ["", "   ", "x" * 501])
def test_what_is_no_address_is_not_asked(desk: Desk, address: str) -> None:
    desk.configure()
    assert code(desk.ask(address)) == "not_found"
    assert desk.calls == 0


def test_a_secret_key_that_is_gone_is_a_problem_not_an_exception(
    desk_at: Callable[..., Desk],
) -> None:
    desk = desk_at()
    desk.configure()
    later = desk_at(secret_keys="b3RoZXIta2V5LWZvci10ZXN0cy1vbmx5LTEyMzQ1Njc=")
    later.store_id = desk.store_id
    assert code(later.ask()) == "map_key_invalid"
    assert later.calls == 0


def test_nothing_of_key_or_address_is_logged(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.configure()
    with caplog.at_level(logging.DEBUG):
        for behaviour in (stub.html(500), NOMINATIM.refuses()):
            desk.says(behaviour)
            shown = repr(desk.ask())
            assert KEY not in shown
    assert KEY not in caplog.text + repr(desk.key()) + repr(desk.geocoder)
    assert STREET not in caplog.text


def test_the_worker_clears_what_is_over(desk: Desk, world: World) -> None:
    desk.configure()
    desk.knows_the_house()
    desk.ask()
    worker = Database(world.worker_url, clock=desk.clock)
    desk.clock.advance(timedelta(days=89))
    assert sweep_expired_outcomes(worker) == 0
    desk.clock.advance(timedelta(days=2))
    assert sweep_expired_outcomes(worker) == 1
    worker.close()


def test_problem_codes_are_stable() -> None:
    assert [one.value for one in ProblemCode] == [
        "map_key_missing", "map_key_invalid", "geocoder_unavailable", "geocoder_rate_limited", "budget_exhausted",
        "circuit_open", "not_found", "ambiguous", "low_confidence",
    ]  # fmt: skip


def test_a_call_is_counted_whatever_the_provider_answers_and_an_answer_that_is_kept_is_not(desk: Desk) -> None:
    desk.configure()
    today = START.date()
    for n, behaviour in enumerate((stub.html(502), NOMINATIM.found(), stub.answer("{}", status=429)), start=1):
        desk.says(behaviour)
        desk.ask(f"{STREET} {n}, {CITY}")
        assert (desk.counted(), desk.calls) == ({today: n}, n)
    desk.ask(f"{STREET} 2, {CITY}")
    assert desk.counted() == {today: 3}, "kept, or left alone: no call was made"


def test_calls_are_counted_by_utc_day(desk: Desk) -> None:
    desk.configure()
    desk.knows_the_house()
    desk.ask()
    desk.clock.advance(timedelta(hours=12))
    desk.ask(f"{STREET} 77, {CITY}")
    assert desk.counted() == {START.date(): 1, START.date() + timedelta(days=1): 1}


WITH_FLAT = f"Flat 7, 12 {STREET}, {CITY}"
SIMPLER = f"12 {STREET}, {CITY}"


def _only_knows(desk: Desk, *known: str, found: Found | None = None) -> None:
    """The provider finds the house for these texts, and nothing for any other."""

    def answer(exchange: stub.Exchange) -> None:
        asked = desk.dialect.asked(exchange.request)
        desk.dialect.found(*([found or Found("12")] if asked in known else []))(exchange)

    desk.says(answer)


def _asked(desk: Desk) -> list[str]:
    return [desk.dialect.asked(request) for request in desk.server.requests]


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda one: one.provider)
def test_where_nothing_is_found_a_simpler_text_is_asked_once(desk_at: Callable[..., Desk], dialect: Dialect) -> None:
    desk = desk_at(dialect)
    desk.configure()
    _only_knows(desk, SIMPLER)
    best = desk.ask(WITH_FLAT).best
    assert best is not None
    assert best.confidence is Confidence.ROOFTOP
    assert _asked(desk) == [WITH_FLAT, SIMPLER]
    assert desk.counted() == {START.date(): 2}


def test_a_street_alone_is_asked_again_and_a_house_is_not(desk: Desk) -> None:
    desk.configure()
    desk.says(NOMINATIM.found(Found(None)))
    assert desk.ask(WITH_FLAT).best is not None
    assert _asked(desk) == [WITH_FLAT, SIMPLER]
    desk.knows_the_house()
    assert desk.ask(f"Flat 8, 12 {STREET}, {CITY}").best is not None
    assert desk.calls == 3


def test_a_text_that_is_simple_is_asked_once(desk: Desk) -> None:
    desk.configure()
    desk.says(NOMINATIM.found())
    assert desk.ask() == GeocodeResult(provider="nominatim")
    assert desk.calls == 1


def test_the_flat_is_not_taken_for_the_house_in_the_second_answer(desk: Desk) -> None:
    desk.configure()
    _only_knows(desk, SIMPLER, found=Found("7"))
    best = desk.ask(WITH_FLAT).best
    assert best is not None
    assert best.confidence is Confidence.STREET


def test_both_questions_share_the_time_and_the_budget(desk: Desk) -> None:
    desk.configure(daily_budget=1)
    _only_knows(desk, SIMPLER)
    assert code(desk.ask(WITH_FLAT)) == "budget_exhausted", "not all was asked that may be: it is tried again"
    assert _asked(desk) == [WITH_FLAT]
    desk.configure(daily_budget=9)
    assert desk.ask(WITH_FLAT).best is not None, "the first answer was kept, and the second question asked"
    assert _asked(desk) == [WITH_FLAT, SIMPLER]
    assert desk.ask(WITH_FLAT).cached


def test_a_second_question_that_fails_for_the_moment_is_asked_again(desk: Desk) -> None:
    desk.configure()

    def answer(exchange: stub.Exchange) -> None:
        asked = desk.dialect.asked(exchange.request)
        (NOMINATIM.found() if asked == WITH_FLAT else stub.html(502))(exchange)

    desk.says(answer)
    assert code(desk.ask(WITH_FLAT)) == "geocoder_unavailable"
    assert desk.calls == 2


def test_coordinates_that_were_typed_need_no_geocoder(desk: Desk) -> None:
    best = desk.ask("45.1234, 12.4321").best
    assert best is not None
    assert (best.point.lat, best.point.lon, best.confidence) == (45.1234, 12.4321, Confidence.ROOFTOP)
    assert desk.calls == 0


def test_what_an_answer_is_worth_at_one_store_is_not_kept_for_another(desk: Desk) -> None:
    desk.configure()
    desk.knows_the_house()
    desk.ask()
    elsewhere = AddressQuery(ADDRESS, near=Point(-45.0, 12.0), reach_m=1_000.0)
    result = desk.geocoder.geocode(desk.org_id, elsewhere, deadline_s=10.0, store_id=desk.store_id)
    assert result.best is not None
    assert (result.best.confidence, result.cached) == (Confidence.AREA, False)
