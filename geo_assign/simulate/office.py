"""The office's side of the API: post leads, follow which technician holds which work, cancel for customers."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict

from geo_assign.simulate.client import Service
from geo_assign.simulate.demand import EXTERNAL_ID_PREFIX, Demand
from geo_assign.simulate.fleet import OPENING_S
from geo_assign.simulate.geometry import LatLon, Point
from geo_assign.simulate.loop import Loop
from geo_assign.simulate.places import FRAME
from geo_assign.simulate.technicians import SimulatedTechnician, Visit

ASSIGNMENTS_S, PATIENCE_CHECK_S = 6.0, 60.0
OPENING_GAP_S = 0.4
PATIENCE = timedelta(minutes=40)
ASSIGNED_STATES = "assigned,travelling,on_site,in_progress"
# The work takes this share of its slot.
WORK_SHARE = (0.6, 0.95)
ASAP_WORK_S = (400.0, 900.0)


class _Seen(BaseModel):
    """What the office reads of an answer; other members are passed over."""

    model_config = ConfigDict(frozen=True)


class SeenPerson(_Seen):
    """A technician on a work order."""

    id: str


class SeenSlot(_Seen):
    """When the work is to happen."""

    start: datetime
    end: datetime


class SeenPlace(_Seen):
    """Where the work is."""

    lat: float
    lon: float


class SeenOrder(_Seen):
    """A work order as the service lists it."""

    id: str
    version: int
    created_at: datetime
    external_id: str | None = None
    slot: SeenSlot | None = None
    location: SeenPlace | None = None
    assignee: SeenPerson | None = None
    collaborators: list[SeenPerson] | None = None


@dataclass
class Office:
    """All calls that are not a technician's. The token is an API key's or an administrator's."""

    loop: Loop
    client: Service
    token: str
    demand: Demand
    technicians: list[SimulatedTechnician]
    leads_per_hour: float
    opening_leads: int
    _places: dict[str, Point] = field(default_factory=dict)
    _leads: int = 0

    def begin(self) -> None:
        """Schedule the first leads, the stream of later ones, and the checks."""
        now = self.loop.pace.now_s()
        for number in range(self.opening_leads):
            self.loop.at(now + OPENING_S + number * OPENING_GAP_S, self._new_lead)
        if self.leads_per_hour > 0:
            self.loop.at(now + self.demand.gap_s(self.leads_per_hour), self._stream)
        self.loop.at(now + OPENING_S, self._follow_assignments)
        self.loop.at(now + PATIENCE_CHECK_S, self._cancel_stale_leads)

    def _stream(self, now: float) -> float:
        self._new_lead(now)
        return now + self.demand.gap_s(self.leads_per_hour)

    def _new_lead(self, now: float) -> None:
        self._leads += 1
        draft = self.demand.lead(self.loop.pace.instant(now), self._leads)
        headers = {"Idempotency-Key": str(draft.body["external_id"])}

        def step(at_s: float) -> float | None:
            reply = self.client.call("POST", "/v1/leads", token=self.token, json=draft.body, headers=headers)
            if reply.is_temporary:
                return self.loop.retry_s(at_s, reply)
            self.loop.count("leads", reply)
            if reply.is_ok and isinstance(reply.body, dict):
                self._places[str(reply.body["id"])] = draft.address.point
            return None

        self.loop.at(now, step)

    def _follow_assignments(self, now: float) -> float:
        """Give the technicians the visits that the service assigns to them, and take back those it does not."""
        orders = self._work_orders(ASSIGNED_STATES)
        if orders is not None:
            assigned = {order.id: order for order in orders}
            for technician in self.technicians:
                self._match_visits(technician, assigned, now)
        return now + ASSIGNMENTS_S

    def _match_visits(self, technician: SimulatedTechnician, assigned: dict[str, SeenOrder], now: float) -> None:
        mine = {number: order for number, order in assigned.items() if technician.id in _assigned_ids(order)}
        for lost in technician.visits.keys() - mine.keys():
            technician.drop_visit(lost, now)
        for gained in mine.keys() - technician.visits.keys():
            if visit := self._visit(mine[gained], now):
                technician.add_visit(visit)

    def _visit(self, order: SeenOrder, now: float) -> Visit | None:
        """Return the visit of a work order; None when its slot is over or its place is unknown."""
        point = self._places.get(order.id) or _point_of(order)
        if point is None:
            return None
        if order.slot is None:
            return Visit(order.id, point, None, self.loop.rng.uniform(*ASAP_WORK_S))
        start, end = order.slot.start, order.slot.end
        instant = self.loop.pace.instant(now)
        if end <= instant:
            return None
        work_s = (end - start).total_seconds() * self.loop.rng.uniform(*WORK_SHARE)
        return Visit(order.id, point, now + (start - instant).total_seconds(), work_s)

    def _cancel_stale_leads(self, now: float) -> float:
        """Cancel leads that stayed pending too long, so that a demo can run for days."""
        limit = self.loop.pace.instant(now) - PATIENCE
        for order in self._work_orders("pending") or ():
            is_ours = (order.external_id or "").startswith(EXTERNAL_ID_PREFIX)
            if is_ours and order.created_at < limit:
                self._cancel(order)
        return now + PATIENCE_CHECK_S

    def _cancel(self, order: SeenOrder) -> None:
        reply = self.client.call(
            "POST",
            f"/v1/work-orders/{order.id}/cancel",
            token=self.token,
            json={"reason": "The customer cancelled"},
            headers={"If-Match": f'"{order.version}"'},
        )
        self.loop.count("leads cancelled", reply)

    def _work_orders(self, states: str) -> list[SeenOrder] | None:
        """Return the work orders in some states; None when the service refused or failed."""
        found: list[SeenOrder] = []
        path = first = f"/v1/work-orders?state={states}&limit=200"
        while True:
            reply = self.client.call("GET", path, token=self.token)
            if not reply.is_ok or not isinstance(reply.body, dict):
                self.loop.count("work orders", reply)
                return None
            found += map(SeenOrder.model_validate, reply.items())
            if not reply.body.get("next_cursor"):
                return found
            path = f"{first}&cursor={reply.body['next_cursor']}"


def _assigned_ids(order: SeenOrder) -> set[str]:
    """Return the ids of the assignee and the collaborators."""
    people = [order.assignee, *(order.collaborators or ())]
    return {person.id for person in people if person}


def _point_of(order: SeenOrder) -> Point | None:
    return FRAME.to_plane(LatLon(order.location.lat, order.location.lon)) if order.location else None
