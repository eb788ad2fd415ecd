"""The offer ladder: who is asked when, if no technician accepts, and what happens then. Pure computation.

What already happened stands at its foot. Above it come the technicians who would be asked, by the store's policy and
their present distance, each until the time to answer is over.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from geo_assign.dispatch.searching import parallel_limit, ring_at
from geo_assign.workforce.store_settings import StoreSettings
from geo_assign.workorders.domain import Offer, OfferState

Outcome = Literal["offered", "accepted", "rejected", "expired", "withdrawn", "planned"]
Then = Literal["alarm", "nobody_left"]


@dataclass(frozen=True, slots=True)
class NextTechnician:
    """A technician who could be asked, and how far away, in metres."""

    technician_id: UUID
    name: str
    distance_m: float


@dataclass(frozen=True, slots=True)
class Rung:
    """One technician, asked or to be asked. `until` is when the answer came, or when the time for it is over."""

    technician_id: UUID
    name: str
    distance_m: float | None
    starts_at: datetime
    until: datetime
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class End:
    """What happens once all technicians on the ladder were asked in vain."""

    at: datetime
    then: Then


@dataclass(frozen=True, slots=True)
class Ladder:
    """The rungs from the first technician asked; `end` is None where no other is going to be asked.

    `by_itself`: the service asks without being told to. `truncated`: there are more technicians than are shown.
    """

    rungs: tuple[Rung, ...]
    end: End | None
    by_itself: bool
    truncated: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class LadderSearch:
    """What a ladder is computed from: the store's rules, when the search began, who was asked, who could be.

    `people` come in the order in which they would be asked.
    """

    settings: StoreSettings
    started_at: datetime
    at: datetime
    offers: Sequence[Offer] = ()
    people: Sequence[NextTechnician] = ()

    @property
    def declined(self) -> int:
        """How many technicians automation asked in vain."""
        return len({offer.technician_id for offer in self.offers if offer.automatic and offer.was_declined})


@dataclass(slots=True)
class _Climb:
    """The state of going up: who is left, how many may still be asked, and when those who are asked are done."""

    search: LadderSearch
    left: list[NextTechnician]
    allowed: float
    busy_until: list[datetime] = field(default_factory=list)
    planned: list[Rung] = field(default_factory=list)

    def run(self) -> None:
        at = self.search.at
        while self.left and self.allowed > 0:
            if len(self.busy_until) >= parallel_limit(self.search.settings):
                at = max(at, heappop(self.busy_until))
            ring = ring_at(self.search.settings, self.search.started_at, at)
            person = next((one for one in self.left if one.distance_m <= ring.radius_m), None)
            if person is not None:
                self._ask(person, at)
            elif ring.widens_at is not None:
                at = ring.widens_at
            else:
                return

    def _ask(self, person: NextTechnician, at: datetime) -> None:
        until = at + self.search.settings.tat
        self.left.remove(person)
        self.allowed -= 1
        heappush(self.busy_until, until)
        rung = Rung(person.technician_id, person.name, person.distance_m, at, until, "planned")
        self.planned.append(rung)


def climb(search: LadderSearch, *, zone: ZoneInfo, by_itself: bool, truncated: bool = False) -> Ladder:
    """The ladder of a search, supposing that no technician accepts."""
    past = tuple(_past(offer) for offer in search.offers)
    waiting = [offer.expires_at for offer in search.offers if offer.state is OfferState.OFFERED]
    limit = search.settings.offers_before_alarm
    allowed = float("inf") if limit is None else limit - search.declined - len(waiting)
    going = _Climb(search, list(search.people), allowed, sorted(waiting))
    going.run()
    rungs = (*past, *going.planned)
    alarmed = limit is not None and search.declined + len(waiting) + len(going.planned) >= limit
    end = _end(search, rungs, "alarm" if alarmed else "nobody_left")
    ladder = Ladder(rungs, end, by_itself=by_itself, truncated=truncated and not alarmed, sentence="")
    return replace(ladder, sentence=_sentence(ladder, at=search.at, zone=zone))


def closed_ladder(offers: Sequence[Offer], sentence: str) -> Ladder:
    """The ladder of work that is not going to be offered any more: what happened, and why it ends there."""
    return Ladder(tuple(_past(offer) for offer in offers), None, by_itself=False, truncated=False, sentence=sentence)


def _past(offer: Offer) -> Rung:
    until = offer.responded_at or offer.expires_at
    name, distance_m = offer.technician_name, offer.distance_m
    return Rung(offer.technician_id, name, distance_m, offer.offered_at, until, offer.state.value)


def _end(search: LadderSearch, rungs: Sequence[Rung], then: Then) -> End:
    last = max((rung.until for rung in rungs), default=search.at)
    if then == "nobody_left":
        last = max(last, _widest_from(search))
    return End(last, then)


def _widest_from(search: LadderSearch) -> datetime:
    """When the search reaches as far as it ever will: before that, a technician farther away may still turn up."""
    at = search.started_at
    while (widens_at := ring_at(search.settings, search.started_at, at).widens_at) is not None:
        at = widens_at
    return at


_NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve")
_THEN = {"alarm": "then the dispatcher is alarmed", "nobody_left": "then none is left"}


def _sentence(ladder: Ladder, *, at: datetime, zone: ZoneInfo) -> str:
    assert ladder.end is not None
    tried = len({rung.technician_id for rung in ladder.rungs if rung.outcome != "withdrawn"})
    if not tried:
        return "No technician can be asked now."
    number = _NUMBERS[tried] if tried < len(_NUMBERS) else str(tried)
    technicians = "technician" if tried == 1 else "technicians"
    said = f"{number} {technicians} tried by {_clock(ladder.end.at, at, zone)}, {_THEN[ladder.end.then]}."
    if ladder.by_itself or not any(rung.outcome == "planned" for rung in ladder.rungs):
        return said
    return f"If you ask for it: {said[0].lower()}{said[1:]}"


def _clock(instant: datetime, at: datetime, zone: ZoneInfo) -> str:
    """The time of day in the store's zone, with the date unless it is today's."""
    local = instant.astimezone(zone)
    days = local.date() - at.astimezone(zone).date()
    if days == timedelta(0):
        return f"{local:%H:%M}"
    return f"{local:%H:%M} tomorrow" if days == timedelta(days=1) else f"{local:%H:%M} on {local:%Y-%m-%d}"
