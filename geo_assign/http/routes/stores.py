"""Stores and their settings."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from geo_assign.access.domain import TakenError
from geo_assign.core.errors import NotFoundError, StaleError
from geo_assign.dispatch.commands.automation import settings_changed
from geo_assign.http.editing import create_once, naming_work, stale_as, unsent
from geo_assign.http.operations import OWN_STORES, RULES_OF_STORES, STORE_SETTINGS, AnyCall, Call, Reply, Routes
from geo_assign.http.routes.routing_models import RoutingProblemAnswer
from geo_assign.http.schemas import (
    Answer,
    Body,
    ChangesQuery,
    KnownPoint,
    Listing,
    Patch,
    PointAnswer,
    ShortText,
    Slug,
    TimeZoneName,
    changes,
)
from geo_assign.routing.choosing import router_in
from geo_assign.routing.domain import RouterChoice, RouterUnusableError
from geo_assign.workforce import commands, queries
from geo_assign.workforce.domain import CheckedKind, InUseError, Store
from geo_assign.workforce.local_time import UnknownTimezoneError
from geo_assign.workforce.store_settings import StoreSettings, load_settings

routes = Routes("Stores")


class StoresQuery(ChangesQuery):
    """Which stores."""

    active: bool | None = Field(None, description="Only open stores, or only closed ones.")


class StoreBody(Body):
    """A store to be opened."""

    name: ShortText
    timezone: TimeZoneName
    location: KnownPoint
    slug: Slug | None = Field(None, description="Made from the name when left out; it cannot be changed later.")
    settings: StoreSettings = StoreSettings()


class StorePatch(Patch):
    """What to change of a store."""

    name: ShortText = unsent()
    timezone: TimeZoneName = unsent()
    location: KnownPoint = unsent()
    active: bool = unsent()


class StoreAnswer(Answer):
    """A store: its zone is the clock that its customers live by."""

    id: UUID
    slug: str
    name: str
    timezone: str
    location: PointAnswer
    active: bool
    version: int
    created_at: datetime
    updated_at: datetime


@routes.get("/v1/stores", access=OWN_STORES, query=StoresQuery, answer=Listing[StoreAnswer])
def list_stores(call: Call[StoresQuery, None]) -> Reply:
    """List stores.

    Those of your scope, by name.
    """
    query = call.query
    with call.transaction() as tx:
        page = queries.list_stores(
            tx,
            call.caller.scope,
            active=query.active,
            updated_since=query.updated_since,
            limit=query.limit,
            cursor=query.cursor,
        )
    return Reply(Listing[StoreAnswer](items=[_answer(store) for store in page.items], next_cursor=page.next_cursor))


@routes.post(
    "/v1/stores",
    access=STORE_SETTINGS,
    body=StoreBody,
    example={
        "name": "Porto",
        "timezone": "Europe/Lisbon",
        "location": {"lat": 41.15, "lon": -8.61},
        "settings": {"lead_time_tat_minutes": 5},
    },
    answer=StoreAnswer,
    status=201,
    creates=True,
    errors=(TakenError, UnknownTimezoneError),
)
def create_store(call: Call[None, StoreBody]) -> Reply:
    """Create a store.

    Administrators of the organization only.
    """
    body = call.body
    new = commands.NewStore(
        name=body.name,
        timezone=body.timezone,
        location=body.location.point(),
        slug=body.slug,
        settings=body.settings,
    )
    with call.transaction() as tx:
        return create_once(
            tx,
            call.attempt,
            create=lambda row_id: commands.create_store(tx, call.caller, new, store_id=row_id),
            read=lambda row_id: queries.get_store(tx, call.caller.scope, row_id),
            reply=_created,
        )


@routes.get("/v1/stores/{id}", access=OWN_STORES, answer=StoreAnswer, errors=(NotFoundError,))
def get_store(call: Call[None, None], id: UUID) -> Reply:
    """Read a store."""
    with call.transaction() as tx:
        return _reply(queries.get_store(tx, call.caller.scope, id))


@routes.patch(
    "/v1/stores/{id}",
    access=STORE_SETTINGS,
    body=StorePatch,
    example={"name": "Porto Centre"},
    answer=StoreAnswer,
    versioned=True,
    errors=(NotFoundError, StaleError, InUseError, UnknownTimezoneError),
)
def update_store(call: Call[None, StorePatch], id: UUID) -> Reply:
    """Change a store.

    Technicians without a home of their own start from its new location.
    """
    sent = changes(call.body)
    if "location" in sent:
        sent["location"] = sent["location"].point()
    with call.transaction() as tx, stale_as(_answer), naming_work(tx, call.caller.scope, CheckedKind.STORE, id):
        reply = _reply(commands.update_store(tx, call.caller, id, changes=sent, version=call.if_match))
    if "timezone" in sent:
        call.services.dispatch.judge_work_of(call.caller.org_id, CheckedKind.STORE, id)
    return reply


@routes.delete("/v1/stores/{id}", access=STORE_SETTINGS, status=204, errors=(NotFoundError, InUseError))
def delete_store(call: Call[None, None], id: UUID) -> Reply:
    """Close a store.

    It takes no new work; the work that it has goes on. Refused while technicians belong to it.
    """
    with call.transaction() as tx, naming_work(tx, call.caller.scope, CheckedKind.STORE, id):
        commands.deactivate_store(tx, call.caller, id)
    return Reply()


@routes.get("/v1/stores/{id}/settings", access=RULES_OF_STORES, answer=StoreSettings, errors=(NotFoundError,))
def get_store_settings(call: Call[None, None], id: UUID) -> Reply:
    """Read the settings of a store.

    Those in force, defaults included. The entity tag is the store's.
    """
    with call.transaction() as tx:
        return _settings_reply(call, queries.get_store(tx, call.caller.scope, id))


class RouterTestAnswer(Answer):
    """What the store's router said to a harmless question."""

    ok: bool = Field(description="Whether it tells drives from the store.")
    problem: RoutingProblemAnswer | None


@routes.post("/v1/stores/{id}/router/test", access=STORE_SETTINGS, answer=RouterTestAnswer, errors=(NotFoundError,))
def test_store_router(call: Call[None, None], id: UUID) -> Reply:
    """Test the router of a store.

    With a drive that begins and ends at the store. A store without a router has the straight line, which works.
    """
    with call.transaction() as tx:
        store = queries.get_store(tx, call.caller.scope, id)
    router = _router_in(call, store, _effective(call, store))
    problem = None
    if router is not None:
        call.leave_turn()
        problem = call.services.drives.test_router(router, store.location).problem
    return Reply({"ok": problem is None, "problem": problem})


@routes.put(
    "/v1/stores/{id}/settings",
    access=STORE_SETTINGS,
    body=StoreSettings,
    example={"lead_auto_user_assignment": "on", "lead_acceptance": True, "lead_time_tat_minutes": 5, "radius_m": 30000},
    answer=StoreSettings,
    versioned=True,
    errors=(NotFoundError, StaleError, RouterUnusableError),
)
def put_store_settings(call: Call[None, StoreSettings], id: UUID) -> Reply:
    """Replace the settings of a store.

    Members that are left out follow the defaults. The settings hold for the next decision: turning automatic
    assignment off stops new offers at once, and an offer that runs finishes without another after it. A new router is
    tried at once: one that answers, but cannot be used, is not stored.
    """
    with call.transaction() as tx:
        store = queries.get_store(tx, call.caller.scope, id)
    _try_router(call, store)
    with call.transaction() as tx, stale_as(lambda store: _effective(call, store)):
        store = commands.set_store_settings(tx, call.caller, id, settings=call.body, version=call.if_match)
        settings_changed(tx, store.id)
        return _settings_reply(call, store)


def _try_router(call: Call[None, StoreSettings], store: Store) -> None:
    """Raises RouterUnusableError, InvalidError."""
    router = _router_in(call, store, call.body)
    if router is not None and router != _router_in(call, store, _effective(call, store)):
        call.leave_turn()
        call.services.drives.require_usable(router, store.location)


def _router_in(call: AnyCall, store: Store, settings: StoreSettings) -> RouterChoice | None:
    return router_in(settings, org_id=call.caller.org_id, store_id=store.id)


def _answer(store: Store) -> StoreAnswer:
    return StoreAnswer.model_validate(store)


def _reply(store: Store) -> Reply:
    return Reply(_answer(store), version=store.version)


def _created(store: Store) -> Reply:
    return Reply(_answer(store), version=store.version, headers={"Location": f"/v1/stores/{store.id}"})


def _effective(call: AnyCall, store: Store) -> StoreSettings:
    return load_settings(store.stored_settings, freshness_s=call.services.settings.freshness_s)


def _settings_reply(call: AnyCall, store: Store) -> Reply:
    return Reply(_effective(call, store), version=store.version)
