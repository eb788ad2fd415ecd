"""A customer's link to the own work order: made by those who look after it, opened without a log-in."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import Field

from geo_assign.access.domain import ActorKind, Caller, Scope
from geo_assign.core.secrets import SecretKeysMissingError, SecretUnreadableError
from geo_assign.following import commands
from geo_assign.following.domain import (
    CustomerLink,
    CustomerLinkNotFoundError,
    CustomerLinkOverError,
    CustomerLinksOffError,
    Followed,
    Stage,
    customer_link_url,
    parse_link_token,
)
from geo_assign.following.queries import follow, get_customer_link
from geo_assign.http.operations import LEAD_WRITING, Access, AnyCall, Call, Lane, Reply, Routes
from geo_assign.http.proxies import client_address
from geo_assign.http.routes.people_models import Actor
from geo_assign.http.schemas import Answer, Body, PointAnswer, ShortText, SlotAnswer
from geo_assign.privacy.domain import How
from geo_assign.workorders.domain import WorkOrderNotFoundError, WorkOrderStateError

routes = Routes("Customers")

_WAITING_S, _MOVING_S = 60, 10


class CustomerLinkAnswer(Answer):
    """A customer's link to a work order; it ends with the work. `opened_at`: last opened by the customer."""

    url: str = Field(description="What to send to the customer.")
    created_at: datetime
    created_by: Actor
    opened_at: datetime | None


class FollowBody(Body):
    """Which link is opened."""

    token: ShortText = Field(description="The end of the link's address.")


class SeenPositionAnswer(PointAnswer):
    """Where the technician was a moment ago."""

    recorded_at: datetime
    age_s: float
    accuracy_m: float | None


class FollowedAnswer(Answer):
    """A work order as its customer sees it.

    Before the technician travels, `slot`, `visits_before` and `expected` say when, and nothing says where. Then there
    is the `position`, if a fresh one is known, with an estimate of how long the way takes.
    """

    number: str
    stage: Stage = Field(description="How far the work is.")
    store_name: str = Field(description="The store that sends the technician.")
    timezone: str = Field(description="The store's, in which times are shown.")
    slot: SlotAnswer
    technician_name: str | None = Field(description="Null until it is known who comes.")
    collaborators: Sequence[str] = Field(description="The names of who comes along.")
    visits_before: int | None = Field(
        description="How many visits the technician still makes before this one, on its day, until the way to it "
        "begins; else null."
    )
    expected: SlotAnswer | None = Field(
        description="When the technician is to be expected, to a quarter of an hour, where the visits before last "
        "longer than planned; else null: `slot` holds."
    )
    destination: PointAnswer | None = Field(description="Where the work is.")
    position: SeenPositionAnswer | None
    distance_m: float | None
    eta_s: float | None
    server_now: datetime
    next_look_s: int = Field(description="When to ask again.")


@routes.post(
    "/v1/work-orders/{id}/customer-link",
    access=LEAD_WRITING,
    answer=CustomerLinkAnswer,
    errors=(
        WorkOrderNotFoundError,
        WorkOrderStateError,
        CustomerLinksOffError,
        SecretKeysMissingError,
        SecretUnreadableError,
    ),
)
def make_customer_link(call: Call[None, None], id: UUID) -> Reply:
    """Make the customer's link to a work order.

    With it a customer sees who comes, when and, while the technician travels, where. Repeating it answers the same
    link. The store's setting `customer_links` must be on.
    """
    with call.transaction() as tx:
        link, _ = commands.make_customer_link(tx, call.caller, id, call.services.geocoder.box)
    return Reply(_link_answer(call, link))


@routes.get(
    "/v1/work-orders/{id}/customer-link",
    access=LEAD_WRITING,
    answer=CustomerLinkAnswer,
    errors=(WorkOrderNotFoundError, CustomerLinkNotFoundError, SecretUnreadableError),
)
def read_customer_link(call: Call[None, None], id: UUID) -> Reply:
    """Read the customer's link to a work order.

    And when the customer last opened it.
    """
    with call.transaction() as tx:
        link = get_customer_link(tx, call.caller.scope, id, call.services.geocoder.box)
    return Reply(_link_answer(call, link))


@routes.delete(
    "/v1/work-orders/{id}/customer-link",
    access=LEAD_WRITING,
    status=204,
    errors=(WorkOrderNotFoundError, CustomerLinkNotFoundError),
)
def revoke_customer_link(call: Call[None, None], id: UUID) -> Reply:
    """Revoke the customer's link to a work order.

    It shows nothing from now on. A new one may be made.
    """
    with call.transaction() as tx:
        commands.revoke_customer_link(tx, call.caller, id)
    return Reply()


@routes.post(
    "/v1/customer-links/open",
    access=Access(public=True),
    body=FollowBody,
    example={"token": "gac_AAAAAAAAAAAAAAAAAAAAAA_AAAAAAAAAAAAAAAAAAAAAA"},
    answer=FollowedAnswer,
    lane=Lane.PICTURES,
    errors=(CustomerLinkNotFoundError, CustomerLinkOverError),
)
def open_customer_link(call: Call[None, FollowBody]) -> Reply:
    """Open a customer's link.

    What the page behind `/t/` shows. The technician can read in the own log that the place was looked at.
    """
    services = call.services
    networks = services.settings.trusted_networks
    address = client_address(call.remote_address, call.headers.get("X-Forwarded-For"), networks)
    token = parse_link_token(call.body.token)
    services.limits.look(token.hash, address)
    with services.database.transaction(token.org_id) as tx:
        seen = follow(tx, token.hash)
        commands.note_opened(tx, seen.link_id, at=seen.seen_at)
    if seen.technician_id is not None:
        customer = Caller(token.org_id, ActorKind.CUSTOMER, seen.link_id, f"Customer of {seen.number}", Scope())
        services.views.note(customer, How.CUSTOMER, [seen.technician_id], at=seen.seen_at)
    return Reply(_followed(seen))


def _link_answer(call: AnyCall, link: CustomerLink) -> CustomerLinkAnswer:
    return CustomerLinkAnswer.model_construct(
        url=customer_link_url(call.services.settings.console_url, link.token),
        created_at=link.created_at,
        created_by=link.created_by,
        opened_at=link.opened_at,
    )


def _followed(seen: Followed) -> FollowedAnswer:
    place, goal, before = seen.position, seen.destination, seen.before
    expected = None if before is None else before.expected
    return FollowedAnswer(
        number=seen.number,
        stage=seen.stage,
        store_name=seen.store_name,
        timezone=seen.timezone,
        slot=SlotAnswer(start=seen.slot_start, end=seen.slot_end),
        technician_name=seen.technician_name,
        collaborators=seen.collaborators,
        visits_before=None if before is None else before.visits,
        expected=None if expected is None else SlotAnswer(start=expected[0], end=expected[1]),
        destination=None if goal is None else PointAnswer(lat=goal.lat, lon=goal.lon),
        position=None
        if place is None
        else SeenPositionAnswer(
            lat=place.point.lat,
            lon=place.point.lon,
            recorded_at=place.recorded_at,
            age_s=place.age_s,
            accuracy_m=place.accuracy_m,
        ),
        distance_m=seen.distance_m,
        eta_s=seen.eta_s,
        server_now=seen.seen_at,
        next_look_s=_MOVING_S if seen.stage is Stage.ON_THE_WAY else _WAITING_S,
    )
