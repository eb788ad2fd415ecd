"""A dispatcher's day for tests: the geography is drawn, people have letters, and time stands still until told.

    day.map('''
        A . J . . B
    ''', step_m=500)

Technicians are the letters A to I, jobs J to Z; one character is one step. The clock is recorded: `day.later("3 min")`.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import text

from geo_assign.access.commands.organizations import create_organization
from geo_assign.access.domain import EVERYTHING, ActorKind, Caller, Role, Scope
from geo_assign.core.clock import RecordedClock
from geo_assign.core.db import Database
from geo_assign.core.geo import Point
from geo_assign.dispatch.commands import answering, assigning, duty, orders, progress
from geo_assign.dispatch.commands.crews import change_crew
from geo_assign.dispatch.flows import DispatchService, GeocodeRequest
from geo_assign.dispatch.ladder import Ladder
from geo_assign.dispatch.queries import get_ladder
from geo_assign.geocoding.domain import GeocodeProblem, GeocodeResult, ProblemCode
from geo_assign.positions.commands import record
from geo_assign.positions.domain import Batch, Ping
from geo_assign.receipts.queries import get_decision
from geo_assign.workforce.commands.groups import NewGroup, create_group
from geo_assign.workforce.commands.providers import NewProvider, create_provider
from geo_assign.workforce.commands.stores import NewStore, create_store, set_store_settings
from geo_assign.workforce.commands.technicians import NewTechnician, create_technician
from geo_assign.workforce.commands.time_off import add_time_off
from geo_assign.workforce.domain import TimeOff
from geo_assign.workforce.store_settings import StoreSettings
from geo_assign.workorders.domain import Kind, NewOrder, Offer, RejectReason, State, WorkOrder
from geo_assign.workorders.queries import HistoryEntry, get_offer, get_work_order, list_events, list_open_offers

ORIGIN = Point(lat=41.0, lon=-30.0)
NOON = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)
_M_PER_DEGREE = 111_195.0
_UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86400}
RETENTION = timedelta(days=30)


def span(text: str) -> timedelta:
    """Read a duration: 2 min, 90 s, 3 h."""
    number, unit = text.split()[:2]
    return timedelta(seconds=float(number) * _UNITS[unit])


@dataclass(frozen=True)
class Outcome:
    """What became of a job, with letters instead of ids."""

    order: WorkOrder
    technician: str | None
    excluded: Mapping[str, Any]
    ranked: Sequence[str]

    @property
    def state(self) -> State:
        return self.order.state


@dataclass
class Day:
    """One store, its people and its jobs. Everything goes through the commands that the product uses."""

    database: Database
    clock: RecordedClock
    org_id: UUID
    timezone: str = "UTC"
    places: dict[str, Point] = field(default_factory=dict)
    people: dict[str, UUID] = field(default_factory=dict)
    jobs: dict[str, UUID] = field(default_factory=dict)
    groups: dict[str, UUID] = field(default_factory=dict)
    providers: dict[str, UUID] = field(default_factory=dict)
    store_id: UUID = field(default_factory=uuid4)
    settings: dict[str, Any] = field(default_factory=dict)
    addresses: dict[str, GeocodeResult] = field(default_factory=dict)
    dispatch: DispatchService = field(init=False)

    def __post_init__(self) -> None:
        self.dispatch = DispatchService(self.database, self.geocode)

    @property
    def boss(self) -> Caller:
        """The administrator."""
        return Caller(
            org_id=self.org_id,
            kind=ActorKind.USER,
            id=self.org_id,
            name="Boss",
            role=Role.ADMINISTRATOR,
            scope=EVERYTHING,
        )

    def open(self, **settings: Any) -> "Day":
        """Open the store at the origin."""
        self.settings = settings
        with self.database.transaction(self.org_id) as tx:
            create_organization(tx, slug=f"org-{self.org_id.hex[:8]}", name="Test")
            new = NewStore(name="Store", slug="store", timezone=self.timezone, location=ORIGIN)
            create_store(tx, self.boss, new, store_id=self.store_id)
        self.set(**settings)
        return self

    def set(self, **settings: Any) -> None:
        """Change the store's settings."""
        self.settings |= settings
        with self.database.transaction(self.org_id) as tx:
            set_store_settings(tx, self.boss, self.store_id, settings=StoreSettings(**self.settings))

    def map(self, drawing: str, *, step_m: float) -> None:
        """Read places from a drawing: rows go south, columns east, `step_m` metres each."""
        rows = [line for line in drawing.splitlines() if line.strip()]
        indent = min(len(row) - len(row.lstrip()) for row in rows)
        for down, row in enumerate(rows):
            for column, letter in enumerate(row[indent:]):
                if letter.isalpha():
                    self.places[letter] = shifted(ORIGIN, east_m=column / 2 * step_m, south_m=down * step_m)

    def technician(
        self,
        letter: str,
        *,
        last_ping: str | None = "0 s ago",
        on_duty: bool = True,
        booked: str | None = None,
        skills: Sequence[str] = (),
        hours: Any = None,
        group: str | None = None,
        time_off: str | None = None,
        home: bool = False,
        provider: str | None = None,
    ) -> UUID:
        """Hire a technician who is at this letter of the map. `last_ping` None: the phone never reported."""
        new = NewTechnician(
            name=letter,
            store_id=self.store_id,
            slug=letter.lower(),
            skills=tuple(skills),
            hours=hours,
            home=self.places[letter] if home else None,
            group_ids=(self.group(group),) if group else (),
            provider_id=self.providers[provider] if provider else None,
        )
        with self.database.transaction(self.org_id) as tx:
            self.people[letter] = create_technician(tx, self.boss, new).id
        started = self.clock.now()
        if last_ping is not None:
            ago = span(last_ping.removesuffix(" ago"))
            self.clock.advance(-ago)
            self.ping(letter)
            self.clock.set(started)
        elif on_duty:
            self.on_duty(letter)
        if not on_duty:
            self.off_duty(letter)
        if booked:
            self.book(letter, booked)
        if time_off:
            start, end = self.slot(time_off)
            with self.database.transaction(self.org_id) as tx:
                span_off = TimeOff(uuid4(), self.people[letter], starts_at=start, ends_at=end, note=None)
                add_time_off(tx, self.boss, span_off)
        return self.people[letter]

    def provider(self, name: str, *, base: str | None = None, groups: Sequence[str] = (), **more: Any) -> UUID:
        """Work with an external company; `base` is a letter on the map."""
        new = NewProvider(
            name=name,
            base=self.places[base] if base else None,
            group_ids=tuple(self.group(group) for group in groups),
            **more,
        )
        with self.database.transaction(self.org_id) as tx:
            self.providers[name] = create_provider(tx, self.boss, new).id
        return self.providers[name]

    def group(self, name: str) -> UUID:
        if name not in self.groups:
            with self.database.transaction(self.org_id) as tx:
                new = NewGroup(name=name, slug=name, store_id=self.store_id)
                self.groups[name] = create_group(tx, self.boss, new).id
        return self.groups[name]

    def ping(self, letter: str, at: Point | None = None, **measured: Any) -> None:
        """A position now, on duty."""
        self.on_duty(letter)
        point = at or self.places[letter]
        ping = Ping(recorded_at=self.clock.now(), lat=point.lat, lon=point.lon, **measured)
        with self.database.transaction(self.org_id) as tx:
            written = record(tx, [Batch(self.people[letter], "phone", [ping])], retention=RETENTION)
            duty.positions_returned(tx, written.returned, at=written.received_at)

    def on_duty(self, letter: str) -> None:
        with self.database.transaction(self.org_id) as tx:
            duty.go_on_duty(tx, self.people[letter])

    def off_duty(self, letter: str) -> None:
        self.dispatch.go_off_duty(self.as_(letter), self.people[letter])

    def book(self, letter: str, slot: str, *, at: str | None = None) -> UUID:
        """Fill a technician's time with other work, at the technician's own letter or another place."""
        name = f"booked-{letter}-{slot}"
        start, end = self.slot(slot)
        new = NewOrder(
            kind=Kind.LEAD,
            store_id=self.store_id,
            customer={"name": name},
            location=self.places[at or letter],
            slot_start=start,
            slot_end=end,
            assignee_id=self.people[letter],
        )
        order, _ = self.dispatch.create(self.boss, new, None)
        assert order.state is State.ASSIGNED, order
        return order.id

    def lead(self, letter: str, *, slot: str | None = None, address: str | None = None, **more: Any) -> Outcome:
        """Post a lead at its place on the map, or with an address."""
        return self._post(Kind.LEAD, letter, slot, address, **more)

    def ticket(self, letter: str, *, slot: str | None = None, address: str | None = None, **more: Any) -> Outcome:
        """Take a ticket in, at its place on the map if it has one."""
        return self._post(Kind.TICKET, letter, slot, address, **more)

    def _post(self, kind: Kind, letter: str, slot: str | None, address: str | None, **more: Any) -> Outcome:
        start, end = self.slot(slot) if slot else (None, None)
        if "assignee" in more:
            more["assignee_id"] = self.people[more.pop("assignee")]
        if "group" in more:
            more["group_id"] = self.group(more.pop("group"))
        new = NewOrder(
            kind=kind,
            store_id=self.store_id,
            customer={"name": f"Customer {letter}"},
            address=address,
            location=None if address else self.places.get(letter),
            slot_start=start,
            slot_end=end,
            **more,
        )
        order, _ = self.dispatch.create(self.boss, new, None)
        self.jobs[letter] = order.id
        return self.outcome(letter)

    auto_assign = lead

    def evaluate(self, letter: str, *, forced: bool = False) -> Outcome:
        self.dispatch.evaluate(self.org_id, self.jobs[letter], forced=forced)
        return self.outcome(letter)

    def outcome(self, letter: str) -> Outcome:
        """How a job stands, with its last receipt."""
        with self.database.transaction(self.org_id) as tx:
            order = get_work_order(tx, EVERYTHING, self.jobs[letter])
            decision = get_decision(tx, EVERYTHING, order.decision_id) if order.decision_id else None
        holder = order.technician_id or (order.offer.technician_id if order.offer else None)
        excluded = {
            self.letter(person["technician_id"]): _only([reason["code"] for reason in person["reasons"]])
            for person in (decision.excluded if decision else ())
        }
        ranked = [self.letter(person["technician_id"]) for person in (decision.candidates if decision else ())]
        return Outcome(order, self.letter(holder) if holder else None, excluded, ranked)

    def offer(self, letter: str) -> Offer:
        """The open offer of a job."""
        with self.database.transaction(self.org_id) as tx:
            order = get_work_order(tx, EVERYTHING, self.jobs[letter])
            assert order.offer is not None, order
            return get_offer(tx, order.offer.id)

    def offers(self, job: str) -> dict[str, Offer]:
        """The open offers of a job, by letter, the oldest first."""
        with self.database.transaction(self.org_id) as tx:
            found = list_open_offers(tx, work_order_id=self.jobs[job])
        return {self.letter(offer.technician_id): offer for offer in found}

    def ladder(self, job: str) -> Ladder:
        with self.database.transaction(self.org_id) as tx:
            return get_ladder(tx, EVERYTHING, self.jobs[job])

    def sweep(self) -> list[str]:
        """The worker's work at this moment of the clock: the jobs that it looked at again, in its order."""
        with self.database.transaction(self.org_id) as tx:
            now = {"now": tx.now()}
            expired = text("SELECT id FROM offers WHERE state = 'offered' AND expires_at <= :now")
            overdue = tx.conn.execute(expired, now).all()
        for row in overdue:
            self.dispatch.expire(self.org_id, row.id)
        with self.database.transaction(self.org_id) as tx:
            waiting = text(
                "SELECT id FROM work_orders WHERE evaluate_due_at <= :now ORDER BY priority DESC, created_at"
            )
            due = tx.conn.execute(waiting, now).all()
        for row in due:
            self.dispatch.evaluate(self.org_id, row.id)
        names = {order_id: letter for letter, order_id in self.jobs.items()}
        return [names[row.id] for row in due]

    def accept(self, letter: str, offer: Offer) -> Offer:
        with self.database.transaction(self.org_id) as tx:
            return answering.accept(tx, self.as_(letter), offer.id)

    def reject(self, letter: str, offer: Offer, reason: RejectReason = RejectReason.OTHER) -> Offer:
        return self.dispatch.reject(self.as_(letter), offer.id, reason)

    def expire(self, offer: Offer) -> bool:
        return self.dispatch.expire(self.org_id, offer.id)

    def assign(
        self,
        job: str,
        letter: str,
        *,
        along: str = "",
        mode: assigning.Mode = "assign",
        version: int | None = None,
    ) -> WorkOrder:
        """Choose a technician by hand; `along` are the letters of the collaborators."""
        with self.database.transaction(self.org_id) as tx:
            person, crew = self.people[letter], [self.people[one] for one in along]
            return assigning.assign(
                tx, self.boss, self.jobs[job], person, mode=mode, version=version, collaborator_ids=crew
            )

    def change_crew(self, job: str, along: str) -> WorkOrder:
        """Say who comes along, by letters."""
        with self.database.transaction(self.org_id) as tx:
            people = [self.people[letter] for letter in along]
            return change_crew(tx, self.boss, self.jobs[job], people, version=None)

    def step(self, job: str, letter: str, state: State) -> WorkOrder:
        """The technician says where the work stands."""
        with self.database.transaction(self.org_id) as tx:
            return progress.advance(tx, self.as_(letter), self.jobs[job], state)

    def cancel(self, job: str) -> WorkOrder:
        with self.database.transaction(self.org_id) as tx:
            return orders.cancel(tx, self.boss, self.jobs[job], reason="test")

    def history(self, job: str) -> list[str]:
        """The kinds of a job's events."""
        with self.database.transaction(self.org_id) as tx:
            return [entry.kind for entry in list_events(tx, self.jobs[job], limit=200).items]

    def convert(self, job: str, letter: str) -> Outcome:
        """Make a ticket of a lead; from then on it is called `letter`."""
        self.jobs[letter] = self.dispatch.convert(self.boss, self.jobs[job], None).id
        return self.outcome(letter)

    def last_event(self, job: str) -> HistoryEntry:
        """The newest entry of a job's history."""
        with self.database.transaction(self.org_id) as tx:
            return list_events(tx, self.jobs[job], limit=200).items[-1]

    def later(self, text: str) -> None:
        self.clock.advance(span(text))

    def slot(self, text: str) -> tuple[datetime, datetime]:
        """Read a slot: 09:00-10:00 today in the store's zone, or tomorrow 09:00-10:00; 23:00-00:30 crosses midnight."""
        found = re.fullmatch(r"(tomorrow )?(\d\d:\d\d)-(\d\d:\d\d)", text)
        assert found, text
        zone = ZoneInfo(self.timezone)
        day = self.clock.now().astimezone(zone).date() + timedelta(days=1 if found[1] else 0)
        first, last = (datetime.combine(day, time.fromisoformat(clock), zone) for clock in (found[2], found[3]))
        if last <= first:
            last += timedelta(days=1)
        return first.astimezone(UTC), last.astimezone(UTC)

    def as_(self, letter: str) -> Caller:
        """The technician as a caller."""
        return Caller(
            org_id=self.org_id,
            kind=ActorKind.TECHNICIAN,
            id=self.people[letter],
            name=letter,
            role=Role.TECHNICIAN,
            scope=Scope(technician_id=self.people[letter]),
            technician_id=self.people[letter],
        )

    def letter(self, technician_id: Any) -> str:
        wanted = UUID(str(technician_id))
        return next(letter for letter, person in self.people.items() if person == wanted)

    def job(self, order_id: UUID) -> str:
        """What a work order is called here."""
        return next(name for name, one in self.jobs.items() if one == order_id)

    def geocode(self, request: GeocodeRequest) -> GeocodeResult:
        """The test's geocoder: knows what `addresses` says."""
        missing = GeocodeResult(problem=GeocodeProblem(ProblemCode.NOT_FOUND, "unknown here"))
        return self.addresses.get(request.address.text, missing)


def shifted(point: Point, *, east_m: float = 0.0, south_m: float = 0.0) -> Point:
    """A point so many metres away; good to a few per mille over some kilometres."""
    return Point(
        lat=point.lat - south_m / _M_PER_DEGREE,
        lon=point.lon + east_m / (_M_PER_DEGREE * math.cos(math.radians(point.lat))),
    )


def _only(codes: list[str]) -> Any:
    """One reason reads as itself, several as a set."""
    return codes[0] if len(codes) == 1 else set(codes)
