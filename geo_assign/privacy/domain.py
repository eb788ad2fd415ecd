"""Looks at a technician's place, and what stands in the way of an erasure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from geo_assign.access.domain import Caller
from geo_assign.core.errors import ConflictError

ERASED_NAME = "Erased person"
_MINUTE = timedelta(minutes=1)


class How(StrEnum):
    """The way in which a viewer saw a technician's place."""

    MAP = "map"
    LIVE = "live"
    NEAREST = "nearest"
    LIST = "list"
    DECISION = "decision"
    EXPORT = "export"
    CUSTOMER = "customer"
    PAST = "past"


class Look(NamedTuple):
    """A viewer was shown at `at` where these technicians are."""

    caller: Caller
    how: How
    technician_ids: tuple[UUID, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class View:
    """One viewer's looks at a technician's place within one minute, in one way.

    The live stream counts once a minute, whatever it tells.
    """

    technician_id: UUID
    minute: datetime
    viewer_id: UUID
    viewer_kind: str
    viewer_name: str
    how: How
    first_at: datetime
    last_at: datetime
    count: int


@dataclass(frozen=True, slots=True)
class LiveView:
    """One viewer's looks at a technician's place on the live stream within one hour of UTC.

    `minutes` has a bit for each minute in which the stream told of the technician, the lowest for the first. Both
    instants are good to the minute.
    """

    technician_id: UUID
    hour: datetime
    viewer_id: UUID
    viewer_kind: str
    viewer_name: str
    minutes: int
    first_at: datetime
    last_at: datetime

    def by_minute(self) -> list[View]:
        """The same as one view for each minute."""
        return [self._at(self.hour + n * _MINUTE) for n in range(60) if self.minutes >> n & 1]

    def _at(self, minute: datetime) -> View:
        return View(
            self.technician_id,
            minute,
            self.viewer_id,
            self.viewer_kind,
            self.viewer_name,
            How.LIVE,
            first_at=max(minute, self.first_at),
            last_at=min(minute + _MINUTE, max(minute, self.last_at)),
            count=1,
        )


class OpenWorkError(ConflictError):
    """This technician still has work or open offers.

    Assign the work to another technician first: `work_orders` names it.
    """

    code = "has_open_work"
