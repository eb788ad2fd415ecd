"""Twice the load: the queue stays short, the least important request gives way, and no permit is lost."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from geo_assign.http.admission import Admission, Places, Turns, WorkTurns
from geo_assign.http.errors import OverloadedError
from geo_assign.http.operations import Lane
from tests.waiting import wait_until


def waiting(admission: Admission, lane: Lane, order: list[Lane], turned_away: list[Lane]) -> threading.Thread:
    """A thread that queues in `lane`, and is in the queue when this returns."""

    def go() -> None:
        try:
            admission.enter(lane)
        except OverloadedError:
            turned_away.append(lane)
        else:
            order.append(lane)
            admission.leave()

    before = admission.waiting
    thread = threading.Thread(target=go)
    thread.start()
    wait_until(lambda: admission.waiting != before or not thread.is_alive() or turned_away, "it queues", pause_s=0.001)
    return thread


def test_the_best_lane_goes_first() -> None:
    admission = Admission(permits=1, queue=10, wait_s=60)
    admission.enter(Lane.ORDINARY)
    order: list[Lane] = []
    threads = [
        waiting(admission, lane, order, [])
        for lane in (Lane.PICTURES, Lane.ORDINARY, Lane.PHONES, Lane.CONTINUED, Lane.ORDINARY)
    ]
    admission.leave()
    for thread in threads:
        thread.join(60)
    assert order == [Lane.CONTINUED, Lane.PHONES, Lane.ORDINARY, Lane.ORDINARY, Lane.PICTURES]
    assert admission.in_use == 0


def test_a_full_queue_turns_map_reads_away_before_pings() -> None:
    admission = Admission(permits=1, queue=2, wait_s=60)
    admission.enter(Lane.ORDINARY)
    order: list[Lane] = []
    turned_away: list[Lane] = []
    threads = [waiting(admission, lane, order, turned_away) for lane in (Lane.PICTURES, Lane.PICTURES, Lane.PHONES)]
    with pytest.raises(OverloadedError):
        admission.enter(Lane.PICTURES)
    admission.leave()
    for thread in threads:
        thread.join(60)
    assert turned_away == [Lane.PICTURES]
    assert order == [Lane.PHONES, Lane.PICTURES]


def test_no_request_waits_longer_than_told() -> None:
    admission = Admission(permits=1, queue=10, wait_s=0.05)
    admission.enter(Lane.ORDINARY)
    began = time.monotonic()
    with pytest.raises(OverloadedError) as caught:
        admission.enter(Lane.ORDINARY)
    assert 0.04 < time.monotonic() - began < 30
    assert caught.value.retry_after_s == 1
    assert admission.waiting == 0
    admission.leave()
    admission.enter(Lane.ORDINARY)


def test_permits_survive_a_storm() -> None:
    admission = Admission(permits=3, queue=4, wait_s=0.002)
    inside, most, lock = 0, 0, threading.Lock()

    def work(number: int) -> bool:
        nonlocal inside, most
        try:
            admission.enter(list(Lane)[number % 4])
        except OverloadedError:
            return False
        with lock:
            inside += 1
            most = max(most, inside)
        time.sleep(0.0005)
        with lock:
            inside -= 1
        admission.leave()
        return True

    with ThreadPoolExecutor(16) as pool:
        answered = sum(pool.map(work, range(2_000)))
    assert answered > 0
    assert most <= 3
    assert (admission.in_use, admission.waiting) == (0, 0)


def test_places_are_given_back() -> None:
    places = Places(1)
    with places, pytest.raises(OverloadedError):
        places.take()
    places.take()
    places.give_back()


def test_turns_survive_a_storm() -> None:
    work = WorkTurns(most=3, room=99, wait_s=0.05)
    inside, most, lock = 0, 0, threading.Lock()

    def act(number: int) -> bool:
        nonlocal inside, most
        try:
            turn = work.enter(list(Lane)[number % 4], str(number % 3))
        except OverloadedError:
            return False
        with lock:
            inside += 1
            most = max(most, inside)
        time.sleep(0.0005)
        with lock:
            inside -= 1
        work.leave(turn)
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(act, range(2_000))) > 0
    assert (work.working, work.waiting) == (0, 0)


def test_who_was_let_in_is_not_turned_away_once_its_body_is_there() -> None:
    now = 0.0
    work = WorkTurns(most=1, room=99, wait_s=60, clock=lambda: now)
    work.leave(work.enter(Lane.ORDINARY, "x"))
    held = work.enter(Lane.ORDINARY, "x")
    newcomer = work.expect(Lane.ORDINARY)
    assert newcomer is not None
    now += 0.05
    others = [work.expect(Lane.PHONES) for _ in range(5)]
    assert None not in others
    begun: list[object] = []
    thread = threading.Thread(target=lambda: begun.append(work.enter(Lane.ORDINARY, "x", newcomer)))
    thread.start()
    wait_until(lambda: work.waiting == 1, "it waits for its turn")
    work.leave(held)
    thread.join(60)
    assert len(begun) == 1


def test_a_turn_is_handed_on_when_the_work_before_waits_for_something_else() -> None:
    work = WorkTurns(most=1, room=99, wait_s=60)
    stuck = work.enter(Lane.ORDINARY, "x")
    turn = work.enter(Lane.ORDINARY, "x")
    work.leave(turn)
    work.leave(stuck)
    assert (work.working, work.waiting) == (0, 0)


def test_no_one_waits_for_a_turn_longer_than_told() -> None:
    clock = iter(range(1_000))
    work = WorkTurns(most=1, room=99, wait_s=0.01, clock=lambda: next(clock) * 0.001)
    turn = work.enter(Lane.ORDINARY, "x")
    with pytest.raises(OverloadedError):
        work.enter(Lane.ORDINARY, "x")
    assert work.waiting == 0
    work.leave(turn)
    work.leave(work.enter(Lane.ORDINARY, "x"))


def test_turns_at_a_look_up_are_few_and_given_back() -> None:
    turns = Turns(1, wait_s=0.01)
    with turns, pytest.raises(OverloadedError), turns:
        pass
    with turns:
        pass
