"""`geo-assign replay`: run recorded pings and leads through the service's own commands, on the recorded clock.

Each lead is offered and accepted at once. The choice is compared with that of an independent brute force.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import quantiles
from time import monotonic
from uuid import UUID

import click
from rich.console import Console
from rich.progress import Progress

from geo_assign.access.commands.organizations import create_organization
from geo_assign.access.domain import EVERYTHING, ActorKind, Caller, Role, Scope, system_caller
from geo_assign.core.clock import RecordedClock
from geo_assign.core.db import Database, Defaults, Tx
from geo_assign.core.geo import Point
from geo_assign.core.ids import new_id
from geo_assign.core.settings import Settings
from geo_assign.dispatch.commands.answering import accept
from geo_assign.dispatch.commands.duty import positions_returned
from geo_assign.dispatch.flows import DispatchService, GeocodeRequest
from geo_assign.geocoding.domain import GeocodeProblem, GeocodeResult, ProblemCode
from geo_assign.positions.commands import record
from geo_assign.positions.domain import Batch, Ping
from geo_assign.positions.tasks import ensure_track
from geo_assign.simulate.recording import (
    RecordedLead,
    RecordedPing,
    RecordingError,
    count_rows,
    in_order,
    read_leads,
    read_pings,
)
from geo_assign.simulate.reference import ExpectedChoice, Reference, Vehicle
from geo_assign.workforce.commands.duty import end_duty, start_duty
from geo_assign.workforce.commands.stores import NewStore, create_store, set_store_settings
from geo_assign.workforce.commands.technicians import NewTechnician, create_technician
from geo_assign.workforce.store_settings import StoreSettings
from geo_assign.workorders.domain import Kind, NewOrder, State, WorkOrder
from geo_assign.workorders.queries import count_overlapping_bookings

VISIT = timedelta(minutes=15)
_RETENTION = timedelta(days=3)
_PINGS_PER_TRANSACTION = 2_000
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@dataclass(frozen=True, slots=True)
class ReplayedLead:
    """The choice for one lead. `position_time` is that of the deciding position; `equal`: the reference agrees."""

    lead: RecordedLead
    vehicle: str | None
    distance_m: float | None
    position_time: datetime | None
    equal: bool


@dataclass
class ReplayReport:
    """The result of a replay."""

    leads: list[ReplayedLead] = field(default_factory=list)
    pings: int = 0
    overlaps: int = 0
    seconds: float = 0.0

    def figures(self) -> Iterator[tuple[str, str]]:
        """Yield each figure's name and value as text."""
        distances = sorted(one.distance_m for one in self.leads if one.distance_m is not None)
        tenths = quantiles(distances, n=10, method="inclusive") if len(distances) > 1 else [0.0] * 9
        count = len(self.leads)
        yield "leads", f"{count}"
        yield "offers", f"{sum(one.vehicle is not None for one in self.leads)}"
        yield "equal choices", f"{sum(one.equal for one in self.leads)} of {count}"
        yield "overlaps", f"{self.overlaps}"
        yield "distance p50", f"{tenths[4]:.0f} m"
        yield "distance p90", f"{tenths[8]:.0f} m"
        yield "positions", f"{self.pings}, {self.pings / max(self.seconds, 1e-9):.0f} a second"
        yield "leads a second", f"{count / max(self.seconds, 1e-9):.1f}"


class Replay:
    """One recorded day in an organization of its own."""

    def __init__(self, database: Database, clock: RecordedClock, vehicles: Iterable[str], middle: Point) -> None:
        self.database, self.clock = database, clock
        self.org_id, self.store_id = new_id(), new_id()
        self.dispatch = DispatchService(database, _no_geocoder)
        self.settings = StoreSettings()
        self.reference = Reference(timedelta(seconds=self.settings.freshness_s), self.settings.radius_m)
        self.report = ReplayReport()
        self._waiting: list[RecordedPing] = []
        self._names: dict[UUID, str] = {}
        self._open(vehicles, middle)

    def process(self, event: RecordedPing | RecordedLead) -> None:
        """Process the next event of the day."""
        if isinstance(event, RecordedLead):
            self.flush()
            self._lead(event)
            return
        self._waiting.append(event)
        if len(self._waiting) >= _PINGS_PER_TRANSACTION:
            self.flush()

    def flush(self) -> None:
        """Record the waiting pings in one transaction, each change of duty at its own time."""
        pings, self._waiting = self._waiting, []
        if pings:
            self.database.run(self.org_id, partial(self._record, pings=pings))
            self.report.pings += len(pings)

    def finish(self) -> ReplayReport:
        """Record the remaining pings, count overlapping bookings, and return the report."""
        self.flush()
        with self.database.transaction(self.org_id) as tx:
            self.report.overlaps = count_overlapping_bookings(tx)
        return self.report

    def _open(self, vehicles: Iterable[str], middle: Point) -> None:
        administrator = Caller(
            org_id=self.org_id,
            kind=ActorKind.USER,
            id=self.org_id,
            name="replay",
            role=Role.ADMINISTRATOR,
            scope=EVERYTHING,
        )
        with self.database.transaction(self.org_id) as tx:
            create_organization(tx, slug=f"replay-{self.org_id.hex[-12:]}", name="Replay")
            store = NewStore(name="Replay", slug="replay", timezone="UTC", location=middle)
            create_store(tx, administrator, store, store_id=self.store_id)
            set_store_settings(tx, administrator, self.store_id, settings=self.settings)
            for name in sorted(vehicles):
                new = NewTechnician(name=name, store_id=self.store_id)
                vehicle = Vehicle(create_technician(tx, administrator, new).id)
                self.reference.vehicles[name] = vehicle
                self._names[vehicle.id] = name

    def _record(self, tx: Tx, *, pings: list[RecordedPing]) -> None:
        batches: dict[UUID, list[Ping]] = {}
        for ping in pings:
            vehicle = self.reference.vehicles[ping.vehicle]
            if vehicle.on_duty is ping.occupied:
                self.clock.set(ping.at)
                (end_duty if ping.occupied else start_duty)(tx, vehicle.id)
            self.reference.record(ping)
            sent = Ping(recorded_at=ping.at, lat=ping.point.lat, lon=ping.point.lon)
            batches.setdefault(vehicle.id, []).append(sent)
        self.clock.set(pings[-1].at)
        sent_together = [Batch(vehicle_id, "", sent) for vehicle_id, sent in batches.items()]
        written = record(tx, sent_together, retention=_RETENTION)
        positions_returned(tx, written.returned, at=written.received_at)

    def _lead(self, lead: RecordedLead) -> None:
        self.clock.set(lead.at)
        start, end = lead.at, lead.at + VISIT
        expected = self.reference.choose(lead.point, start, end)
        new = NewOrder(
            kind=Kind.LEAD,
            store_id=self.store_id,
            customer={"name": "recorded"},
            location=lead.point,
            slot_start=start,
            slot_end=end,
        )
        order, _ = self.dispatch.create(system_caller(self.org_id), new, None)
        chosen = self._accept(order)
        if chosen is not None:
            self.reference.book(chosen, start, end)
        self.report.leads.append(self._compared(lead, order, chosen, expected))

    def _accept(self, order: WorkOrder) -> UUID | None:
        if order.state is not State.OFFERED or order.offer is None:
            return None
        offer, technician_id = order.offer, order.offer.technician_id
        caller = Caller(
            org_id=self.org_id,
            kind=ActorKind.TECHNICIAN,
            id=technician_id,
            name=offer.technician_name,
            role=Role.TECHNICIAN,
            scope=Scope(technician_id=technician_id),
            technician_id=technician_id,
        )
        self.database.run(self.org_id, lambda tx: accept(tx, caller, offer.id))
        return technician_id

    def _compared(
        self, lead: RecordedLead, order: WorkOrder, chosen: UUID | None, expected: ExpectedChoice | None
    ) -> ReplayedLead:
        equal = chosen == (expected.vehicle_id if expected else None)
        if chosen is None:
            return ReplayedLead(lead, None, None, None, equal)
        name = self._names[chosen]
        last = self.reference.vehicles[name].last
        distance_m = order.offer.distance_m if order.offer else None
        return ReplayedLead(lead, name, distance_m, last[0] if last else None, equal)


@click.command()
@click.option("--positions", type=_FILE, required=True, help="CSV: unix_time,cab,lat,lon,occupied; .gz is read too.")
@click.option("--leads", type=_FILE, required=True, help="CSV: unix_time,lat,lon; .gz is read too.")
@click.option("--every", type=click.IntRange(1), default=1, show_default=True, help="Take each so-many-th lead.")
@click.option("--limit", type=click.IntRange(1), help="Take at most so many leads.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write one row per lead into this CSV.")
def replay(*, positions: Path, leads: Path, every: int, limit: int | None, out: Path | None) -> None:
    """Run recorded positions and leads through the service's rules, on the recorded clock.

    Creates an organization of its own in the configured database. Stop the worker first. Every choice is compared with
    a brute-force one. A vehicle is off duty while it is occupied; leads are accepted at once.
    """
    console = Console(stderr=True)
    try:
        report = run_replay(Settings(), positions, read_leads(leads, every=every, limit=limit), console)
    except RecordingError as error:
        raise click.ClickException(str(error)) from error
    for name, value in report.figures():
        click.echo(f"{name:15} {value}")
    if out is not None:
        write_replayed_leads(out, report.leads)
    if report.overlaps or not all(one.equal for one in report.leads):
        raise click.exceptions.Exit(1)


def run_replay(settings: Settings, positions: Path, leads: Iterable[RecordedLead], console: Console) -> ReplayReport:
    """Replay a recording into a new organization."""
    wanted = list(leads)
    with Progress(console=console, transient=True) as progress:
        first_pass = progress.add_task("Reading the vehicles", total=None)
        vehicles, days, middle = _survey(positions)
        progress.update(first_pass, visible=False)
        _make_partitions(settings, days)
        clock = RecordedClock(days[0])
        database = Database(
            settings.database_url.get_secret_value(),
            pool_size=2,
            clock=clock,
            defaults=Defaults(freshness_s=settings.freshness_s),
        )
        try:
            running = Replay(database, clock, vehicles, middle)
            task = progress.add_task("Replaying", total=count_rows(positions) + len(wanted))
            began = monotonic()
            for number, event in enumerate(in_order(read_pings(positions), wanted), start=1):
                running.process(event)
                if number % 500 == 0:
                    progress.update(task, completed=number)
            running.report.seconds = monotonic() - began
            return running.finish()
        finally:
            database.close()


def write_replayed_leads(path: Path, leads: Iterable[ReplayedLead]) -> None:
    """Write one row per lead; cells are empty where no technician could go. Times are Unix seconds."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["lead_time", "lead_lat", "lead_lon", "technician", "distance_m", "position_time"])
        for one in leads:
            writer.writerow(
                [
                    _unix(one.lead.at),
                    one.lead.point.lat,
                    one.lead.point.lon,
                    one.vehicle or "",
                    "" if one.distance_m is None else f"{one.distance_m:.3f}",
                    "" if one.position_time is None else _unix(one.position_time),
                ]
            )


def _survey(positions: Path) -> tuple[set[str], tuple[datetime, datetime], Point]:
    """Return the vehicles, the first and last time, and one of the recorded places. Raises RecordingError."""
    vehicles: set[str] = set()
    first = last = None
    for ping in read_pings(positions):
        if first is None:
            first = ping
        if last is not None and ping.at < last.at:
            raise RecordingError(f"{positions.name}: rows must be sorted by time")
        vehicles.add(ping.vehicle)
        last = ping
    if first is None or last is None:
        raise RecordingError(f"{positions.name}: there are no positions")
    return vehicles, (first.at, last.at), first.point


def _make_partitions(settings: Settings, days: tuple[datetime, datetime]) -> None:
    """Make the track's partitions of the recorded days; only the worker's role or the owner may do that."""
    url = settings.worker_database_url or settings.admin_database_url
    if url is None:
        raise click.ClickException("GEO_ASSIGN_WORKER_DATABASE_URL is not set: the recorded days need partitions.")
    worker = Database(url.get_secret_value(), pool_size=1)
    try:
        with worker.across_organizations() as conn:
            ensure_track(conn, days[0].date(), days[1].date())
    finally:
        worker.close()


def _no_geocoder(_request: GeocodeRequest) -> GeocodeResult:
    return GeocodeResult(problem=GeocodeProblem(ProblemCode.MAP_KEY_MISSING, "A replay has no geocoder."))


def _unix(at: datetime) -> int:
    return int(at.timestamp())
