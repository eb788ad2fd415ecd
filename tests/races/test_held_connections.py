"""One act is held before each of its database messages while another one runs on the same work order.

Whatever the moment: no technician is booked twice, there is one active primary, no state outside the table, the loser
is told why, and nothing deadlocks. Then the connection is cut before and after each message, and the act is repeated.

Each two acts meet once, and take turns at being held. Beside each of the others an act stops at another message, spread
over all that it sends. GEO_ASSIGN_TEST_EVERY_MESSAGE=1 holds either of two, before every message.
"""

import threading
from collections.abc import Iterable, Iterator
from itertools import pairwise, product

import pytest
from sqlalchemy import Connection, text

from geo_assign.dispatch.flows import DispatchService
from tests.conftest import World, cloned, opened_day, owner_of
from tests.races.invariants import broken_rules
from tests.races.sweeps import ACTS, Act, Attempt, Stage
from tests.races.test_claims import deadlocks
from tests.races.wire import Proxy, Script
from tests.thoroughness import EVERY_MESSAGE

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


def meetings() -> list[tuple[str, str]]:
    """Which act is held beside which other one."""
    acts = list(ACTS)
    return [
        (acts[held], acts[other])
        for held, other in product(range(len(acts)), repeat=2)
        if EVERY_MESSAGE or held == other or (held < other) == ((held + other) % 2 == 0)
    ]


def test_each_two_acts_meet() -> None:
    assert {frozenset(two) for two in meetings()} == {frozenset(two) for two in product(ACTS, ACTS)}
    assert {held for held, _ in meetings()} == {other for _, other in meetings()} == set(ACTS)


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
        for message in one_of(messages, turn=list(ACTS).index(other)):
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


def one_of(messages: int, *, turn: int) -> Iterable[int]:
    """The message to stop at beside this other act: those of a round are spread over the whole act; or all."""
    return range(messages) if EVERY_MESSAGE else [turn * messages // len(ACTS)]


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
