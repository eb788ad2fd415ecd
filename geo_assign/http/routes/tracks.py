"""A technician's way on one day."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from geo_assign.core.errors import NotFoundError
from geo_assign.http.operations import READING, Call, Reply, Routes
from geo_assign.http.schemas import Answer, Query
from geo_assign.mapview.tracks import TrackPoint, get_day_track
from geo_assign.privacy.domain import How

routes = Routes("Map")


class TrackQuery(Query):
    """Which day."""

    day: date | None = Field(None, description="Of the technician's home store; today if not given.")


class PassedPointAnswer(Answer):
    """Where a technician on duty was."""

    at: datetime
    lat: float
    lon: float
    accuracy_m: float | None


class TrackAnswer(Answer):
    """A technician's way on one local day, oldest first. `coarse`: to about a kilometre."""

    technician_id: UUID
    name: str
    since: datetime = Field(description="The day's beginning.")
    until: datetime = Field(description="The day's end.")
    points: list[PassedPointAnswer] = Field(description="1,000 at most, evenly chosen.")
    recorded: int = Field(description="Positions of that day.")
    coarse: bool


@routes.get(
    "/v1/technicians/{id}/track",
    access=READING,
    query=TrackQuery,
    answer=TrackAnswer,
    errors=(NotFoundError,),
    replica=True,
)
def read_track(call: Call[TrackQuery, None], id: UUID) -> Reply:
    """Read where a technician was.

    On one day, on duty. The look is logged, and the technician can read who looked.
    """
    with call.transaction() as tx:
        track = get_day_track(tx, call.caller.scope, id, call.query.day)
        at = tx.now()
    if track.points:
        call.services.views.note(call.caller, How.MAP, [id], at=at)
    return Reply(
        TrackAnswer(
            technician_id=id,
            name=track.technician.name,
            since=track.since,
            until=track.until,
            points=[_point(one) for one in track.points],
            recorded=track.recorded,
            coarse=track.coarse,
        )
    )


def _point(one: TrackPoint) -> PassedPointAnswer:
    return PassedPointAnswer(at=one.at, lat=one.point.lat, lon=one.point.lon, accuracy_m=one.accuracy_m)
