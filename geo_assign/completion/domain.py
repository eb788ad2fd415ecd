"""Images that belong to a work order, and why one is refused."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from geo_assign.core.errors import ConflictError, GoneError, InvalidError
from geo_assign.workorders.domain import UNDER_WAY, Actor, State

MOST_PHOTOS = 5
MOST_BYTES = 5 * 1024 * 1024
LATE_FOR = timedelta(days=3)
"""How long after the end of the work a phone that was without a network may still send what it has."""
TAKES_IMAGES = UNDER_WAY | {State.COMPLETED}


class ImageKind(StrEnum):
    """A photo of the work, or the customer's signature, of which there is one."""

    PHOTO = "photo"
    SIGNATURE = "signature"


@dataclass(frozen=True, slots=True)
class PreparedImage:
    """An image as it is kept: encoded anew, upright, without metadata."""

    content: bytes
    media_type: str
    width_px: int
    height_px: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class OrderImage:
    """What is known of an image of a work order, beside its bytes. `technician_id` is who sent it."""

    id: UUID
    work_order_id: UUID
    kind: ImageKind
    media_type: str
    width_px: int
    height_px: int
    size_bytes: int
    sha256: bytes
    technician_id: UUID
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Completion:
    """How a work order ended: None, None and None until it is completed; images may be there before."""

    completed_at: datetime | None
    completed_by: Actor | None
    note: str | None
    photos: tuple[OrderImage, ...]
    signature: OrderImage | None


class ImageUnreadableError(InvalidError):
    """This is not an image that can be kept.

    Send a whole JPEG, PNG or WebP of at most 40 million pixels. What is in the file decides, not its name.
    """

    code = "image_unreadable"


class TooManyPhotosError(ConflictError):
    """A work order has at most five photos.

    Delete one first, or send the photo under the id of the one that it replaces.
    """

    code = "too_many_photos"


class CustomerErasedError(GoneError):
    """The customer of this work order was erased.

    It takes no more photos and no signature: drop what the phone still keeps of it.
    """

    code = "customer_erased"


class ImageElsewhereError(ConflictError):
    """This id belongs to an image of another work order.

    Make a new id for each photo.
    """

    code = "image_elsewhere"
