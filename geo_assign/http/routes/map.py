"""The map: a picture, and what changes on it."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from geo_assign.access.domain import Caller, Scope
from geo_assign.core.db import Tx
from geo_assign.core.geo import BoundingBox
from geo_assign.core.paging import BadCursorError
from geo_assign.http.operations import READING, AnyCall, Call, Lane, Reply, Routes, Stream
from geo_assign.http.response import to_json
from geo_assign.http.routes.people_models import PastAnswer, PersonAnswer, ProviderNameAnswer
from geo_assign.http.routes.work_order_models import work_order_answer
from geo_assign.http.schemas import Answer, Bbox, CommaList, Instant, PartialAnswer, Query, Skill, SlotAnswer
from geo_assign.mapview.domain import Changes, Cluster, MapChoice, MapPicture, Tally, TechnicianOnMap, TechnicianStatus
from geo_assign.mapview.live import Heartbeat
from geo_assign.mapview.past import get_past_picture
from geo_assign.mapview.queries import WORLD, get_picture, list_groups_on_map, list_skills_on_map
from geo_assign.mapview.viewing import PartInView
from geo_assign.matching.domain import Provenance
from geo_assign.positions.kept import PastNotKeptError
from geo_assign.privacy.domain import How
from geo_assign.workorders.domain import (
    Bucket,
    Kind,
    PendingReason,
    State,
    WorkOrder,
    WorkOrderNotFoundError,
    WorkOrderWithoutLocationError,
)
from geo_assign.workorders.queries import get_work_order

routes = Routes("Map")

# Around a work order: about 25 km each way, which is what a dispatcher looks at.
_AROUND_DEG = 0.23
# Technicians that one event of the stream tells.
_PART = 500


class MapQuery(Query):
    """Which part of the map."""

    bbox: Bbox | None = None
    work_order_id: UUID | None = None
    at: Instant | None = Field(None, description="The map as it stood then, with what had been received by then.")
    store_id: Annotated[CommaList[UUID], Field(default_factory=list, description="Of these stores alone.")]
    group_id: UUID | None = Field(None, description="Of this group alone.")
    skill: Skill | None = Field(None, description="With this skill alone.")
    choices: bool = Field(False, description="Tell which groups and skills there are.")


class LiveQuery(Query):
    """Where to go on, and of which part."""

    bbox: Bbox | None = Field(None, description="Tell the moves within it alone; who is not in it is `gone`, once.")
    cursor: str | None = Field(None, max_length=100, description="`cursor` of the map, or the last event's id.")


class PointGeometryAnswer(Answer):
    """A GeoJSON point."""

    type: Literal["Point"]
    coordinates: tuple[float, float] = Field(description="Longitude, then latitude.")


class TechnicianPropertiesAnswer(Answer):
    """A technician on the map. `coarse`: the place is good to about a kilometre."""

    kind: Literal["technician"]
    id: UUID
    name: str
    status: TechnicianStatus
    provenance: Provenance
    coarse: bool
    recorded_at: datetime | None = Field(description="The device's time.")
    age_s: float | None
    accuracy_m: float | None
    heading_deg: float | None
    speed_mps: float | None
    provider: bool = Field(description="Whether the technician belongs to a service provider.")
    service_provider: ProviderNameAnswer | None
    store_id: UUID
    busy_until: datetime | None = Field(description="When the present work ends.")
    number_today: int = Field(description="Appointments of today.")
    flags: list[str] = Field(description="What is odd about the position.")


class MapOfferAnswer(Answer):
    """An open offer on the map."""

    technician_id: UUID
    technician_name: str
    expires_at: datetime


class WorkOrderPropertiesAnswer(PartialAnswer):
    """A work order on the map."""

    kind: Literal["work_order"]
    id: UUID
    number: str
    order_kind: Kind
    title: str
    state: State
    pending_reason: PendingReason | None
    bucket: Bucket
    slot: SlotAnswer
    assignee: PersonAnswer | None
    offer: MapOfferAnswer | None
    version: int
    as_today: list[str] = Field(
        default_factory=list, description="Of the past: members that changed since, told as they are today."
    )


class TechnicianFeatureAnswer(Answer):
    """A technician as a GeoJSON Feature."""

    type: Literal["Feature"]
    id: UUID
    geometry: PointGeometryAnswer
    properties: TechnicianPropertiesAnswer


class WorkOrderFeatureAnswer(Answer):
    """A work order as a GeoJSON Feature."""

    type: Literal["Feature"]
    id: UUID
    geometry: PointGeometryAnswer
    properties: WorkOrderPropertiesAnswer


class StatusCountsAnswer(Answer):
    """Technicians by status, and how many of them belong to service providers."""

    free: int = Field(description="On duty without work.")
    offered: int = Field(description="With an open offer.")
    busy: int = Field(description="At work, or on the way.")
    silent: int = Field(description="On duty, but not heard from.")
    provider: int = Field(description="Of service providers.")


class TechnicianCountsAnswer(StatusCountsAnswer):
    """Technicians by status, how many of them belong to service providers, and who is off duty."""

    off_duty: int = Field(description="Of the whole scope.")


class WorkOrderCountsAnswer(Answer):
    """Work orders in view by kind."""

    lead: int = Field(description="Leads.")
    ticket: int = Field(description="Tickets.")


class MapCountsAnswer(Answer):
    """What is in view, in numbers."""

    technicians: TechnicianCountsAnswer
    work_orders: WorkOrderCountsAnswer


class ClusterAnswer(Answer):
    """Technicians of one cell of a grid, at their middle."""

    lat: float
    lon: float
    cell: tuple[float, float, float, float] = Field(description="West, south, east, north.")
    technicians: StatusCountsAnswer


class GroupChoiceAnswer(Answer):
    """A group on the map, and how many `technicians` it has there."""

    id: UUID
    technicians: int = Field(description="How many of them are on the map.")


class SkillChoiceAnswer(Answer):
    """A skill on the map, and how many `technicians` have it there."""

    name: str
    technicians: int = Field(description="How many of them are on the map.")


class MapChoicesAnswer(Answer):
    """What the map can be narrowed to, of your whole scope."""

    groups: list[GroupChoiceAnswer]
    skills: list[SkillChoiceAnswer]


class MapAnswer(Answer):
    """A GeoJSON FeatureCollection with what a map needs beside it."""

    type: Literal["FeatureCollection"]
    features: list[TechnicianFeatureAnswer | WorkOrderFeatureAnswer]
    server_now: datetime
    cursor: str = Field(description="Where the live stream goes on.")
    truncated: bool = Field(description="There are more than shown.")
    clusters: list[ClusterAnswer] = Field(
        description="All technicians in view, where there are too many to tell one by one; else empty."
    )
    counts: MapCountsAnswer = Field(description="All that is in view, shown or not.")
    scope_counts: MapCountsAnswer = Field(
        description="The same, of your whole scope; of 20,000 technicians and more up to ten seconds old."
    )
    past: PastAnswer | None = Field(description="Where `at` was given.")
    choices: MapChoicesAnswer | None = Field(description="Where they were asked for.")


@routes.get(
    "/v1/map",
    access=READING,
    query=MapQuery,
    answer=MapAnswer,
    lane=Lane.PICTURES,
    errors=(WorkOrderNotFoundError, WorkOrderWithoutLocationError, PastNotKeptError),
    replica=True,
)
def get_map(call: Call[MapQuery, None]) -> Reply:
    """Read the map.

    Technicians on duty and open work orders of your scope, as GeoJSON: a part of the map, or around a work order. More
    than 2,000 technicians in view are told as `clusters`. Chosen stores, group and skill narrow features and counts.
    With `at` the map of that instant, for as long as positions are kept; it is not narrowed.
    """
    query, scope = call.query, call.caller.scope
    with call.transaction() as tx:
        view = query.bbox or WORLD
        if query.work_order_id is not None:
            view = _around(get_work_order(tx, scope, query.work_order_id))
        if query.at is None:
            choice = MapChoice(frozenset(query.store_id), query.group_id, query.skill)
            picture = get_picture(tx, scope, view, choice=choice, kept=call.services.counts)
        else:
            retention = timedelta(days=call.services.settings.track_retention_days)
            picture = get_past_picture(tx, scope, query.at, retention=retention, view=view)
        choices = _choices(tx, scope) if query.choices else None
        seen_at = tx.as_of()
    how = How.MAP if query.at is None else How.PAST
    call.services.views.note(call.caller, how, [person.id for person in picture.technicians], at=seen_at)
    return Reply(to_json(_picture(picture, server_now=seen_at) | {"choices": choices}))


@routes.get(
    "/v1/live",
    access=READING,
    query=LiveQuery,
    streams=True,
    own_transactions=True,
    media_types=("text/event-stream",),
    lane=Lane.PICTURES,
)
def listen_live(call: Call[LiveQuery, None]) -> Reply:
    """Listen to changes on the map.

    Server-sent events: `technicians`, `work_orders`, `heartbeat`, `reset`. Every event's id is a cursor;
    `Last-Event-ID` or `cursor` goes on from there. `reset` says that too much time has passed: fetch the map anew. Of
    those who move faster than they are told, the latest is told. The
    stream ends within a second of the end of your session or key, or of a change of your rights.
    """
    last = call.headers.get("Last-Event-ID") or call.query.cursor
    since = None if not last else _parse_cursor(last)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    part = None if call.query.bbox is None else PartInView(call.query.bbox)
    return Reply(Stream(_events(call, call.caller, since, part)), headers=headers)


def _events(call: AnyCall, caller: Caller, since: datetime | None, part: PartInView | None) -> Iterator[bytes]:
    hub = call.services.live
    if since is not None and not hub.is_resumable(caller.org_id, since):
        yield _event("reset", {}, cursor=None)
        since = None

    for told in hub.subscribe(caller, since):
        if isinstance(told, Heartbeat):
            yield _event("heartbeat", {"server_now": told.at}, cursor=None)
            continue
        if part is not None:
            yield from _in_part(call, caller, part.narrow(told.changes))
            continue
        call.services.views.note_live(caller, told.once(_shown), at=told.changes.until)
        call.services.views.assure()
        yield from told.once(_rendered)


def _in_part(call: AnyCall, caller: Caller, changes: Changes) -> Iterator[bytes]:
    """What a listener is told of a tick who looks at a part of the map."""
    call.services.views.note_live(caller, _shown(changes), at=changes.until)
    call.services.views.assure()
    if changes:
        yield from _changes(changes)
    else:
        # Nothing in view: the cursor goes on all the same, or who resumes later would be told everything again.
        yield _event("heartbeat", {"server_now": changes.until}, cursor=changes.until)


def _shown(changes: Changes) -> frozenset[UUID]:
    return frozenset(person.id for person in changes.technicians)


def _rendered(changes: Changes) -> Sequence[bytes]:
    return tuple(_changes(changes))


def _changes(changes: Changes) -> Iterator[bytes]:
    """In parts that a browser reads without a stop; the last one of a kind says that all of it has been told."""
    cursor = changes.until
    parts = [changes.technicians[at : at + _PART] for at in range(0, len(changes.technicians), _PART)]
    if changes.gone and not parts:
        parts = [()]
    for number, part in enumerate(parts, start=1):
        last = number == len(parts)
        told = {"features": [_technician(person) for person in part], "gone": changes.gone if last else ()}
        yield _event("technicians", told, cursor=cursor if last and not changes.work_orders else None)
    if changes.work_orders:
        items = [work_order_answer(order).model_dump(mode="json") for order in changes.work_orders]
        yield _event("work_orders", {"items": items}, cursor=cursor)


def _event(name: str, data: object, *, cursor: datetime | None) -> bytes:
    head = f"event: {name}\n" if cursor is None else f"id: {_cursor(cursor)}\nevent: {name}\n"
    return head.encode() + b"data: " + to_json(data) + b"\n\n"


def _picture(picture: MapPicture, *, server_now: datetime) -> dict[str, object]:
    past = picture.past
    changed = past.orders_as_today if past is not None else {}
    return {
        "type": "FeatureCollection",
        "features": [
            *(_technician(person) for person in picture.technicians),
            *(_work_order(order, as_today=changed.get(order.id, ())) for order in picture.work_orders),
        ],
        "server_now": picture.at if past is None else server_now,
        "cursor": _cursor(picture.at),
        "truncated": picture.truncated,
        "clusters": [_cluster(cluster) for cluster in picture.clusters],
        "counts": _counts(picture.in_view, off_duty=picture.off_duty),
        "scope_counts": _counts(picture.in_scope, off_duty=picture.off_duty),
        "past": past and {"at": picture.at, "reaches_back_to": past.reaches_back_to, "as_today": past.as_today},
    }


def _choices(tx: Tx, scope: Scope) -> dict[str, object]:
    return {
        "groups": [{"id": group.id, "technicians": group.number} for group in list_groups_on_map(tx, scope)],
        "skills": [{"name": skill.name, "technicians": skill.number} for skill in list_skills_on_map(tx, scope)],
    }


def _counts(tally: Tally, *, off_duty: int) -> dict[str, object]:
    by_status = {status.value: number for status, number in tally.technicians.items()}
    return {
        "technicians": by_status | {"off_duty": off_duty, "provider": tally.providers},
        "work_orders": dict(tally.work_orders),
    }


def _cluster(cluster: Cluster) -> dict[str, object]:
    cell = cluster.cell
    by_status = {status.value: number for status, number in cluster.technicians.items()}
    return {
        "lat": cluster.middle.lat,
        "lon": cluster.middle.lon,
        "cell": (cell.west, cell.south, cell.east, cell.north),
        "technicians": by_status | {"provider": cluster.providers},
    }


def _technician(person: TechnicianOnMap) -> dict[str, object]:
    return {
        "type": "Feature",
        "id": person.id,
        "geometry": {"type": "Point", "coordinates": [person.point.lon, person.point.lat]},
        "properties": {
            "kind": "technician",
            "id": person.id,
            "name": person.name,
            "status": person.status,
            "provenance": person.provenance,
            "coarse": person.coarse,
            "recorded_at": person.recorded_at,
            "age_s": None if person.age_s is None else round(person.age_s, 1),
            "accuracy_m": person.accuracy_m,
            "heading_deg": person.heading_deg,
            "speed_mps": person.speed_mps,
            "provider": person.provider is not None,
            "service_provider": person.provider,
            "store_id": person.store_id,
            "busy_until": person.busy_until,
            "number_today": person.number_today,
            "flags": person.flags,
        },
    }


def _work_order(order: WorkOrder, *, as_today: Sequence[str] = ()) -> dict[str, object]:
    assert order.location is not None
    offer = order.offer
    return {
        "type": "Feature",
        "id": order.id,
        "geometry": {"type": "Point", "coordinates": [order.location.point.lon, order.location.point.lat]},
        "properties": {
            "kind": "work_order",
            "id": order.id,
            "number": order.number,
            "order_kind": order.kind,
            "title": order.title,
            "state": order.state,
            "pending_reason": order.pending_reason,
            "bucket": order.bucket,
            "slot": {"start": order.slot_start, "end": order.slot_end},
            "assignee": order.technician_id and {"id": order.technician_id, "name": order.technician_name},
            "offer": offer
            and {
                "technician_id": offer.technician_id,
                "technician_name": offer.technician_name,
                "expires_at": offer.expires_at,
            },
            "version": order.version,
            "as_today": as_today,
        },
    }


def _around(order: WorkOrder) -> BoundingBox:
    if order.location is None:
        raise WorkOrderWithoutLocationError
    point = order.location.point
    return BoundingBox(
        west=max(-180.0, point.lon - _AROUND_DEG),
        south=max(-90.0, point.lat - _AROUND_DEG),
        east=min(180.0, point.lon + _AROUND_DEG),
        north=min(90.0, point.lat + _AROUND_DEG),
    )


def _cursor(at: datetime) -> str:
    return str(int(at.timestamp() * 1_000_000))


def _parse_cursor(cursor: str) -> datetime:
    try:
        return datetime.fromtimestamp(int(cursor) / 1_000_000, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise BadCursorError from error
