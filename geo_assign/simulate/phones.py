"""Bad phones: what they measure of where somebody truly is, and when they get it sent.

A phone is asked for a measurement at a time and answers with the uploads that follow from it. It is a pure machine
with a random generator of its own: the same seed, times and places give the same uploads. What it does wrong:

- its place is off by its accuracy, now and then by kilometres; its clock is off by seconds;
- without signal it keeps what it measured and sends it later, in one batch;
- it sends a batch again when it did not hear the answer, and not always in order;
- with the battery low it measures less often, with the battery empty it is off until it was charged.
"""

import random
from dataclasses import dataclass, field, replace

from geo_assign.simulate.driving import Fix
from geo_assign.simulate.geometry import Point

BATCH_SIZE = 500
LOW_BATTERY, CHARGED = 0.08, 0.85
CHARGING_S = 240.0


@dataclass(frozen=True)
class Faults:
    """How bad a phone is. Shares are per measurement or upload, durations in seconds."""

    clock_ahead_s: float = 0.0
    accuracy_m: float = 6.0
    signal_loss_share: float = 0.004
    signal_loss_s: tuple[float, float] = (20.0, 150.0)
    long_loss_share: float = 0.06
    long_loss_s: tuple[float, float] = (400.0, 1100.0)
    repeat_share: float = 0.02
    shuffle_share: float = 0.03
    drop_share: float = 0.0
    teleport_share: float = 0.0006
    teleport_m: tuple[float, float] = (3_000.0, 20_000.0)
    mock_share: float = 0.0002
    drain_per_s: float = 1 / (9 * 3600)


def random_faults(rng: random.Random) -> Faults:
    """Draw a phone: most are decent, one in five has a clock that is 40 s off, one in five sits in a deep pocket."""
    ahead = rng.choice([40.0, -40.0]) if rng.random() < 0.2 else rng.uniform(-1.5, 1.5)
    pocket = rng.random() < 0.2
    return Faults(
        clock_ahead_s=ahead,
        accuracy_m=rng.uniform(18, 45) if pocket else rng.uniform(4, 14),
        signal_loss_share=0.012 if pocket else 0.003,
    )


@dataclass(frozen=True)
class Ping:
    """One measurement as the phone reports it: the time is the phone's own."""

    recorded_s: float
    point: Point
    accuracy_m: float
    speed_mps: float
    heading_deg: float | None
    battery: float
    mock: bool = False


@dataclass(frozen=True)
class Upload:
    """A batch that leaves the phone at a (true) time."""

    sent_s: float
    pings: tuple[Ping, ...]


@dataclass
class Phone:
    """One phone and its state; times are true seconds on the simulation's clock and must not go back."""

    faults: Faults
    rng: random.Random
    battery: float = 1.0
    interval_s: float = 7.0
    buffer: list[Ping] = field(default_factory=list)
    dropped: list[Ping] = field(default_factory=list)
    silent_until_s: float = 0.0
    off_until_s: float = 0.0
    _measured_s: float | None = None

    def measure(self, time_s: float, fix: Fix) -> list[Upload]:
        """Take a measurement and return the uploads that follow: none without signal, more when it repeats itself."""
        self._drain(time_s)
        if time_s < self.off_until_s:
            return []
        self.buffer.append(self._ping(time_s, fix))
        if not self._has_signal(time_s):
            return []
        return self._send(time_s)

    def keep(self, upload: Upload, until_s: float) -> None:
        """Take an upload back that nobody received; nothing more is sent before the given time."""
        self.buffer = [*upload.pings, *self.buffer]
        self.silent_until_s = max(self.silent_until_s, until_s)

    def next_measurement_s(self, time_s: float) -> float:
        """Return when to measure next; a phone with a low battery takes its time, one that is off takes longer."""
        interval = self.interval_s * (4 if self.battery < LOW_BATTERY else 1)
        return max(time_s + interval * self.rng.uniform(0.9, 1.1), self.off_until_s)

    def _drain(self, time_s: float) -> None:
        if self._measured_s is not None:
            self.battery = max(0.0, self.battery - (time_s - self._measured_s) * self.faults.drain_per_s)
        self._measured_s = time_s
        if not self.battery and time_s >= self.off_until_s:
            self.off_until_s = time_s + CHARGING_S
            self.battery = CHARGED

    def _ping(self, time_s: float, fix: Fix) -> Ping:
        faults = self.faults
        accuracy = faults.accuracy_m * self.rng.uniform(0.7, 1.6)
        x, y = (self.rng.gauss(value, accuracy / 2) for value in fix.point)
        if self.rng.random() < faults.teleport_share:
            x += self.rng.choice((-1, 1)) * self.rng.uniform(*faults.teleport_m)
        return Ping(
            recorded_s=time_s + faults.clock_ahead_s,
            point=(x, y),
            accuracy_m=round(accuracy, 1),
            speed_mps=round(fix.speed_mps, 1),
            heading_deg=None if fix.heading_deg is None else round(fix.heading_deg + self.rng.gauss(0, 4)) % 360,
            battery=round(self.battery, 2),
            mock=self.rng.random() < faults.mock_share,
        )

    def _has_signal(self, time_s: float) -> bool:
        if time_s < self.silent_until_s:
            return False
        if self.rng.random() >= self.faults.signal_loss_share:
            return True
        is_long = self.rng.random() < self.faults.long_loss_share
        silence = self.faults.long_loss_s if is_long else self.faults.signal_loss_s
        self.silent_until_s = time_s + self.rng.uniform(*silence)
        return False

    def _send(self, time_s: float) -> list[Upload]:
        pings, self.buffer = self.buffer, []
        if self.rng.random() < self.faults.drop_share:
            self.dropped += pings
            return []
        if self.rng.random() < self.faults.shuffle_share:
            self.rng.shuffle(pings)
        uploads = [
            Upload(time_s, tuple(pings[first : first + BATCH_SIZE])) for first in range(0, len(pings), BATCH_SIZE)
        ]
        if self.rng.random() < self.faults.repeat_share:
            uploads.append(replace(uploads[-1], sent_s=time_s + self.rng.uniform(1, 25)))
        return uploads
