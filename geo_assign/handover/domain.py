"""Notes that one shift of dispatchers leaves for the next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from geo_assign.core.errors import Family, GeoAssignError, StaleError

KEPT_FOR = timedelta(days=7)
MOST_DAYS = 30


class NoteNotFoundError(GeoAssignError):
    """There is no such note here.

    It does not exist, has expired, or is for a store or group outside your scope.
    """

    code = "note_not_found"
    family = Family.NOT_FOUND


class NotYourNoteError(GeoAssignError):
    """Only the author, and who looks after the store, may change a note."""

    code = "not_your_note"
    family = Family.FORBIDDEN


class NoteChangedError(StaleError):
    """The note was changed after you read it."""

    code = "note_changed"


@dataclass(frozen=True, slots=True)
class NoteReader:
    """A user who has marked a note as read, and when."""

    user_id: UUID
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LinkedOrder:
    """A work order that a note is about, as the reader may see it."""

    id: UUID
    number: str


@dataclass(frozen=True, slots=True)
class HandoverNote:
    """A note for those who dispatch for a store, or for one group of it. `read_by` is in the order of reading."""

    id: UUID
    store_id: UUID
    group_id: UUID | None
    text: str
    author_id: UUID
    author_name: str
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    version: int
    work_order_ids: Sequence[UUID]
    read_by: Sequence[NoteReader]

    def is_read_by(self, user_id: UUID) -> bool:
        """Whether this user has marked it as read since it was last changed, or wrote it."""
        return user_id == self.author_id or any(reader.user_id == user_id for reader in self.read_by)
