"""How tiles are found, as the application role, with 100,000 technicians in one organization."""

from geo_assign.access.domain import EVERYTHING
from geo_assign.access.viewer import scope_values
from geo_assign.core.db import Tx
from geo_assign.core.geo import Point
from geo_assign.mapview.queries import view_values
from geo_assign.mapview.statements import in_view
from geo_assign.mapview.tiles import people_on_tile
from geo_assign.mapview.tiling import Tile, place_on_grid
from geo_assign.mapview.windows import reach
from tests.matching.test_plans import MIDDLE, fleet, fleet_template, fleet_world
from tests.plans import explain, index_names, rows_read

__all__ = ["fleet", "fleet_template", "fleet_world"]


def test_a_tile_from_near_reads_what_lies_around_its_middle(fleet: Tx) -> None:
    tile = Tile(16, *place_on_grid(MIDDLE, 16))
    middle = {"lat": tile.middle.lat, "lon": tile.middle.lon, "at": fleet.now()}
    values = scope_values(fleet, EVERYTHING) | view_values(tile.bounds) | middle
    for statement in (reach(256), in_view(everything=True, window=256)):
        plan = explain(fleet, statement, values)
        assert "current_positions_geog_idx" in index_names(plan)
        assert rows_read(plan, "current_positions") <= 257
    people = people_on_tile(fleet, EVERYTHING, tile)
    assert people is not None
    assert all(tile.holds(one.point) for one in people)


def test_a_tile_where_no_one_is_reads_one_window(fleet: Tx) -> None:
    assert people_on_tile(fleet, EVERYTHING, Tile(16, *place_on_grid(Point(-30.0, 20.0), 16))) == []
