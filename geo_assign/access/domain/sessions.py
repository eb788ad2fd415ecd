"""Log-ins of devices and browsers, and how long they last."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

SESSION_SLIDES = timedelta(days=30)
"""A phone's or a script's session lasts so long from its last use."""
SESSION_ENDS_AFTER = timedelta(days=365)
"""However much it is used, a session lasts no longer than this."""
SESSION_RENEWED_EVERY = timedelta(days=1)
"""Its end is moved on when there is so much to gain: once a day, and not at every request."""
SESSION_USES_NOTED_EVERY = timedelta(minutes=10)
"""The last use of a session is written no more often: thousands of phones send every few seconds."""


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A session that holds, and the device that it was opened for."""

    id: UUID
    device: str | None


SessionKind = Literal["bearer", "cookie"]


@dataclass(frozen=True, slots=True)
class Session:
    """A log-in of a device or browser, without its token."""

    id: UUID
    kind: SessionKind
    device: str | None
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
