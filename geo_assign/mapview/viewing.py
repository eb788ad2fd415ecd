"""What of the live stream a listener is told who looks at one part of the map."""

from dataclasses import dataclass, field, replace
from uuid import UUID

from geo_assign.core.geo import BoundingBox
from geo_assign.mapview.domain import Changes
from geo_assign.mapview.queries import is_in


@dataclass(slots=True)
class PartInView:
    """Narrows changes to a view: who moves within it, and, once, who is not or no more in it."""

    view: BoundingBox
    _outside: set[UUID] = field(default_factory=set)

    def narrow(self, changes: Changes) -> Changes:
        """The same up to the same instant; work orders are told wherever they are."""
        inside = [one for one in changes.technicians if is_in(self.view, one.point)]
        seen = {one.id for one in inside}
        left = [one.id for one in changes.technicians if one.id not in seen and one.id not in self._outside]
        self._outside -= seen
        self._outside.update(left)
        return replace(changes, technicians=inside, gone=[*changes.gone, *left])
