"""Who may begin, who waits and who is turned away: decided by the wait to expect, not by how many wait.

Plain arithmetic on times that are given: the threads are in `http.admission`. A request is let in for good or refused
when it comes; who was let in is not turned away by later ones. How long a turn takes is measured, so the same line is
short for searches that take long and long for pings that do not.

Between the moment in which a request is let in and the one in which it stands in the line its body is received. Those
who are on the way count as if they stood there: else all who come within that time would be let in on the same promise.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from geo_assign.http.operations import Lane

# A line that is there for less, or for fewer turns, is a burst: it passes by itself, and is let wait.
BURST_S, _BURST_TURNS = 0.1, 5.0
# In turns of usual length: what a newcomer may expect to wait once there has been a line for longer than that.
PATIENCE_TURNS: Mapping[Lane, float] = {Lane.PHONES: 16.0, Lane.ORDINARY: 1.0, Lane.PICTURES: 0.5}
PHONES_PATIENCE_S = 0.15
# So many times the most at once are let in without a look: a few clients that ask one after the other are no overload.
_ALWAYS_LET_IN: Mapping[Lane, int] = {Lane.PHONES: 2, Lane.ORDINARY: 2, Lane.PICTURES: 1}
# The newest goes first, so most wait little although there is a line. Each eighth time one goes before it that has
# waited so long, or so many turns.
_OLD_S, _OLD_TURNS = 0.05, 4.0
_NEWEST_AT_A_TIME = 7
# What has been worked on for so long waits for something else, such as a lock, and no other waits for that.
_LONG_S, _LONG_TURNS = 0.25, 8.0
_BEGIN_WITH, _LEAST = 5, 2
# Turns take longer the more there are at once. Past the double, one more at once makes all wait and none be done
# sooner.
_TOO_SLOW, _QUICK_ENOUGH = 2.0, 1.6
_JUDGED_AFTER = 20
_WEIGHT, _SLOW_WEIGHT = 0.1, 0.05


@dataclass(eq=False, slots=True)
class Turn:
    """A request that waits, or is being worked on since `began_at`; times are seconds of one clock."""

    lane: Lane
    kind: str
    arrived_at: float
    began_at: float = 0.0
    beside: int = 0


@dataclass(eq=False, slots=True)
class Newcomer:
    """A request that was let in at `at` and is on its way into the line."""

    lane: Lane
    at: float


@dataclass
class TurnPace:
    """What was measured of turns: how long they take, and how many at once are worth it, at most `most`."""

    most: int
    limit: int = field(init=False)
    turn_s: float | None = None
    _alone_s: dict[str, float] = field(default_factory=dict)
    _slowed: float = _QUICK_ENOUGH
    _judged: int = 0

    def __post_init__(self) -> None:
        self.limit = min(self.most, _BEGIN_WITH)

    def learn(self, turn: Turn, now: float, *, beside: int) -> None:
        """A turn has ended; `beside` are being worked on still."""
        took_s = now - turn.began_at
        self.turn_s = took_s if self.turn_s is None else _moved(self.turn_s, took_s, _WEIGHT)
        alone_s = self._alone_s.get(turn.kind)
        if turn.beside == 0 and beside <= 1:
            self._alone_s[turn.kind] = took_s if alone_s is None else _moved(alone_s, took_s, _WEIGHT)
        elif alone_s and turn.beside + 1 >= self.limit:
            self._slowed = _moved(self._slowed, took_s / alone_s, _SLOW_WEIGHT)
            self._judge()

    def _judge(self) -> None:
        self._judged += 1
        if self._judged < _JUDGED_AFTER:
            return
        self._judged = 0
        if self._slowed > _TOO_SLOW:
            self.limit = max(min(self.most, _LEAST), self.limit - 1)
        elif self._slowed < _QUICK_ENOUGH:
            self.limit = min(self.most, self.limit + 1)


class Line:
    """At most `most` at once, fewer when that is as good; the others wait, those of the best lane in front.

    `room`: no more than so many wait. `patience_s`: what anyone may expect to wait in a burst.
    """

    def __init__(self, *, most: int, patience_s: float, room: int = 1_000) -> None:
        self.pace = TurnPace(most)
        self._room = room
        self._patience_s = patience_s
        self._waiting: dict[Lane, deque[Turn]] = {lane: deque() for lane in Lane}
        self._working: dict[Turn, None] = {}
        # In the order in which they were let in.
        self._on_the_way: dict[Newcomer, None] = {}
        self._newest_in_a_row = 0
        self._calm_at = float("-inf")
        self._refused_at = float("-inf")

    @property
    def working(self) -> int:
        """How many are being worked on, without those for whom it takes long."""
        return len(self._working)

    @property
    def waiting(self) -> int:
        return sum(map(len, self._waiting.values()))

    def expected_wait_s(self, lane: Lane) -> float:
        """How long a newcomer of `lane` would wait, by what is in front and how long turns take."""
        if self.working < self.pace.limit or self.pace.turn_s is None:
            return 0.0
        in_front = sum(len(waiting) for other, waiting in self._waiting.items() if other <= lane)
        in_front += sum(newcomer.lane <= lane for newcomer in self._on_the_way)
        return (in_front + 1) * self.pace.turn_s / self.pace.limit

    def would_refuse(self, lane: Lane, now: float) -> bool:
        """Whether a newcomer would be turned away. Work that has begun is only where there is no room."""
        if self.waiting >= self._room:
            return True
        if lane is Lane.CONTINUED:
            return False
        if self.working + self.waiting + len(self._on_the_way) < _ALWAYS_LET_IN[lane] * self.pace.most:
            return False
        return self.expected_wait_s(lane) > self._patience(lane, now)

    def refuses(self, lane: Lane, now: float) -> bool:
        """Whether a newcomer is turned away; remembers it if so."""
        refused = self.would_refuse(lane, now)
        if refused:
            self._refused_at = now
        return refused

    def expect(self, lane: Lane, now: float) -> Newcomer | None:
        """Let a newcomer in, who counts from now on; None when it is turned away."""
        self._expect_no_late_ones(now)
        if self.refuses(lane, now):
            return None
        newcomer = Newcomer(lane, now)
        self._on_the_way[newcomer] = None
        return newcomer

    def stop_expecting(self, newcomer: Newcomer) -> bool:
        """Whether it counted still; it does not any more."""
        if newcomer not in self._on_the_way:
            return False
        del self._on_the_way[newcomer]
        return True

    def arrive(self, lane: Lane, kind: str, now: float) -> tuple[Turn, bool]:
        """A newcomer that is not refused, and whether it may begin at once. `kind`: requests that take alike."""
        self._note_calm(now)
        self._let_go_of_long(now)
        turn = Turn(lane, kind, arrived_at=now)
        if self.working < self.pace.limit and not self.waiting:
            self._begin(turn, now)
            return turn, True
        self._waiting[lane].append(turn)
        return turn, False

    def depart(self, turn: Turn, now: float) -> list[Turn]:
        """A turn has ended: those that begin instead."""
        if turn in self._working:
            del self._working[turn]
            self.pace.learn(turn, now, beside=self.working)
        return self.go_on(now)

    def hand_back(self, turn: Turn, now: float) -> list[Turn]:
        """A turn was given back unused: those that begin instead. How long it took is not learnt."""
        self._working.pop(turn, None)
        return self.go_on(now)

    def go_on(self, now: float) -> list[Turn]:
        """Those that begin by now, because others have ended or take long."""
        self._let_go_of_long(now)
        begun = []
        while self.working < self.pace.limit and (following := self._next(now)) is not None:
            self._begin(following, now)
            begun.append(following)
        self._note_calm(now)
        return begun

    def long_s(self) -> float:
        """After how many seconds a turn holds up no other any more."""
        return max(_LONG_S, _LONG_TURNS * (self.pace.turn_s or 0.0))

    def give_up(self, turn: Turn) -> bool:
        """Whether it was still waiting; it is not any more."""
        waiting = self._waiting[turn.lane]
        if turn not in waiting:
            return False
        waiting.remove(turn)
        return True

    def _begin(self, turn: Turn, now: float) -> None:
        turn.began_at = now
        turn.beside = self.working
        self._working[turn] = None

    def _let_go_of_long(self, now: float) -> None:
        # In the order in which they began.
        while self._working and now - (first := next(iter(self._working))).began_at >= self.long_s():
            del self._working[first]

    def _expect_no_late_ones(self, now: float) -> None:
        """Who takes longer receives a body that is slow, or never comes: it is judged anew when it stands there."""
        while self._on_the_way and now - (first := next(iter(self._on_the_way))).at > self._burst_s():
            del self._on_the_way[first]

    def _next(self, now: float) -> Turn | None:
        for lane, waiting in self._waiting.items():
            if waiting:
                if lane is Lane.CONTINUED or self._is_turn_of_old(waiting[0], now):
                    self._newest_in_a_row = 0
                    return waiting.popleft()
                self._newest_in_a_row += 1
                return waiting.pop()
        return None

    def _is_turn_of_old(self, oldest: Turn, now: float) -> bool:
        old_s = max(_OLD_S, _OLD_TURNS * (self.pace.turn_s or 0.0))
        return self._newest_in_a_row >= _NEWEST_AT_A_TIME and now - oldest.arrived_at > old_s

    def _note_calm(self, now: float) -> None:
        # A line that is empty for a moment because others were turned away is no sign of calm.
        if now - self._refused_at > self._burst_s() and not any(self._waiting.values()):
            self._calm_at = now

    def _burst_s(self) -> float:
        return max(BURST_S, _BURST_TURNS * (self.pace.turn_s or 0.0))

    def _patience(self, lane: Lane, now: float) -> float:
        if now - self._calm_at <= self._burst_s():
            return self._patience_s
        patience_s = PATIENCE_TURNS[lane] * (self.pace.turn_s or 0.0)
        if lane is Lane.PHONES:
            patience_s = max(patience_s, PHONES_PATIENCE_S)
        return min(patience_s, self._patience_s)


def _moved(mean: float, value: float, weight: float) -> float:
    return mean + weight * (value - mean)
