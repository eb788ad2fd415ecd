"""Looks at a technician's place, and what stands in the way of an erasure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from geo_assign.core.errors import ConflictError

ERASED_NAME = "Erased person"


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


class OpenWorkError(ConflictError):
    """This technician still has work or open offers.

    Assign the work to another technician first: `work_orders` names it.
    """

    code = "has_open_work"
