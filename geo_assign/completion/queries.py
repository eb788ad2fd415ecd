"""Reads of what a technician left with finished work."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, select

from geo_assign.access.domain import Scope
from geo_assign.completion.domain import Completion, ImageKind, OrderImage
from geo_assign.completion.folder import ImageFolder, Stored
from geo_assign.completion.tables import work_order_images
from geo_assign.core.db import Tx
from geo_assign.core.errors import NotFoundError, UnavailableError
from geo_assign.workorders.domain import State
from geo_assign.workorders.queries import find_last_step, get_work_order

_SHOWN = tuple(work_order_images.c[name] for name in OrderImage.__dataclass_fields__)


class ImageMissingError(UnavailableError):
    """The file of this image cannot be found.

    The installation keeps images in a folder, and it is not there, or another one: see `GEO_ASSIGN_IMAGE_DIR`.
    """

    code = "image_missing"


def get_completion(tx: Tx, scope: Scope, work_order_id: UUID) -> Completion:
    """How a work order ended, with its images, oldest first. Raises WorkOrderNotFoundError."""
    order = get_work_order(tx, scope, work_order_id)
    images = list_images(tx, work_order_id)
    ended = find_last_step(tx, order.id, state=State.COMPLETED) if order.state is State.COMPLETED else None
    note = None if ended is None else ended.detail.get("note")
    return Completion(
        completed_at=None if ended is None else ended.at,
        completed_by=None if ended is None else ended.actor,
        note=note if isinstance(note, str) else None,
        photos=tuple(image for image in images if image.kind is ImageKind.PHOTO),
        signature=next((image for image in images if image.kind is ImageKind.SIGNATURE), None),
    )


def list_images(tx: Tx, work_order_id: UUID) -> list[OrderImage]:
    """The images of a work order, oldest first."""
    i = work_order_images.c
    return _list(tx, i.work_order_id == work_order_id)


def list_images_by(tx: Tx, technician_id: UUID) -> list[OrderImage]:
    """The images that a technician sent, oldest first."""
    i = work_order_images.c
    return _list(tx, i.technician_id == technician_id)


def find_image(tx: Tx, image_id: UUID) -> OrderImage | None:
    """An image by its id, whatever work order it belongs to."""
    return next(iter(_list(tx, work_order_images.c.id == image_id)), None)


def get_image(tx: Tx, scope: Scope, work_order_id: UUID, *, photo_id: UUID | None) -> OrderImage:
    """A photo by its id, or the signature when that is None. Raises WorkOrderNotFoundError, NotFoundError."""
    get_work_order(tx, scope, work_order_id)
    i = work_order_images.c
    which = i.kind == ImageKind.SIGNATURE if photo_id is None else (i.id == photo_id) & (i.kind == ImageKind.PHOTO)
    found = _list(tx, i.work_order_id == work_order_id, which)
    if not found:
        raise NotFoundError
    return found[0]


def read_content(tx: Tx, image: OrderImage, folder: ImageFolder | None) -> bytes:
    """The bytes of an image, from its row or its file. Raises ImageMissingError."""
    i = work_order_images.c
    content = tx.conn.execute(select(i.content).where(i.org_id == tx.org_id, i.id == image.id)).scalar_one()
    if content is None and folder is not None:
        content = folder.find(Stored(tx.org_id, image.id, image.sha256))
    if content is None:
        raise ImageMissingError
    return bytes(content)


def _list(tx: Tx, *which: ColumnElement[bool]) -> list[OrderImage]:
    i = work_order_images.c
    statement = select(*_SHOWN).where(i.org_id == tx.org_id, *which).order_by(i.created_at, i.id)
    return _images(tx.conn.execute(statement).mappings().all())


def _images(rows: Sequence[RowMapping]) -> list[OrderImage]:
    return [OrderImage(**{**row, "kind": ImageKind(row["kind"])}) for row in rows]
