"""What every format of a tracker app has in common: how a message is read, and what the app must hear.

An app sends again whatever is not answered as it expects, with everything behind it. So a message that says nothing is
answered like any other: only a service that cannot write now refuses one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from geo_assign.positions.domain import Ping
from geo_assign.workforce.domain import SilenceReason


class Ignored(StrEnum):
    """Why a part of a message is no position."""

    EMPTY = "empty"  # nothing was sent
    ENCRYPTED = "encrypted"  # only the app's owner can read it
    NO_PLACE = "no_place"  # a message without coordinates, such as a heartbeat
    OTHER_TYPE = "other_type"  # it tells of something else, such as a region or a pause
    UNREADABLE = "unreadable"  # neither a place nor a time can be read


@dataclass(frozen=True, slots=True)
class Sent:
    """A message as it came. `parameters` are those of the address, each once."""

    parameters: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a message says: positions, why its other parts are none, and why the app will not be heard from."""

    pings: Sequence[Ping] = ()
    ignored: Sequence[Ignored] = ()
    silence: SilenceReason | None = None


Now = Callable[[], datetime]
"""Asks for the present instant, which only a message without a time needs."""


@dataclass(frozen=True, slots=True)
class TrackerFormat:
    """The format of one kind of app. `answer` is the JSON after which the app sends no message again.

    `read` never fails: what cannot be read is among `Heard.ignored`.
    """

    name: str
    read: Callable[[Sent, Now], Heard]
    answer: object


@dataclass(slots=True)
class Hearing:
    """Collects what a message says."""

    pings: list[Ping] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)
    silence: SilenceReason | None = None

    def add(self, found: Ping | Ignored) -> None:
        """One part of the message."""
        if isinstance(found, Ping):
            self.pings.append(found)
        else:
            self.ignored.append(found)

    def heard(self) -> Heard:
        """Everything, positions in the order of their times: the newest is written last, in whatever order it came."""
        return Heard(sorted(self.pings, key=lambda ping: ping.recorded_at), self.ignored, self.silence)
