"""What one shift of dispatchers leaves for the next."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, cast
from uuid import UUID

from pydantic import Field

from geo_assign.core.db import Tx
from geo_assign.core.errors import InvalidError
from geo_assign.handover import commands, queries
from geo_assign.handover.domain import (
    KEPT_FOR,
    MOST_DAYS,
    HandoverNote,
    LinkedOrder,
    NoteChangedError,
    NoteNotFoundError,
    NotYourNoteError,
)
from geo_assign.http.editing import create_once, unsent
from geo_assign.http.operations import DISPATCHING, Call, Reply, Routes
from geo_assign.http.routes.work_order_models import Id
from geo_assign.http.schemas import Answer, Body, Listing, LongText, PageQuery, Patch, changes
from geo_assign.workforce.domain import InactiveError

routes = Routes("Handover notes")

_Orders = Annotated[tuple[UUID, ...], Field(max_length=50, description="Work orders that it is about.")]
_Days = Annotated[int, Field(ge=1, le=MOST_DAYS, description="Days from now until it expires.")]


class HandoverNotesQuery(PageQuery):
    """Which notes."""

    store_id: Id | None = Field(None, description="Of one store, its groups included.")
    group_id: Id | None = Field(None, description="Of one group.")
    unread: bool = Field(False, description="Neither yours nor marked as read by you.")


class HandoverNoteBody(Body):
    """A note. With `group_id` it is for that group, else for all who dispatch for the store."""

    store_id: Id | None = None
    group_id: Id | None = None
    text: LongText = Field(description="What the next shift must know.")
    work_order_ids: _Orders = ()
    keep_days: _Days = KEPT_FOR.days


class HandoverNotePatch(Patch):
    """What to change. A new text or other work orders make it unread for all."""

    text: LongText = unsent("What the next shift must know.")
    work_order_ids: _Orders = unsent()
    keep_days: _Days = unsent()


class NoteReaderAnswer(Answer):
    """Who has read it."""

    user_id: UUID
    name: str
    at: datetime


class LinkedOrderAnswer(Answer):
    """A work order by its number."""

    id: UUID
    number: str


class HandoverNoteAnswer(Answer):
    """A note. `work_orders` holds those that you may see."""

    id: UUID
    store_id: UUID
    group_id: UUID | None
    text: str = Field(description="What the next shift must know.")
    author: NoteReaderAnswer = Field(description="Who wrote it, and when.")
    work_orders: list[LinkedOrderAnswer]
    read_by: list[NoteReaderAnswer]
    read: bool = Field(description="By you, or written by you.")
    expires_at: datetime
    updated_at: datetime
    version: int


@routes.get("/v1/handover-notes", access=DISPATCHING, query=HandoverNotesQuery, answer=Listing[HandoverNoteAnswer])
def list_handover_notes(call: Call[HandoverNotesQuery, None]) -> Reply:
    """List handover notes.

    Those that have not expired, newest first.
    """
    asked = call.query
    with call.transaction() as tx:
        page = queries.list_notes(
            tx,
            call.caller,
            store_id=asked.store_id,
            group_id=asked.group_id,
            unread=asked.unread,
            limit=asked.limit,
            cursor=asked.cursor,
        )
        linked = queries.list_linked_orders(tx, call.caller.scope, page.items)
    items = [_answer(note, call.caller.id, linked) for note in page.items]
    return Reply(Listing[HandoverNoteAnswer](items=items, next_cursor=page.next_cursor))


@routes.post(
    "/v1/handover-notes",
    access=DISPATCHING,
    body=HandoverNoteBody,
    example={
        "group_id": "01a2019c-3a77-7d0f-b0a5-0f1e2d3c4b5a",
        "text": "The oven parts come at ten; call Eva before you send anyone.",
        "work_order_ids": ["01a2019c-4d1e-7c21-8f0e-2a5b0b7f3c11"],
    },
    answer=HandoverNoteAnswer,
    status=201,
    creates=True,
    errors=(InvalidError, InactiveError),
)
def leave_handover_note(call: Call[None, HandoverNoteBody]) -> Reply:
    """Leave a handover note."""
    body, caller = call.body, call.caller
    new = commands.NewNote(
        text=body.text,
        store_id=body.store_id,
        group_id=body.group_id,
        work_order_ids=body.work_order_ids,
        keep_days=body.keep_days,
    )
    with call.transaction() as tx:
        return create_once(
            tx,
            call.attempt,
            create=lambda note_id: commands.leave_note(tx, caller, new, note_id),
            read=lambda note_id: queries.get_note(tx, caller.scope, note_id),
            reply=lambda note: _reply(tx, call, note),
        )


@routes.get("/v1/handover-notes/{id}", access=DISPATCHING, answer=HandoverNoteAnswer, errors=(NoteNotFoundError,))
def get_handover_note(call: Call[None, None], id: UUID) -> Reply:
    """Read a handover note.

    Reading does not mark it.
    """
    with call.transaction() as tx:
        return _reply(tx, call, queries.get_note(tx, call.caller.scope, id))


@routes.patch(
    "/v1/handover-notes/{id}",
    access=DISPATCHING,
    body=HandoverNotePatch,
    example={"text": "The oven parts came; all is well."},
    answer=HandoverNoteAnswer,
    versioned=True,
    errors=(NoteNotFoundError, NotYourNoteError, NoteChangedError, InvalidError),
)
def change_handover_note(call: Call[None, HandoverNotePatch], id: UUID) -> Reply:
    """Change a handover note.

    Your own; administrators change those of their stores.
    """
    wanted = cast("commands.NoteChanges", changes(call.body))
    with call.transaction() as tx:
        try:
            note = commands.change_note(tx, call.caller, id, wanted, version=call.if_match)
        except NoteChangedError as error:
            current = error.facts["current"]
            told = _answer(current, call.caller.id, queries.list_linked_orders(tx, call.caller.scope, [current]))
            raise NoteChangedError(error.detail, **{**error.facts, "current": told}) from error
        return _reply(tx, call, note)


@routes.delete(
    "/v1/handover-notes/{id}",
    access=DISPATCHING,
    status=204,
    errors=(NoteNotFoundError,),
)
def delete_handover_note(call: Call[None, None], id: UUID) -> Reply:
    """Delete a handover note.

    All who see it may: what is done with goes.
    """
    with call.transaction() as tx:
        commands.delete_note(tx, call.caller, id)
    return Reply()


@routes.put("/v1/handover-notes/{id}/read", access=DISPATCHING, answer=HandoverNoteAnswer, errors=(NoteNotFoundError,))
def mark_handover_note_read(call: Call[None, None], id: UUID) -> Reply:
    """Mark a handover note as read.

    Its author and the others see who has read it.
    """
    with call.transaction() as tx:
        return _reply(tx, call, commands.mark_read(tx, call.caller, id))


@routes.delete(
    "/v1/handover-notes/{id}/read", access=DISPATCHING, answer=HandoverNoteAnswer, errors=(NoteNotFoundError,)
)
def mark_handover_note_unread(call: Call[None, None], id: UUID) -> Reply:
    """Take your mark from a handover note."""
    with call.transaction() as tx:
        return _reply(tx, call, commands.mark_unread(tx, call.caller, id))


def _reply(tx: Tx, call: Call[object, object], note: HandoverNote) -> Reply:
    linked = queries.list_linked_orders(tx, call.caller.scope, [note])
    return Reply(_answer(note, call.caller.id, linked), version=note.version)


def _answer(note: HandoverNote, reader_id: UUID, linked: Mapping[UUID, LinkedOrder]) -> HandoverNoteAnswer:
    orders = [linked[order_id] for order_id in note.work_order_ids if order_id in linked]
    return HandoverNoteAnswer(
        id=note.id,
        store_id=note.store_id,
        group_id=note.group_id,
        text=note.text,
        author=NoteReaderAnswer(user_id=note.author_id, name=note.author_name, at=note.created_at),
        work_orders=[LinkedOrderAnswer(id=order.id, number=order.number) for order in orders],
        read_by=[NoteReaderAnswer(user_id=one.user_id, name=one.name, at=one.at) for one in note.read_by],
        read=note.is_read_by(reader_id),
        expires_at=note.expires_at,
        updated_at=note.updated_at,
        version=note.version,
    )
