"""An event loop: steps ordered by the time they are due; each step returns when it is due again."""

import heapq
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

from geo_assign.simulate.client import ServiceReply
from geo_assign.simulate.pace import Pace

RETRY_S = 4.0

# A step is called with the present time, and returns when it is due again, or None.
Step = Callable[[float], float | None]


@dataclass
class Loop:
    """The steps that are due, and a tally of the service's answers."""

    pace: Pace
    rng: random.Random
    tally: Counter[str] = field(default_factory=Counter)
    _due: list[tuple[float, int, Step]] = field(default_factory=list)
    _order: Iterator[int] = field(default_factory=count)

    def at(self, time_s: float, step: Step) -> None:
        """Schedule a step; steps of equal times run in the order of their scheduling."""
        heapq.heappush(self._due, (time_s, next(self._order), step))

    def run(self, *, end_s: float | None) -> None:
        """Run until no step is left, ``end_s`` is reached, or the pace was stopped."""
        while self._due and (end_s is None or self._due[0][0] <= end_s):
            due_s, _, step = heapq.heappop(self._due)
            if not self.pace.wait_until(due_s):
                return
            again_s = step(max(due_s, self.pace.now_s()))
            if again_s is not None:
                self.at(again_s, step)

    def retry_s(self, now: float, reply: ServiceReply) -> float:
        """Return when to repeat a request that failed for the moment."""
        self.tally[f"retries after {reply.status or 'no answer'}"] += 1
        return now + (reply.retry_after_s or RETRY_S) * self.rng.uniform(1.0, 1.5)

    def count(self, what: str, reply: ServiceReply, number: int = 1) -> None:
        """Add to the tally: succeeded, or refused with the service's code."""
        if reply.is_ok:
            self.tally[what] += number
        else:
            code = reply.body.get("code", "") if isinstance(reply.body, dict) else ""
            self.tally[f"{what} refused {reply.status} {code}".rstrip()] += number
