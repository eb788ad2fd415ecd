"""One act is held before each of its database messages while another one runs on the same work order.

Whatever the moment: no technician is booked twice, there is one active primary, no state outside the table, the loser
is told why, and nothing deadlocks. Then the connection is cut before and after each message, and the act is repeated.

Each act meets itself and half of the others, and is held beside every second of these; beside each it stops at another
message, spread over all that it sends. In an exhaustive run, and with GEO_ASSIGN_TEST_EVERY_MESSAGE=1, each two acts
meet, and either of two is held before every message.
"""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise, product
from typing import get_args

import pytest
from sqlalchemy import Connection, text

from geo_assign.dispatch.flows import DispatchService
from tests.conftest import World, cloned, opened_day, owner_of
from tests.races.invariants import broken_rules
from tests.races.sweeps import ACTS, Act, Attempt, Stage, Start
from tests.races.test_claims import deadlocks
from tests.races.wire import Proxy, Script
from tests.thoroughness import EVERY_MESSAGE

FURTHER = 4

pytestmark = [pytest.mark.races, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def world(template: str) -> Iterator[World]:
    """One database for the whole sweep: each scene has a day of its own."""
    with cloned(template) as world:
        yield world


@pytest.fixture(scope="module")
def admin(world: World) -> Iterator[Connection]:
    with owner_of(world) as admin:
        yield admin


@pytest.fixture(scope="module")
def built(world: World, admin: Connection) -> Iterator[Stage]:
    with opened_day(world) as day:
        day.set(reoffer_after_minutes=0, offer_limit=100)
        yield Stage(day, admin).open()


@pytest.fixture(scope="module")
def counted() -> dict[str, list[int]]:
    """How many messages each act sent when it was left alone."""
    return {}


@pytest.fixture
def stage(built: Stage) -> Stage:
    built.clear()
    return built


@pytest.fixture
def proxy(world: World) -> Iterator[Proxy]:
    """Its connections are cut, and go with it."""
    proxy = Proxy(world.app_url)
    yield proxy
    proxy.close()


@pytest.fixture(scope="module")
def holding(world: World) -> Iterator[Proxy]:
    """Its connections are only held, and serve one pair after the other: to open one costs as much as an act."""
    proxy = Proxy(world.app_url)
    yield proxy
    proxy.close()


def meetings(*, all_of_them: bool = EVERY_MESSAGE) -> list[tuple[str, str]]:
    """Which act is held beside which other one: itself and the next ones in the round of all acts, or all of them."""
    acts = list(ACTS)
    if all_of_them:
        return list(product(acts, acts))
    return [(acts[held], acts[(held + further) % len(acts)]) for held in range(len(acts)) for further in range(FURTHER)]


def test_each_act_is_held_and_met_and_every_start_meets_every_other() -> None:
    met = meetings(all_of_them=False)
    for side in zip(*met, strict=True):
        assert Counter(side) == dict.fromkeys(ACTS, FURTHER)
    assert len({frozenset(two) for two in met}) == len(met)
    starts = {frozenset(ACTS[name].start for name in two) for two in met}
    assert starts == {frozenset(two) for two in product(get_args(Start), repeat=2)}


@pytest.mark.parametrize(("held", "other"), meetings())
def test_a_held_act_and_another_leave_one_truth(
    stage: Stage, admin: Connection, world: World, holding: Proxy, counted: dict[str, list[int]], held: str, other: str
) -> None:
    before = deadlocks(admin)
    holding.script(Script())
    with stage.actor(holding.proxied_url) as first, stage.actor(world.app_url) as second:
        counts = counted.setdefault(held, [])
        # The first times the connection learns the statements, which takes messages of its own.
        if EVERY_MESSAGE or len(counts) < 3:
            counts.append(count_messages(stage, ACTS[held], first, holding))
        messages = counts[-1] if EVERY_MESSAGE else min(counts)
        for message in one_of(messages, held, other):
            scene = stage.scene(ACTS[held], ACTS[other])
            script = holding.script(Script(hold_before=message))
            slow = Attempt(ACTS[held], scene, first).start()
            # Beside another start it may have less to do, and end before it comes so far.
            if is_held(slow, script):
                quick = Attempt(ACTS[other], scene, second).start()
                wait_until_ended_or_blocked(quick, admin)
                script.release.set()
                assert quick.ended.wait(20), f"{other} hangs, {held} held before message {message}"
                assert quick.was_told, f"message {message}: {quick.problem!r}"
            script.release.set()
            assert slow.ended.wait(20), f"{held} hangs, held before message {message}"
            assert slow.was_told, f"message {message}: {slow.problem!r}"
            assert broken_rules(admin) == [], f"{held} held before message {message}, {other} beside it"
    assert deadlocks(admin) == before


@pytest.mark.parametrize("where", ["before", "after"])
@pytest.mark.parametrize("name", ACTS)
def test_a_cut_connection_and_a_retry_lose_and_double_nothing(
    stage: Stage, admin: Connection, world: World, proxy: Proxy, name: str, where: str
) -> None:
    act = ACTS[name]
    # An act may have less to do beside another start, and not come as far as the test before wanted to cut it.
    proxy.script(Script())
    with stage.actor(proxy.proxied_url) as first, stage.actor(world.app_url) as again:
        messages = count_messages(stage, act, first, proxy)
        for message in two_of(messages, turn=2 * list(ACTS).index(name) + (where == "after")):
            scene = stage.scene(act, versioned=True)
            proxy.script(Script(**{f"cut_{where}": message}))
            attempt = Attempt(act, scene, first).start()
            assert attempt.ended.wait(20)
            assert broken_rules(admin) == [], f"{name} cut {where} message {message}"
            retry = Attempt(act, scene, again).start()
            assert retry.ended.wait(20)
            assert retry.was_told, f"{name} cut {where} message {message}: {retry.problem!r}"
            assert broken_rules(admin) == [], f"{name} cut {where} message {message}, then tried again"
            assert doubled_events(admin, scene.order.id) == [], (
                f"{name} cut {where} message {message}, then tried again"
            )


def count_messages(stage: Stage, act: Act, by: DispatchService, proxy: Proxy) -> int:
    """How many messages an act sends when no other act is in its way."""
    script = proxy.script(Script())
    alone = Attempt(act, stage.scene(act), by).start()
    assert alone.ended.wait(20)
    assert alone.problem is None, "left alone it goes through"
    return script.flights


def one_of(messages: int, held: str, other: str) -> Iterable[int]:
    """The message to stop at beside this other act: those of a round are spread over the whole act; or all."""
    if EVERY_MESSAGE:
        return range(messages)
    acts = list(ACTS)
    further = (acts.index(other) - acts.index(held)) % len(acts)
    return [(further * len(acts) + acts.index(held)) * messages // (FURTHER * len(acts))]


def two_of(messages: int, *, turn: int) -> Iterable[int]:
    """The messages to stop at: two that are spread, others at every turn; or all of them."""
    if EVERY_MESSAGE:
        return range(messages)
    return sorted({(turn + half * messages // 2) % messages for half in range(2)})


def is_held(attempt: Attempt, script: Script) -> bool:
    """Wait until the act is held; False when it ended before it came so far."""
    while not script.holds.wait(0.002):
        if attempt.ended.is_set() and not script.holds.is_set():
            return False
    return True


def wait_until_ended_or_blocked(attempt: Attempt, admin: Connection) -> None:
    """Until the other act has done what it can beside the held one."""
    waiting = text(
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')"
    )
    pause = threading.Event()
    while not attempt.ended.is_set() and not admin.execute(waiting).scalar_one():
        pause.wait(0.002)


def doubled_events(admin: Connection, order_id: object) -> list[str]:
    """Kinds of events that one act tells once, but that stand in the history twice in a row."""
    kinds = admin.execute(
        text("SELECT kind FROM work_order_events WHERE work_order_id = :id ORDER BY at, id"), {"id": order_id}
    ).scalars()
    listed = list(kinds)
    return [one for one, following in pairwise(listed) if one == following and one != "pending"]
