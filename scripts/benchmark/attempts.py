"""Measurements that do not take each other along: one that fails is told, and the others go on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")
_LONGEST = 160


def say(text: str) -> None:
    """A line of progress."""
    print(f"  {text}", flush=True)


@dataclass(frozen=True)
class Attempts:
    """`failed`: why, by what was attempted."""

    failed: dict[str, str] = field(default_factory=dict)

    def make(self, what: str, act: Callable[[], T]) -> T | None:
        """What `act` returns; None when it fails, whatever the reason, which is told and kept."""
        try:
            return act()
        except Exception as error:  # noqa: BLE001 - one measurement never costs the others
            self.failed[what] = reason_of(error)
            say(f"{what}: not measured, {self.failed[what]}")
            return None


def reason_of(error: Exception) -> str:
    """One line that says what went wrong: the first line of the message, or the error's name."""
    lines = str(error).strip().splitlines()
    told = " ".join((lines[0] if lines else type(error).__name__).split()).replace("|", "/")
    return told if len(told) <= _LONGEST else f"{told[: _LONGEST - 1]}…"
