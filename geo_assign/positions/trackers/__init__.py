"""The formats of free phone trackers: each is read into the same positions that our own phones send."""

from geo_assign.positions.trackers.identities import identities_in
from geo_assign.positions.trackers.osmand import OSMAND
from geo_assign.positions.trackers.overland import OVERLAND
from geo_assign.positions.trackers.owntracks import OWNTRACKS
from geo_assign.positions.trackers.protocol import Heard, Ignored, Now, Sent, TrackerFormat

FORMATS = (OWNTRACKS, OSMAND, OVERLAND)

__all__ = [
    "FORMATS",
    "OSMAND",
    "OVERLAND",
    "OWNTRACKS",
    "Heard",
    "Ignored",
    "Now",
    "Sent",
    "TrackerFormat",
    "identities_in",
]
