"""What technicians leave with finished work: photos, the customer's signature, how it ended."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import Field, RootModel

from geo_assign.completion import commands, queries
from geo_assign.completion.domain import (
    MOST_BYTES,
    CustomerErasedError,
    ImageElsewhereError,
    ImageUnreadableError,
    OrderImage,
    TooManyPhotosError,
)
from geo_assign.completion.folder import ImageFolder
from geo_assign.completion.images import MEDIA_TYPES, prepare_image
from geo_assign.core.errors import InvalidError, NotFoundError
from geo_assign.http.bodies import BYTES, BodyFormat
from geo_assign.http.decoding import M
from geo_assign.http.errors import UnsupportedMediaTypeError
from geo_assign.http.operations import OWN_WORK, TECHNICIANS, AnyCall, Call, Lane, Reply, Routes
from geo_assign.http.routes.people_models import Actor
from geo_assign.http.schemas import Answer
from geo_assign.workorders.domain import WorkOrderNotFoundError, WorkOrderStateError

routes = Routes("Work orders")

_ANSWERED_AS = (*MEDIA_TYPES.values(), BYTES)
_REFUSED = (WorkOrderNotFoundError, WorkOrderStateError, CustomerErasedError, ImageUnreadableError)


class ImageBody(RootModel[bytes]):
    """The image's bytes, at most 5 MB, sent as `image/jpeg`, `image/png`, `image/webp` or without saying which."""


class ImageAnswer(Answer):
    """An image as it is kept: encoded anew, upright, without the metadata that cameras write.

    `width_px` by `height_px`, in `size_bytes` of `media_type`.
    """

    id: UUID
    media_type: str
    width_px: int
    height_px: int
    size_bytes: int
    sha256: str = Field(description="Of the image as it is kept, in hexadecimal digits.")
    technician_id: UUID = Field(description="Who sent it.")
    created_at: datetime
    href: str = Field(description="Where the image is.")


class CompletionAnswer(Answer):
    """How the work ended; until then `completed_at` and `completed_by` are null. Images may be there before."""

    completed_at: datetime | None
    completed_by: Actor | None
    note: str | None = Field(description="What the technician noted when the work was done.")
    photos: Sequence[ImageAnswer] = Field(description="Oldest first, at most five.")
    signature: ImageAnswer | None


def _require_image(content_type: str | None) -> None:
    named = (content_type or "").partition(";")[0].strip().lower()
    if named not in {BYTES, *MEDIA_TYPES.values(), "image/jpg"}:
        raise UnsupportedMediaTypeError(f"Send the image itself as image/jpeg, image/png, image/webp or {BYTES}.")


def _read_image(model: type[M], raw: bytes) -> M:
    if not raw:
        raise InvalidError("Send the image as the body.")
    return model.model_validate(raw)


IMAGE = BodyFormat((BYTES,), _require_image, _read_image)
"""The document names the one type that generators of clients know for bytes; an image's own are taken as well."""


@routes.get(
    "/v1/work-orders/{id}/completion", access=OWN_WORK, answer=CompletionAnswer, errors=(WorkOrderNotFoundError,)
)
def get_completion(call: Call[None, None], id: UUID) -> Reply:
    """Read how the work ended.

    With the technician's note, the photos and the customer's signature.
    """
    with call.transaction() as tx:
        found = queries.get_completion(tx, call.caller.scope, id)
    return Reply(
        CompletionAnswer.model_construct(
            completed_at=found.completed_at,
            completed_by=found.completed_by,
            note=found.note,
            photos=[image_answer(photo) for photo in found.photos],
            signature=None if found.signature is None else image_answer(found.signature),
        )
    )


@routes.put(
    "/v1/work-orders/{id}/photos/{photo_id}",
    access=TECHNICIANS,
    body=ImageBody,
    reads=IMAGE,
    answer=ImageAnswer,
    max_body_bytes=MOST_BYTES,
    own_transactions=True,
    lane=Lane.PHONES,
    errors=(*_REFUSED, TooManyPhotosError, ImageElsewhereError),
)
def put_photo(call: Call[None, ImageBody], id: UUID, photo_id: UUID) -> Reply:
    """Send a photo of your work.

    From `travelling` on, and up to three days after the work was completed. `photo_id` is a UUID that the phone
    makes, so that a photo may be sent again after a lost connection; under the same id it is replaced.
    """
    image = prepare_image(call.body.root)
    with call.transaction() as tx:
        kept = commands.keep_photo(tx, call.caller, id, photo_id, image, folder=_folder(call))
    return Reply(image_answer(kept))


@routes.put(
    "/v1/work-orders/{id}/signature",
    access=TECHNICIANS,
    body=ImageBody,
    reads=IMAGE,
    answer=ImageAnswer,
    max_body_bytes=MOST_BYTES,
    own_transactions=True,
    lane=Lane.PHONES,
    errors=_REFUSED,
)
def put_signature(call: Call[None, ImageBody], id: UUID) -> Reply:
    """Send the customer's signature for your work.

    As an image; a later one replaces it.
    """
    image = prepare_image(call.body.root)
    with call.transaction() as tx:
        kept = commands.keep_signature(tx, call.caller, id, image, folder=_folder(call))
    return Reply(image_answer(kept))


@routes.delete(
    "/v1/work-orders/{id}/photos/{photo_id}",
    access=TECHNICIANS,
    status=204,
    lane=Lane.PHONES,
    errors=(WorkOrderNotFoundError, WorkOrderStateError, NotFoundError),
)
def delete_photo(call: Call[None, None], id: UUID, photo_id: UUID) -> Reply:
    """Delete a photo of your work."""
    with call.transaction() as tx:
        commands.delete_photo(tx, call.caller, id, photo_id)
    return Reply()


@routes.get(
    "/v1/work-orders/{id}/photos/{photo_id}",
    access=OWN_WORK,
    media_types=_ANSWERED_AS,
    lane=Lane.PICTURES,
    errors=(WorkOrderNotFoundError, NotFoundError, queries.ImageMissingError),
)
def get_photo(call: Call[None, None], id: UUID, photo_id: UUID) -> Reply:
    """Read a photo."""
    return _content(call, id, photo_id)


@routes.get(
    "/v1/work-orders/{id}/signature",
    access=OWN_WORK,
    media_types=_ANSWERED_AS,
    lane=Lane.PICTURES,
    errors=(WorkOrderNotFoundError, NotFoundError, queries.ImageMissingError),
)
def get_signature(call: Call[None, None], id: UUID) -> Reply:
    """Read the customer's signature."""
    return _content(call, id, None)


def _content(call: AnyCall, order_id: UUID, photo_id: UUID | None) -> Reply:
    with call.transaction() as tx:
        image = queries.get_image(tx, call.caller.scope, order_id, photo_id=photo_id)
        content = queries.read_content(tx, image, _folder(call))
    return Reply(content, headers={"Content-Type": image.media_type})


def _folder(call: AnyCall) -> ImageFolder | None:
    path = call.services.settings.image_dir
    return None if path is None else ImageFolder(path)


def image_answer(image: OrderImage) -> ImageAnswer:
    """An image as it is answered, without its bytes."""
    photo = f"photos/{image.id}" if image.kind == "photo" else "signature"
    return ImageAnswer.model_construct(
        id=image.id,
        media_type=image.media_type,
        width_px=image.width_px,
        height_px=image.height_px,
        size_bytes=image.size_bytes,
        sha256=image.sha256.hex(),
        technician_id=image.technician_id,
        created_at=image.created_at,
        href=f"/v1/work-orders/{image.work_order_id}/{photo}",
    )
