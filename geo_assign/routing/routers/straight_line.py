"""The straight line with a speed profile: what is told where no router is, or where it does not answer."""

from geo_assign.core.geo import haversine_m, road_s
from geo_assign.routing.domain import Drive, DriveTable, Places, RouterName
from geo_assign.routing.routers.base import RouterAccess, RouterSpec


class StraightLine:
    """The time on an average town's roads for the straight line. Asks no server and knows no road."""

    def __init__(self, _access: RouterAccess) -> None:
        pass

    def drives(self, sources: Places, destinations: Places, *, deadline_s: float) -> DriveTable:
        del deadline_s  # it only computes
        lines = [[haversine_m(source, destination) for destination in destinations] for source in sources]
        return tuple(tuple(Drive(road_s(line_m), line_m) for line_m in row) for row in lines)


SPEC = RouterSpec(name=RouterName.STRAIGHT_LINE, build=StraightLine, is_remote=False, top_speed_mps=8.3 / 1.4)
