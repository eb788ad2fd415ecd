"""A day at a house that the geocoder puts where its pin is not."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import pytest

from geo_assign.access.domain import EVERYTHING
from geo_assign.core.geo import Point
from geo_assign.dispatch.commands import orders
from geo_assign.dispatch.flows import DispatchService, GeocodeRequest
from geo_assign.geocoding.domain import Confidence, GeocodeCandidate, GeocodeResult
from geo_assign.pins.commands import confirm_pin, reject_pin, withdraw_pin
from geo_assign.pins.domain import LearnedPin, PinState, PinVisit
from geo_assign.pins.known import find_learned_place
from geo_assign.pins.queries import get_pin, list_pins, list_visits
from geo_assign.workorders.domain import Location, State
from tests.day import ORIGIN, Day, shifted

ADDRESS = "Rua das Hortensias 17, Porto"


@dataclass
class Visits:
    """Orders at one address, and technicians who arrive so many metres east of where the geocoder puts it."""

    day: Day
    address: str = ADDRESS
    house: Point = field(default_factory=lambda: shifted(ORIGIN, east_m=500))

    def __post_init__(self) -> None:
        self.knows(self.address)
        self.day.dispatch = DispatchService(self.day.database, self._geocode)
        self.day.places["A"] = self.house
        self.day.technician("A")
        self._names = iter("JKLMNOPQRSTUVWXYZ")

    def knows(self, address: str) -> None:
        """The geocoder knows this text, too."""
        candidate = GeocodeCandidate(address, self.house, Confidence.ROOFTOP)
        self.day.addresses[address] = GeocodeResult(candidates=(candidate,), provider="test")

    def _geocode(self, request: GeocodeRequest) -> GeocodeResult:
        """As the service does: the learned pin first."""
        with self.day.database.transaction(request.org_id) as tx:
            learned = find_learned_place(tx, request.address, request.store_id)
        return learned or self.day.geocode(request)

    def at(self, east_m: float, *, south_m: float = 0.0) -> Point:
        return shifted(self.house, east_m=east_m, south_m=south_m)

    def order(self, address: str | None = None, *, assignee: str | None = "A") -> str:
        """A lead at the address that Ana has, or no one yet; returns its letter."""
        letter = next(self._names)
        chosen = {} if assignee is None else {"assignee": assignee}
        self.day.lead(letter, address=address or self.address, **chosen)
        return letter

    def arrive(self, letter: str, east_m: float, *, south_m: float = 0.0, by: str = "A", **measured: object) -> None:
        """Drive to the order, say so, and do the work."""
        self.day.step(letter, by, State.TRAVELLING)
        self.day.later("20 min")
        self.day.ping(by, self.at(east_m, south_m=south_m), **({"accuracy_m": 8.0} | measured))  # type: ignore[arg-type]
        self.day.step(letter, by, State.ON_SITE)
        self.day.step(letter, by, State.COMPLETED)

    def visit(self, east_m: float, *, address: str | None = None, **more: object) -> str:
        """An order from its creation to its end, with the technician so far from where the geocoder put it."""
        letter = self.order(address)
        self.arrive(letter, east_m, **more)  # type: ignore[arg-type]
        return letter

    def pin_by_hand(self, letter: str, east_m: float) -> None:
        with self.day.database.transaction(self.day.org_id) as tx:
            change = orders.Edit(fields={}, location=self.at(east_m))
            orders.edit(tx, self.day.boss, self.day.jobs[letter], change, version=None)

    def located(self, letter: str) -> Location:
        location = self.day.outcome(letter).order.location
        assert location is not None
        return location

    def pins(self, state: PinState | None = None) -> Sequence[LearnedPin]:
        with self.day.database.transaction(self.day.org_id) as tx:
            return list_pins(tx, EVERYTHING, state=state, limit=50).items

    def pin(self) -> LearnedPin:
        (pin,) = self.pins()
        return pin

    def seen(self, pin: LearnedPin) -> Sequence[PinVisit]:
        with self.day.database.transaction(self.day.org_id) as tx:
            return list_visits(tx, EVERYTHING, pin)

    def decide(self, what: str, pin_id: UUID) -> LearnedPin:
        act = {"confirm": confirm_pin, "reject": reject_pin, "withdraw": withdraw_pin}[what]
        with self.day.database.transaction(self.day.org_id) as tx:
            act(tx, self.day.boss, pin_id, version=None)
        with self.day.database.transaction(self.day.org_id) as tx:
            return get_pin(tx, EVERYTHING, pin_id)


@pytest.fixture
def visits(day: Day) -> Visits:
    return Visits(day)
