"""Writes of what a technician leaves with finished work."""

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from geo_assign.access.domain import Caller, Scope
from geo_assign.access.quotas import require_storage
from geo_assign.completion.domain import (
    LATE_FOR,
    MOST_PHOTOS,
    TAKES_IMAGES,
    CustomerErasedError,
    ImageElsewhereError,
    ImageKind,
    OrderImage,
    PreparedImage,
    TooManyPhotosError,
)
from geo_assign.completion.folder import ImageFolder, Stored
from geo_assign.completion.queries import find_image, list_images
from geo_assign.completion.tables import work_order_images
from geo_assign.core.db import Tx
from geo_assign.core.errors import ForbiddenError, NotFoundError
from geo_assign.core.ids import new_id
from geo_assign.workorders.commands import lock
from geo_assign.workorders.domain import TERMINAL, WorkOrder, WorkOrderStateError
from geo_assign.workorders.queries import is_customer_erased


def keep_photo(
    tx: Tx, caller: Caller, order_id: UUID, photo_id: UUID, image: PreparedImage, *, folder: ImageFolder | None
) -> OrderImage:
    """Keep a photo of the caller's own work under an id that the phone made; the same id replaces it.

    Raises WorkOrderNotFoundError, WorkOrderStateError, CustomerErasedError, TooManyPhotosError, ImageElsewhereError.
    """
    order = _lock_own(tx, caller, order_id)
    known = find_image(tx, photo_id)
    if known is not None and (known.work_order_id != order_id or known.kind is not ImageKind.PHOTO):
        raise ImageElsewhereError
    photos = [one for one in list_images(tx, order_id) if one.kind is ImageKind.PHOTO]
    if known is None and len(photos) >= MOST_PHOTOS:
        raise TooManyPhotosError
    return _keep(tx, caller, order, image, image_id=photo_id, kind=ImageKind.PHOTO, folder=folder)


def keep_signature(
    tx: Tx, caller: Caller, order_id: UUID, image: PreparedImage, *, folder: ImageFolder | None
) -> OrderImage:
    """Keep the customer's signature for the caller's own work, instead of an earlier one.

    Raises WorkOrderNotFoundError, WorkOrderStateError, CustomerErasedError.
    """
    order = _lock_own(tx, caller, order_id)
    known = next((one for one in list_images(tx, order_id) if one.kind is ImageKind.SIGNATURE), None)
    image_id = new_id() if known is None else known.id
    return _keep(tx, caller, order, image, image_id=image_id, kind=ImageKind.SIGNATURE, folder=folder)


def delete_photo(tx: Tx, caller: Caller, order_id: UUID, photo_id: UUID) -> None:
    """Delete a photo of the caller's own work. Raises WorkOrderNotFoundError, WorkOrderStateError, NotFoundError."""
    _lock_own(tx, caller, order_id)
    i = work_order_images.c
    gone = tx.conn.execute(
        delete(work_order_images).where(
            i.org_id == tx.org_id, i.id == photo_id, i.work_order_id == order_id, i.kind == ImageKind.PHOTO
        )
    )
    if gone.rowcount == 0:
        raise NotFoundError


def _lock_own(tx: Tx, caller: Caller, order_id: UUID) -> WorkOrder:
    """Lock the caller's own work order, which is under way or ended not long ago."""
    if caller.technician_id is None:
        raise ForbiddenError
    order = lock(tx, order_id, scope=Scope(technician_id=caller.technician_id))
    if order.state not in TAKES_IMAGES:
        raise WorkOrderStateError(
            f"a work order that is {order.state.value} takes no images: begin the work first", state=order.state.value
        )
    if order.state in TERMINAL and tx.now() > order.updated_at + LATE_FOR:
        raise WorkOrderStateError(
            f"this work was completed more than {LATE_FOR.days} days ago", state=order.state.value
        )
    if order.state in TERMINAL and is_customer_erased(tx, order_id):
        raise CustomerErasedError
    return order


def _keep(
    tx: Tx,
    caller: Caller,
    order: WorkOrder,
    image: PreparedImage,
    *,
    image_id: UUID,
    kind: ImageKind,
    folder: ImageFolder | None,
) -> OrderImage:
    require_storage(tx, len(image.content))
    if folder is not None:
        folder.write(Stored(tx.org_id, image_id, image.sha256), image.content)
    values = {
        "work_order_id": order.id,
        "kind": kind,
        "media_type": image.media_type,
        "width_px": image.width_px,
        "height_px": image.height_px,
        "size_bytes": len(image.content),
        "sha256": image.sha256,
        "technician_id": caller.technician_id,
        "created_at": tx.now(),
    }
    kept = {**values, "content": None if folder is not None else image.content}
    statement = insert(work_order_images).values(org_id=tx.org_id, id=image_id, **kept)
    is_here = work_order_images.c.work_order_id == order.id
    tx.conn.execute(statement.on_conflict_do_update(index_elements=["org_id", "id"], set_=kept, where=is_here))
    found = find_image(tx, image_id)
    if found is None or found.work_order_id != order.id:
        raise ImageElsewhereError
    return found
