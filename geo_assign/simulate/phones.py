"""Unreliable phones: what they measure of a true position, and when they upload it.

A phone measures at a given time and returns the uploads that follow. It has a random generator of its own: the same
seed, times and places give the same uploads. Its faults:

- positions are wrong by the accuracy, now and then by kilometres; the clock is wrong by seconds;
- without signal, measurements are kept and sent later in one batch;
- some batches are sent twice, some are out of order;
- with a low battery it measures less often, with an empty one it is off until charged.
"""

import random
from dataclasses import dataclass, field, replace

from geo_assign.simulate.driving import TruePosition
from geo_assign.simulate.geometry import Point

BATCH_SIZE = 500
LOW_BATTERY, CHARGED = 0.08, 0.85
CHARGING_S = 240.0


@dataclass(frozen=True)
class Faults:
    """How unreliable a phone is. Shares are per measurement or upload, durations in seconds."""

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
    """Draw a phone: most are reliable, one in five has a clock 40 s wrong, one in five has poor reception."""
    ahead = rng.choice([40.0, -40.0]) if rng.random() < 0.2 else rng.uniform(-1.5, 1.5)
    is_poor = rng.random() < 0.2
    return Faults(
        clock_ahead_s=ahead,
        accuracy_m=rng.uniform(18, 45) if is_poor else rng.uniform(4, 14),
        signal_loss_share=0.012 if is_poor else 0.003,
    )


@dataclass(frozen=True)
class Measurement:
    """One measurement as the phone reports it; the time is that of the phone's clock."""

    recorded_s: float
    point: Point
    accuracy_m: float
    speed_mps: float
    heading_deg: float | None
    battery: float
    mock: bool = False


@dataclass(frozen=True)
class Upload:
    """A batch that the phone sends at a true time."""

    sent_s: float
    measurements: tuple[Measurement, ...]


@dataclass
class Phone:
    """One phone and its state. Times are true seconds on the simulation's clock and must not decrease."""

    faults: Faults
    rng: random.Random
    battery: float = 1.0
    interval_s: float = 7.0
    buffer: list[Measurement] = field(default_factory=list)
    dropped: list[Measurement] = field(default_factory=list)
    silent_until_s: float = 0.0
    off_until_s: float = 0.0
    _measured_s: float | None = None

    def measure(self, time_s: float, true: TruePosition) -> list[Upload]:
        """Measure, and return the uploads that follow: none without signal, two when a batch is repeated."""
        self._drain(time_s)
        if time_s < self.off_until_s:
            return []
        self.buffer.append(self._measurement(time_s, true))
        if not self._has_signal(time_s):
            return []
        return self._send(time_s)

    def keep(self, upload: Upload, until_s: float) -> None:
        """Keep an upload that failed; nothing is sent before the given time."""
        self.buffer = [*upload.measurements, *self.buffer]
        self.silent_until_s = max(self.silent_until_s, until_s)

    def next_measurement_s(self, time_s: float) -> float:
        """Return when to measure next: later with a low battery, after charging when the phone is off."""
        interval = self.interval_s * (4 if self.battery < LOW_BATTERY else 1)
        return max(time_s + interval * self.rng.uniform(0.9, 1.1), self.off_until_s)

    def _drain(self, time_s: float) -> None:
        if self._measured_s is not None:
            self.battery = max(0.0, self.battery - (time_s - self._measured_s) * self.faults.drain_per_s)
        self._measured_s = time_s
        if not self.battery and time_s >= self.off_until_s:
            self.off_until_s = time_s + CHARGING_S
            self.battery = CHARGED

    def _measurement(self, time_s: float, true: TruePosition) -> Measurement:
        faults = self.faults
        accuracy = faults.accuracy_m * self.rng.uniform(0.7, 1.6)
        x, y = (self.rng.gauss(value, accuracy / 2) for value in true.point)
        if self.rng.random() < faults.teleport_share:
            x += self.rng.choice((-1, 1)) * self.rng.uniform(*faults.teleport_m)
        return Measurement(
            recorded_s=time_s + faults.clock_ahead_s,
            point=(x, y),
            accuracy_m=round(accuracy, 1),
            speed_mps=round(true.speed_mps, 1),
            heading_deg=None if true.heading_deg is None else round(true.heading_deg + self.rng.gauss(0, 4)) % 360,
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
        measurements, self.buffer = self.buffer, []
        if self.rng.random() < self.faults.drop_share:
            self.dropped += measurements
            return []
        if self.rng.random() < self.faults.shuffle_share:
            self.rng.shuffle(measurements)
        uploads = [
            Upload(time_s, tuple(measurements[first : first + BATCH_SIZE]))
            for first in range(0, len(measurements), BATCH_SIZE)
        ]
        if self.rng.random() < self.faults.repeat_share:
            uploads.append(replace(uploads[-1], sent_s=time_s + self.rng.uniform(1, 25)))
        return uploads
