"""Lanes of background work: each has threads of its own, so that a backlog in one holds up no other."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Protocol
from uuid import UUID

from geo_assign.core.telemetry import counter, gauge, get_logger, summary

_log = get_logger()
_STEP_S = summary("lane_step_seconds", "Duration of the worker's steps, by lane.", ("lane",))
_FAILURES = counter("lane_failures", "Steps of the worker that failed, by task.", ("task",))
_LAG_S = gauge("sweep_lag_seconds", "Time since a lane of the worker last looked for due work.", ("lane",))

Due = Sequence[tuple[UUID, UUID]]
"""(org_id, id) of each row to work on, in fair turns."""


class BackgroundLane(Protocol):
    """Something that goes on in the background until it is told to stop."""

    name: str

    def start(self) -> None: ...

    @property
    def is_alive(self) -> bool:
        """Whether it goes on, or has ended as it was told."""

    @property
    def looked_at(self) -> float:
        """When it last looked for work, on the monotonic clock in seconds."""

    def close(self) -> None:
        """Begin nothing more."""

    def join(self, timeout_s: float) -> None:
        """Wait until what was under way when it was closed has ended, at most so long."""


@dataclass
class DueRows:
    """Works on due rows of one kind, `threads` at a time.

    `act` is given an organization and up to `together` of its rows. An organization never has all of the threads: if
    each of its rows takes long, the others' still get their turn. A row is worked on by one thread at a time, and no
    more often than every `every_s`, whatever comes of it, unless `act` returns True: there is more of it to do at once.
    One that ended after the due rows were read is left to the next reading. An error is logged; the rows stay due.
    """

    name: str
    list_due: Callable[[], Due]
    act: Callable[[UUID, Sequence[UUID]], object]
    threads: int
    every_s: float
    together: int = 1
    _stopped: bool = False
    _wanted: bool = False
    _told: bool = False
    _busy: set[UUID] = field(default_factory=set)
    _steps: Counter[UUID] = field(default_factory=Counter)
    _begun_at: dict[UUID, float] = field(default_factory=dict)
    _ended: set[UUID] = field(default_factory=set)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    looked_at: float = field(default_factory=monotonic)
    _pool: ThreadPoolExecutor = field(init=False)
    _thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        if self.threads < 2:
            raise ValueError("a lane with one thread could be held by one organization")
        self._pool = ThreadPoolExecutor(self.threads, self.name)
        self._thread = threading.Thread(target=self._run, name=f"{self.name}-lane", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether it goes on, or has ended as it was told."""
        return self._stopped or self._thread.is_alive()

    def close(self) -> None:
        """Begin nothing more. What is under way ends by itself."""
        self._stopped = True
        self.look()

    def join(self, timeout_s: float) -> None:
        """Wait until what was under way when it was closed has ended, at most so long."""
        self._thread.join(timeout_s)
        self._pool.shutdown(wait=False, cancel_futures=True)
        with self._changed:
            self._changed.wait_for(lambda: not self._busy, timeout=timeout_s)

    def look(self) -> None:
        """Look for due rows now, not only at the next sweep."""
        with self._changed:
            self._wanted = self._told = True
            self._changed.notify_all()

    def _run(self) -> None:
        while not self._stopped:
            if not self._sweep():
                with self._changed:
                    self._changed.wait_for(lambda: self._wanted, timeout=self.every_s)
                    self._wanted = False

    def _sweep(self) -> bool:
        """Begin with what is due; whether there was any."""
        begun, self.looked_at = False, monotonic()
        with self._changed:
            self._ended.clear()
            self._told = False
        with guarded(self.name):
            for org_id, row_ids in _in_handfuls(self.list_due(), self.together):
                taken = self._take(org_id, row_ids)
                if taken:
                    self._pool.submit(self._work, org_id, taken)
                    begun = True
        return begun

    def _take(self, org_id: UUID, row_ids: Sequence[UUID]) -> Sequence[UUID]:
        """Wait for a free thread and reserve it for these rows; those whose turn is later are left out.

        An organization that has its threads is waited for: to read all rows again after each step costs as much as a
        step. But not for long, nor once the lane was told to look: that may be for one that has no thread yet.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or self._steps.total() < self.threads)
            if self._those_whose_turn_it_is(row_ids):
                left_s = max(0.0, self.looked_at + self.every_s - monotonic())
                self._changed.wait_for(lambda: self._stopped or self._told or self._has_room(org_id), left_s)
            taken = self._those_whose_turn_it_is(row_ids)
            if self._stopped or not taken or not self._has_room(org_id):
                return ()
            self._steps[org_id] += 1
            self._busy.update(taken)
            self._begun_at.update(dict.fromkeys(taken, monotonic()))
            return taken

    def _those_whose_turn_it_is(self, row_ids: Sequence[UUID]) -> Sequence[UUID]:
        now = monotonic()
        self._begun_at = {row: at for row, at in self._begun_at.items() if now - at < self.every_s}
        not_now = (self._busy, self._begun_at, self._ended)
        return [row for row in row_ids if not any(row in rows for rows in not_now)]

    def _has_room(self, org_id: UUID) -> bool:
        """Whether a thread is free and the organization may have it."""
        return self._steps.total() < self.threads and self._steps[org_id] < self.threads - 1

    def _work(self, org_id: UUID, row_ids: Sequence[UUID]) -> None:
        more: object = False
        try:
            with guarded(self.name), _STEP_S.labels(self.name).time():
                more = self.act(org_id, row_ids)
        finally:
            with self._changed:
                self._steps[org_id] -= 1
                self._steps += Counter()  # those who have none are forgotten
                self._busy.difference_update(row_ids)
                self._ended.update(row_ids)
                if more is True:
                    for row_id in row_ids:
                        self._begun_at.pop(row_id, None)
                self._wanted = True
                self._changed.notify_all()


def one_by_one(act: Callable[[UUID, UUID], object]) -> Callable[[UUID, Sequence[UUID]], object]:
    """For a lane that works on one row in a step."""
    return lambda org_id, row_ids: act(org_id, *row_ids)


def _in_handfuls(due: Due, most: int) -> Sequence[tuple[UUID, Sequence[UUID]]]:
    """Rows of one organization, `most` together at the most; the turns stay those of the first row of each."""
    handfuls: list[tuple[UUID, list[UUID]]] = []
    last: dict[UUID, list[UUID]] = {}
    for org_id, row_id in due:
        if org_id not in last or len(last[org_id]) == most:
            last[org_id] = []
            handfuls.append((org_id, last[org_id]))
        last[org_id].append(row_id)
    return handfuls


@dataclass
class Repeated:
    """Does a step again and again, `every_s` apart, or at once while it says that there is more. Errors are logged."""

    name: str
    step: Callable[[], object]
    every_s: float
    looked_at: float = field(default_factory=monotonic)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._run, name=f"{self.name}-lane", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether it goes on, or has ended as it was told."""
        return self._stop.is_set() or self._thread.is_alive()

    def close(self) -> None:
        """Begin nothing more."""
        self._stop.set()

    def join(self, timeout_s: float) -> None:
        """Wait until the step under way has ended, at most so long."""
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._stop.is_set():
            more: object = False
            self.looked_at = monotonic()
            with guarded(self.name), _STEP_S.labels(self.name).time():
                more = self.step()
            if more is not True:
                self._stop.wait(self.every_s)


@contextmanager
def guarded(task: str) -> Iterator[None]:
    """Log what is raised: one step that fails must not end the others."""
    try:
        yield
    except Exception:  # noqa: BLE001 - whatever it is, the other rows are worked on
        _log.exception("sweep_failed", task=task)
        _FAILURES.labels(task).inc()


def sample_lag(lanes: Sequence[BackgroundLane]) -> None:
    """Tell how long ago each of `lanes` looked for work."""
    now = monotonic()
    for lane in lanes:
        _LAG_S.labels(lane.name).set(now - lane.looked_at)
