"""The ways between a wanted place and where technicians are before and after, by a router or over the straight line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from geo_assign.core.deadlines import Deadline
from geo_assign.core.geo import Point, road_s
from geo_assign.matching.domain import RoutingNote
from geo_assign.routing.domain import Drive, DriveAnswer, RouterChoice
from geo_assign.routing.finder import DriveFinder

MOST_ASKED = 400
"""Places of which a router is asked, the nearest; the ways of the others are estimated."""


@dataclass(frozen=True, slots=True)
class Ends:
    """Where ways may begin and end, each place once, nearest first."""

    before: Sequence[Point]
    after: Sequence[Point]


@dataclass(frozen=True, slots=True)
class Ways:
    """Seconds `to` the wanted place and `back` from there, as a router told them; those of other places are estimated.

    The factors are what a store's drives have taught: of the router's seconds, and of the straight line's estimates.
    None: nothing yet.
    """

    to: Mapping[Point, float] = field(default_factory=dict)
    back: Mapping[Point, float] = field(default_factory=dict)
    note: RoutingNote | None = None
    router_factor: float | None = None
    line_factor: float | None = None

    @property
    def factor(self) -> float | None:
        """The one of the times that most ways have."""
        by_road = self.note is not None and self.note.problem is None
        return self.router_factor if by_road else self.line_factor

    def to_s(self, place: Point | None, line_m: float | None) -> float | None:
        """Seconds from there; None: the straight line's bare estimate."""
        return self._seconds(self.to, place, line_m)

    def from_s(self, place: Point | None, line_m: float | None) -> float | None:
        """The same on the way back."""
        return self._seconds(self.back, place, line_m)

    def _seconds(self, told: Mapping[Point, float], place: Point | None, line_m: float | None) -> float | None:
        if place is not None and place in told:
            return told[place] * (self.router_factor or 1.0)
        return None if line_m is None or self.line_factor is None else road_s(line_m) * self.line_factor


BY_LINE = Ways()


def ask_ways(finder: DriveFinder, router: RouterChoice, wanted: Point, ends: Ends, *, estimates: Ways) -> Ways:
    """The ways by road, both directions within the router's one deadline; no transaction may be open.

    Where the router fails, in whatever way, all of them are the straight line's, and the note says why.
    """
    deadline = Deadline(router.deadline_s)
    before, after = ends.before[:MOST_ASKED], ends.after[:MOST_ASKED]
    to = finder.ask_drives(router, before, wanted, deadline=deadline)
    back = finder.ask_drives_from(router, wanted, after, deadline=deadline) if to.problem is None else DriveAnswer()
    note = _note(router, to, back)
    told = ({}, {}) if note.problem is not None else (_told(before, to), _told(after, back))
    return Ways(*told, note, estimates.router_factor, estimates.line_factor)


def _told(places: Sequence[Point], answer: DriveAnswer) -> dict[Point, float]:
    cells = zip(places, answer.drives, strict=True)
    return {place: cell.seconds for place, cell in cells if isinstance(cell, Drive)}


def _note(router: RouterChoice, *answers: DriveAnswer) -> RoutingNote:
    cells = [cell for answer in answers for cell in answer.drives]
    return RoutingNote(
        router=router.name,
        asked=len(cells),
        requests=sum(answer.requests for answer in answers),
        kept=sum(answer.kept for answer in answers),
        without_drive=sum(not isinstance(cell, Drive) for cell in cells),
        problem=next((answer.problem for answer in answers if answer.problem is not None), None),
    )
