"""The composition root of the API process: settings in, WSGI application out."""

from datetime import timedelta
from functools import cache, partial

from flask import Flask

from geo_assign import __version__
from geo_assign.access.commands import LinkDelivery
from geo_assign.console.routes import DIST, console_blueprint
from geo_assign.core.clock import Clock
from geo_assign.core.db import Database, Defaults
from geo_assign.core.pooler import list_pooler_objections
from geo_assign.core.replica import Replica
from geo_assign.core.settings import Settings
from geo_assign.core.telemetry import build_info, configure_logging
from geo_assign.dispatch import flows
from geo_assign.dispatch.commands.duty import positions_returned
from geo_assign.first_step import FirstStepFinder
from geo_assign.geocoding.domain import GeocodeResult
from geo_assign.geocoding.geocoder import Geocoder
from geo_assign.http.admission import Admission, Capacity, Places, Turns, WorkTurns
from geo_assign.http.application import Application
from geo_assign.http.csrf import find_session_cookie
from geo_assign.http.docs import docs_blueprint
from geo_assign.http.early_bodies import EarlyBodies
from geo_assign.http.health import HEALTH_PATHS, Readiness, Trial, health_blueprint
from geo_assign.http.known import KnownTokens
from geo_assign.http.limits import Limits
from geo_assign.http.notices import note_allowance
from geo_assign.http.openapi import render_document
from geo_assign.http.operations import Operation
from geo_assign.http.receiving import Receiving
from geo_assign.http.request_handler import RequestHandler
from geo_assign.http.routes import (
    api_keys,
    availability,
    calendar,
    choices,
    completion,
    crews,
    decisions,
    events,
    following,
    geocoding,
    handover_notes,
    hours_exceptions,
    insight,
    invitations,
    ladders,
    lead_batches,
    map,  # noqa: A004 - the route file of the map
    map_keys,
    map_tiles,
    me,
    nearest,
    offers,
    optimizing,
    passwords,
    phone_app,
    pins,
    positions,
    presence,
    privacy,
    push_subscriptions,
    reachability,
    roster,
    saved_views,
    second_factors,
    service_groups,
    service_providers,
    sessions,
    settings_preview,
    shared_views,
    single_sign_on,
    stores,
    technician_trackers,
    technicians,
    trackers,
    tracks,
    undoing,
    usage,
    users,
    webhooks,
    widget,
    work_order_list,
    work_order_moves,
    work_orders,
)
from geo_assign.http.services import Services
from geo_assign.http.turning_away import TurningAway
from geo_assign.http.web_origins import serve_booking_pages
from geo_assign.importing import routes as imports
from geo_assign.mapview.kept_counts import KeptCounts
from geo_assign.mapview.live import LiveHub
from geo_assign.mapview.tiles import TileStore
from geo_assign.migrate import current_revision, head_revision
from geo_assign.phones.push_sender import PushSender
from geo_assign.phones.waiting import PhoneHub
from geo_assign.pins.known import find_learned_place
from geo_assign.positions.grouping import Grouper
from geo_assign.positions.metering import PingMeter
from geo_assign.privacy.viewlog import ViewLog
from geo_assign.routing.finder import DriveFinder
from geo_assign.single_sign_on.flow import SignOnService
from geo_assign.trial import list_worker_objections, list_write_objections, try_once
from geo_assign.webhooks.delivery import Sender
from geo_assign.webhooks.waiting import FeedHub

EXTENSION = "geo_assign"
CALLBACK = "/v1/single-sign-on/callback"
FEATURES = (
    sessions,
    passwords,
    me,
    presence,
    phone_app,
    push_subscriptions,
    second_factors,
    single_sign_on,
    saved_views,
    shared_views,
    users,
    usage,
    invitations,
    api_keys,
    webhooks,
    events,
    stores,
    settings_preview,
    service_groups,
    service_providers,
    technicians,
    hours_exceptions,
    positions,
    technician_trackers,
    trackers,
    map_keys,
    map_tiles,
    geocoding,
    pins,
    work_orders,
    lead_batches,
    work_order_list,
    crews,
    ladders,
    work_order_moves,
    undoing,
    handover_notes,
    calendar,
    choices,
    nearest,
    availability,
    widget,
    roster,
    reachability,
    insight,
    optimizing,
    decisions,
    offers,
    completion,
    following,
    map,
    tracks,
    privacy,
    imports,
)
"""Route files in the order in which the documentation shows them."""
_RESERVED_CONNECTIONS = 2
_LOOKUPS = 2


def create_app(settings: Settings | None = None) -> Flask:
    """The whole HTTP side. Its `Services` are in `app.extensions["geo_assign"]`; nothing is connected to yet."""
    settings = settings or Settings()
    configure_logging(settings.log_level)
    build_info.labels(__version__).set(1)
    services = make_services(settings)
    app = Application("geo_assign")
    app.extensions[EXTENSION] = services
    capacity = make_capacity(settings)
    known = KnownTokens()
    handler = RequestHandler(services, capacity, known)
    for feature in FEATURES:
        app.register_blueprint(feature.routes.blueprint(handler.respond))
    serve_booking_pages(app, services.database, capacity.pool)
    head = cache(partial(head_revision, settings))
    trials = _trials(settings, services.database)
    through_pooler = partial(list_pooler_objections, settings.database_url.get_secret_value())
    pooler = Trial("pooler", through_pooler, well="statements are kept apart")
    readiness = Readiness(
        settings, services.database, current=current_revision, head=head, trials=trials, pooler=pooler
    )
    app.register_blueprint(health_blueprint(readiness, capacity))
    app.register_blueprint(docs_blueprint(render_api_document, version=__version__, swagger=DIST / "docs"))
    first_step = FirstStepFinder(services.database)
    app.register_blueprint(
        console_blueprint(
            settings, find_first_step=first_step.find, names_session=lambda sent: bool(find_session_cookie(sent))
        )
    )
    early_bodies = EarlyBodies(known, capacity.receiving, settings.trusted_networks, settings.max_body_bytes)
    turning_away = TurningAway(app, list_operations(), capacity.work, early_bodies)
    app.wsgi_app = turning_away  # type: ignore[method-assign] # as Flask's documentation says it is wrapped
    return app


def _trials(settings: Settings, database: Database) -> list[Trial]:
    """The application role's write path, and the worker role's where this host knows how to log in as it."""
    writes = Trial("writes", partial(list_write_objections, database), well="tried, and taken back")
    if settings.worker_database_url is None:
        return [writes]
    of_worker = partial(try_once, settings.worker_database_url, list_worker_objections)
    return [writes, Trial("worker_writes", of_worker, well="tried, and taken back")]


def make_services(settings: Settings, *, clock: Clock | None = None) -> Services:
    """The library, put together for one process. `clock` replaces the database's."""
    url = settings.database_url.get_secret_value()
    defaults = Defaults(freshness_s=settings.freshness_s, limits=settings.limits)
    database = Database(url, pool_size=settings.pool_size, clock=clock, defaults=defaults)
    geocoder = Geocoder.from_settings(settings, database, find_known=find_learned_place)
    meter = PingMeter(database)
    drives = DriveFinder(geocoder.client)
    return Services(
        settings=settings,
        database=database,
        geocoder=geocoder,
        drives=drives,
        dispatch=flows.DispatchService(database, partial(_geocode, geocoder, settings.geocode_deadline_s), drives),
        pings=Grouper(
            retention=timedelta(days=settings.track_retention_days),
            wait_s=settings.group_pings_ms / 1000,
            on_recorded=positions_returned,
            meter=meter,
        ),
        live=LiveHub(database),
        tiles=TileStore(database),
        counts=KeptCounts(),
        limits=Limits.of(settings, note_allowance),
        webhooks=Sender(database, geocoder.client, geocoder.box),
        links=LinkDelivery(settings.console_url, geocoder.box if settings.sends_mail else None),
        views=ViewLog(database),
        phones=PhoneHub(database),
        feed=FeedHub(database),
        meter=meter,
        sign_on=SignOnService(database, geocoder.client, geocoder.box, callback_url=settings.console_url + CALLBACK),
        push=PushSender(database, geocoder.client, geocoder.box, settings.vapid_keys),
        replica=_replica(settings, clock=clock, defaults=defaults),
    )


def _replica(settings: Settings, *, clock: Clock | None, defaults: Defaults) -> Replica | None:
    if settings.replica_url is None:
        return None
    url = settings.replica_url.get_secret_value()
    database = Database(url, pool_size=settings.pool_size, clock=clock, defaults=defaults, name="replica")
    return Replica(database, wait_s=settings.replica_wait_ms / 1_000)


def make_capacity(settings: Settings) -> Capacity:
    """A permit for every pooled connection but a few, which streams and grouped writes share."""
    permits = max(1, settings.pool_size - _RESERVED_CONNECTIONS)
    return Capacity(
        lookups=Turns(_LOOKUPS, wait_s=settings.queue_s),
        receiving=Receiving(within_s=settings.body_within_s, bytes_per_s=settings.body_bytes_per_s),
        requests=Places(settings.threads),
        work=WorkTurns(most=permits, room=settings.threads, wait_s=settings.queue_s),
        streams=Places(settings.streams),
        pool=Admission(permits=permits, queue=settings.threads, wait_s=settings.queue_s),
    )


def _geocode(geocoder: Geocoder, deadline_s: float, request: flows.GeocodeRequest) -> GeocodeResult:
    return geocoder.geocode(
        request.org_id,
        request.address,
        deadline_s=deadline_s,
        store_id=request.store_id,
        group_id=request.group_id,
    )


def render_api_document() -> bytes:
    """The OpenAPI document as JSON. It takes no settings and no database."""
    return render_document(list_operations(), version=__version__, extra_paths=HEALTH_PATHS)


def list_operations() -> list[Operation]:
    """Every call of the API, by feature."""
    return [operation for feature in FEATURES for operation in feature.routes.operations]
