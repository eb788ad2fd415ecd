"""The map as tiles of vectors."""

from geo_assign.core.errors import NotFoundError
from geo_assign.http.bodies import BYTES
from geo_assign.http.operations import READING, Call, Lane, Reply, Routes
from geo_assign.mapview.tiles import KEPT_S
from geo_assign.mapview.tiling import Tile
from geo_assign.privacy.domain import How

routes = Routes("Map")
MEDIA_TYPE = "application/vnd.mapbox-vector-tile"


@routes.get(
    "/v1/map/tiles/{z:int}/{x:int}/{y:int}.mvt",
    access=READING,
    tagged=True,
    own_transactions=True,
    media_types=(BYTES, MEDIA_TYPE),
    lane=Lane.PICTURES,
    errors=(NotFoundError,),
)
def get_map_tile(call: Call[None, None], z: int, x: int, y: int) -> Reply:
    """Read a tile of the map.

    As vectors: below zoom 12 a layer `clusters`, from there on `technicians` one by one; a tile with more than 2,000 of
    them has `clusters` instead. A few seconds old at most.
    """
    try:
        tile = Tile(z, x, y)
    except ValueError as error:
        raise NotFoundError from error
    caller = call.caller
    made = call.services.tiles.get(caller.org_id, caller.scope, tile)
    call.services.views.note(caller, How.MAP, made.technician_ids, at=made.at)
    headers = {
        "Content-Type": MEDIA_TYPE,
        "Cache-Control": f"private, max-age={KEPT_S:.0f}",
        "Vary": "Authorization, Cookie",
    }
    return Reply(made.body, version=made.tag, headers=headers)
