"""Booking pages: free slots and leads for a visitor of a store's web site, who is a stranger."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Literal, Self, cast
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from geo_assign.access.queries import get_api_key
from geo_assign.core.db import Tx
from geo_assign.core.errors import InvalidError, NotFoundError, TooManyError
from geo_assign.core.geo import Point
from geo_assign.core.idempotency import KeyReusedError, find
from geo_assign.core.secrets import SecretUnreadableError
from geo_assign.following.commands import make_customer_link
from geo_assign.following.domain import CustomerLinksOffError, customer_link_url
from geo_assign.http.addresses import AddressNotFoundError, locate_address
from geo_assign.http.idempotency import replayed
from geo_assign.http.limits import WIDGET_LEADS, WIDGET_READS, Rate
from geo_assign.http.operations import BOOKING_PAGES, AnyCall, Call, Reply, Routes
from geo_assign.http.proxies import client_address
from geo_assign.http.routes.availability import span_of
from geo_assign.http.routes.work_order_models import CustomerBody, DeviceBody, Id
from geo_assign.http.schemas import (
    Answer,
    Body,
    InstantOrWallTime,
    LongText,
    OptionalNote,
    OptionalPoint,
    Query,
    ShortText,
    Skills,
    SlotAnswer,
)
from geo_assign.http.web_origins import OriginNotAllowedError
from geo_assign.matching.domain import Slot
from geo_assign.widget.commands import require_room, spend_challenge
from geo_assign.widget.domain import DayFullError, ProofRefusedError, SlotNotOfferedError
from geo_assign.widget.proof import new_challenge, require_proof
from geo_assign.widget.slots import Wish, list_slots, require_offered, state_word
from geo_assign.workforce.domain import InactiveError
from geo_assign.workforce.local_time import WallTimeDoesNotExistError, as_instant, get_zone
from geo_assign.workforce.queries import list_stores
from geo_assign.workforce.store_rules import StoreRules, get_store_rules
from geo_assign.workorders.domain import Customer, Device, Kind, NewOrder, WorkOrder, WorkOrderStateError

routes = Routes("Booking pages")

_KEY = "A publishable key, where it is no Bearer token: browsers ask first, without that header."


class WidgetQuery(Query):
    """Which key."""

    key: str | None = Field(None, max_length=300, description=_KEY)


class BookableStoreAnswer(Answer):
    """A store that takes leads from the page."""

    id: UUID
    name: str
    timezone: str


class WidgetAnswer(Answer):
    """What a booking page must know."""

    stores: list[BookableStoreAnswer]


class ChallengeAnswer(Answer):
    """Of the numbers from 0 to `max_number` find the one for which SHA-256 of `salt` and it, in hex, is `target`.

    It is sent with `challenge` as it stands.
    """

    challenge: str
    salt: str
    target: str
    max_number: int
    expires_at: datetime


class WidgetSlotsBody(Body):
    """Where and when: exactly one of `point` and `address`. Slots follow `skills`; `device` goes with the lead."""

    store_id: Id
    point: OptionalPoint = None
    address: LongText | None = None
    device: DeviceBody | None = None
    skills: Skills = ()
    first: InstantOrWallTime | None = Field(None, alias="from")
    last: InstantOrWallTime | None = Field(None, alias="to")
    limit: int = Field(10, ge=1, le=50, description="Slots.")
    disjoint: bool = Field(False, description="Only slots that do not overlap, and an hour apart at least.")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.point is None) == (self.address is None):
            raise PydanticCustomError("one_place", "Give exactly one of point and address")
        return self


class WidgetSlotsAnswer(Answer):
    """Slots in which a technician can come, earliest first."""

    slots: list[SlotAnswer]
    timezone: str


class ProofBody(Body):
    """What was asked by `POST /v1/widget/challenges`, and the number found."""

    challenge: str = Field(max_length=1_000, description="As it was answered.")
    number: int = Field(ge=0, description="The one that was found.")


class OfferedSlotBody(Body):
    """One of the slots that were offered."""

    start: InstantOrWallTime
    end: InstantOrWallTime | None = None


class WidgetLeadBody(Body):
    """A visitor's lead. Without a slot: as soon as possible. `website` is for people to leave empty."""

    store_id: Id
    customer: CustomerBody
    address: LongText | None = None
    point: OptionalPoint = None
    device: DeviceBody | None = None
    skills: Skills = ()
    slot: OfferedSlotBody | None = None
    notes: OptionalNote = None
    referral_source: ShortText | None = Field(None, description="How the customer heard of the house; else the site.")
    proof: ProofBody
    website: Annotated[str | None, Field(max_length=4_000)] = None

    @model_validator(mode="after")
    def _some_place(self) -> Self:
        if self.point is None and self.address is None:
            raise PydanticCustomError("one_place", "Give an address or a point")
        return self


class WidgetLeadAnswer(Answer):
    """What a visitor may know of the lead."""

    number: str
    slot: SlotAnswer | None = Field(description="Null: as soon as possible.")
    status: Literal["received", "confirmed", "cancelled"] = Field(description="`confirmed`: a technician has it.")
    customer_link: str | None = Field(description="Where the visitor follows it; null: the store has that off.")


@routes.get("/v1/widget", access=BOOKING_PAGES, query=WidgetQuery, answer=WidgetAnswer, errors=(OriginNotAllowedError,))
def get_widget(call: Call[WidgetQuery, None]) -> Reply:
    """Read what a booking page must know."""
    _count(call, WIDGET_READS)
    with call.transaction() as tx:
        stores = list_stores(tx, call.caller.scope, active=True, limit=200).items
    shown = [BookableStoreAnswer(id=store.id, name=store.name, timezone=store.timezone) for store in stores]
    return Reply(WidgetAnswer(stores=shown))


@routes.post(
    "/v1/widget/challenges",
    access=BOOKING_PAGES,
    query=WidgetQuery,
    answer=ChallengeAnswer,
    errors=(OriginNotAllowedError,),
)
def create_challenge(call: Call[WidgetQuery, None]) -> Reply:
    """Ask for a challenge.

    Solved, it pays for one lead of this key within ten minutes.
    """
    _count(call, WIDGET_READS)
    settings = call.services.settings
    with call.transaction() as tx:
        made = new_challenge(
            settings.fernet_keys, call.caller.id, max_number=settings.widget_proof_numbers, now=tx.now()
        )
    return Reply(
        ChallengeAnswer(
            challenge=made.text,
            salt=made.salt,
            target=made.target,
            max_number=made.max_number,
            expires_at=made.expires_at,
        )
    )


@routes.post(
    "/v1/widget/slots",
    access=BOOKING_PAGES,
    query=WidgetQuery,
    body=WidgetSlotsBody,
    example={"store_id": "01a2019c-3960-7b1d-9a52-6a0a5b3a8d20", "address": "Rua das Flores 12, Porto", "limit": 5},
    answer=WidgetSlotsAnswer,
    own_transactions=True,
    errors=(OriginNotAllowedError, InactiveError, AddressNotFoundError, WallTimeDoesNotExistError),
)
def find_widget_slots(call: Call[WidgetQuery, WidgetSlotsBody]) -> Reply:
    """Find free slots for a visitor.

    Of the store's usual duration, within 14 days unless said otherwise. In each a technician with these skills is
    really free, the ways before and after thought of.
    """
    _count(call, WIDGET_READS)
    body = call.body
    with call.transaction() as tx:
        rules = _open_store(tx, call, body.store_id)
    point, address = body.point, body.address or ""
    place = point.point() if point is not None else locate_address(call, rules, address, group_id=None)
    slots = list_slots(
        call.transaction,
        call.services.drives,
        call.caller,
        Wish(rules, place, body.skills),
        within=lambda tx: span_of(body.first, body.last, rules, at=tx.as_of()),
        limit=body.limit,
        disjoint=body.disjoint,
    )
    return Reply(
        WidgetSlotsAnswer(
            slots=[SlotAnswer(start=slot.start, end=slot.end) for slot in slots], timezone=rules.store.timezone
        )
    )


@routes.post(
    "/v1/widget/leads",
    access=BOOKING_PAGES,
    query=WidgetQuery,
    body=WidgetLeadBody,
    example={
        "store_id": "01a2019c-3960-7b1d-9a52-6a0a5b3a8d20",
        "customer": {"name": "Eva Lima", "phone": "+351 910 000 000"},
        "address": "Rua das Flores 12, Porto",
        "slot": {"start": "2026-05-21T10:00:00Z"},
        "proof": {"challenge": "eyJrZXkiOi….5f0c", "number": 4711},
    },
    answer=WidgetLeadAnswer,
    status=201,
    creates=True,
    own_transactions=True,
    errors=(
        OriginNotAllowedError,
        ProofRefusedError,
        SlotNotOfferedError,
        DayFullError,
        InactiveError,
        KeyReusedError,
        WallTimeDoesNotExistError,
        TooManyError,
    ),
)
def create_widget_lead(call: Call[WidgetQuery, WidgetLeadBody]) -> Reply:
    """Create a lead for a visitor.

    With a slot that is free at this moment, or as soon as possible. The same `Idempotency-Key` answers the same lead.
    """
    if call.body.website:
        raise InvalidError.at("/website", "not_empty", "Leave this empty: it is there to tell people from programs.")
    _count(call, WIDGET_LEADS)
    spend = _admit(call)
    slot = _require_slot(call) if spend is not None else None
    order, again = call.services.dispatch.create(call.caller, _new_order(call, slot), call.attempt, also=spend)
    reply = Reply(_lead_answer(order, _find_customer_link(call, order)))
    return replayed(reply) if again else reply


def _admit(call: Call[WidgetQuery, WidgetLeadBody]) -> Callable[[Tx], None] | None:
    """What the lead costs, paid when it is written; None for the retry of one that was taken."""
    caller, given = call.caller, call.body.proof
    with call.transaction() as tx:
        if call.attempt is not None and find(tx, call.attempt) is not None:
            return None
        spent, _ = require_proof(
            call.services.settings.fernet_keys,
            caller.id,
            challenge=given.challenge,
            number=given.number,
            now=tx.now(),
        )
        require_room(tx, get_api_key(tx, caller.id))
        _open_store(tx, call, call.body.store_id)
    return lambda tx: spend_challenge(tx, caller.id, spent)


def _require_slot(call: Call[WidgetQuery, WidgetLeadBody]) -> Slot | None:
    """The slot that the visitor chose, still free. Raises SlotNotOfferedError.

    Where the address cannot be found no slot can be judged: the lead is taken, and waits for its location.
    """
    body = call.body
    if body.slot is None:
        return None
    with call.transaction() as tx:
        rules = _open_store(tx, call, body.store_id)
    zone = get_zone(rules.store.timezone)
    start = as_instant(body.slot.start, zone)
    end = start + rules.settings.default_duration if body.slot.end is None else as_instant(body.slot.end, zone)
    slot, place = Slot(start, end), _find_place(call, rules)
    if end - start > timedelta(days=7) or end <= start:
        raise SlotNotOfferedError
    if place is not None:
        wish = Wish(rules, place, body.skills)
        require_offered(call.transaction, call.services.drives, call.caller, wish, slot)
    return slot


def _find_place(call: Call[WidgetQuery, WidgetLeadBody], rules: StoreRules) -> Point | None:
    if call.body.point is not None:
        return call.body.point.point()
    try:
        return locate_address(call, rules, call.body.address or "", group_id=None)
    except AddressNotFoundError:
        return None


def _new_order(call: Call[WidgetQuery, WidgetLeadBody], slot: Slot | None) -> NewOrder:
    body = call.body
    return NewOrder(
        kind=Kind.LEAD,
        store_id=body.store_id,
        customer=cast(Customer, body.customer.model_dump()),
        address=body.address,
        location=None if body.point is None else body.point.point(),
        slot_start=None if slot is None else slot.start,
        slot_end=None if slot is None else slot.end,
        skills=body.skills,
        device=cast(Device, body.device.model_dump(exclude_none=True)) if body.device else None,
        referral_source=body.referral_source or call.headers.get("Origin"),
        notes=body.notes,
    )


def _find_customer_link(call: AnyCall, order: WorkOrder) -> str | None:
    """The address at which the customer follows the work order; None where the store or its state allows none."""
    try:
        with call.transaction() as tx:
            link, _ = make_customer_link(tx, call.caller, order.id, call.services.geocoder.box)
    except (CustomerLinksOffError, WorkOrderStateError, SecretUnreadableError):
        return None
    return customer_link_url(call.services.settings.console_url, link.token)


def _lead_answer(order: WorkOrder, customer_link: str | None) -> WidgetLeadAnswer:
    slot = SlotAnswer(start=order.slot_start, end=order.slot_end) if order.slot_is_fixed else None
    word = cast(Literal["received", "confirmed", "cancelled"], state_word(order.state))
    return WidgetLeadAnswer(number=order.number, slot=slot, status=word, customer_link=customer_link)


def _open_store(tx: Tx, call: AnyCall, store_id: UUID) -> StoreRules:
    """Raises InvalidError for a store that the key is not for, InactiveError."""
    try:
        rules = get_store_rules(tx, call.caller.scope, store_id)
    except NotFoundError as error:
        raise InvalidError.at("/store_id", "unknown_store", "There is no such store here.") from error
    if not rules.store.active:
        raise InactiveError(f"{rules.store.name} is closed and takes no new work.")
    return rules


def _count(call: AnyCall, rates: tuple[Rate, Rate]) -> None:
    networks = call.services.settings.trusted_networks
    address = client_address(call.remote_address, call.headers.get("X-Forwarded-For"), networks)
    call.services.limits.widget(rates, key_id=call.caller.id, address=address)
