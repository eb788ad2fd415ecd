"""The list of work orders, as a dispatcher filters and sorts it."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from geo_assign.access.domain import Caller
from geo_assign.http.operations import OWN_WORK, Call, Reply, Routes
from geo_assign.http.routes.work_order_models import WorkOrderAnswer, work_order_answer
from geo_assign.http.schemas import CommaList, Instant, Listing, PageQuery
from geo_assign.workorders.domain import Bucket, Kind, PendingReason, State
from geo_assign.workorders.queries.listing import Sort, WorkOrderFilter, list_work_orders

routes = Routes("Work orders")


class WorkOrdersQuery(PageQuery):
    """Which work orders, and in which order; several of one kind are separated by commas."""

    state: Annotated[CommaList[State], Field(default_factory=list, description="Any of these states.")]
    bucket: Annotated[CommaList[Bucket], Field(default_factory=list, description="Any of these lists of a dispatcher.")]
    pending_reason: Annotated[
        CommaList[PendingReason], Field(default_factory=list, description="Pending for any of these reasons.")
    ]
    store_id: UUID | None = None
    group_id: UUID | None = None
    kind: Kind | None = None
    external_id: str | None = Field(None, max_length=200)
    technician_id: UUID | None = Field(None, description="Who has, had, or is asked for the work.")
    skill: str | None = Field(None, max_length=63, description="A skill that it needs.")
    slot_from: Instant | None = Field(None, description="Its slot ends after this.")
    slot_to: Instant | None = Field(None, description="Its slot begins before this.")
    q: str | None = Field(
        None,
        max_length=200,
        description="Words of its number, customer, address, device, notes or external id; all are found.",
    )
    has_location: bool | None = None
    alarm: bool | None = Field(None, description="Whether it carries an alarm.")
    for_me: bool = Field(False, description="Only what a group sent back to you.")
    updated_since: Instant | None = Field(None, description="Changed then or later; sorted by `updated_at`.")
    created_from: Instant | None = Field(None, description="Created then or later.")
    created_to: Instant | None = Field(None, description="Created before this.")
    sort: Sort | None = Field(
        None,
        description="`created_at` if not given; `-` in front turns it round. What is alike comes oldest first. "
        "`relevance`: the order whose number is `q`, then the newest.",
    )

    def order(self) -> Sort:
        """What is asked for; else by the last change where changes are asked for: what changes again comes again."""
        return self.sort or ("created_at" if self.updated_since is None else "updated_at")

    def wanted(self, caller: Caller) -> WorkOrderFilter:
        """The filter that `caller` asks for."""
        return WorkOrderFilter(
            states=self.state,
            store_id=self.store_id,
            group_id=self.group_id,
            kind=self.kind,
            external_id=self.external_id,
            buckets=self.bucket,
            pending_reasons=self.pending_reason,
            technician_id=self.technician_id,
            skill=self.skill,
            slot_from=self.slot_from,
            slot_to=self.slot_to,
            text=self.q,
            has_location=self.has_location,
            alarm=self.alarm,
            returned_to=caller.id if self.for_me else None,
            updated_since=self.updated_since,
            created_from=self.created_from,
            created_to=self.created_to,
        )


class WorkOrderListing(Listing[WorkOrderAnswer]):
    """A page of work orders. `count`, on the first page, is how many there are on all pages; null on the others.

    There are more where `count_is_at_least`: no more than 1,000 are counted.
    """

    count: int | None = None
    count_is_at_least: bool = False


@routes.get("/v1/work-orders", access=OWN_WORK, query=WorkOrdersQuery, answer=WorkOrderListing, replica=True)
def list_orders(call: Call[WorkOrdersQuery, None]) -> Reply:
    """List work orders.

    Those of your scope, oldest first unless sorted otherwise. The first page says how many there are, up to 1,000.
    """
    query = call.query
    with call.transaction() as tx:
        page = list_work_orders(
            tx,
            call.caller.scope,
            query.wanted(call.caller),
            limit=query.limit,
            cursor=query.cursor,
            sort=query.order(),
            counted=True,
        )
    items = [work_order_answer(order) for order in page.items]
    return Reply(
        WorkOrderListing.model_construct(
            items=items, next_cursor=page.next_cursor, count=page.count, count_is_at_least=page.count_is_at_least
        )
    )
