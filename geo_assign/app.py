"""The composition root of the API process: settings in, WSGI application out."""

import pkgutil
from importlib import import_module

from flask import Flask

from geo_assign.console.routes import console_blueprint
from geo_assign.core.db import Database
from geo_assign.core.settings import Settings
from geo_assign.core.telemetry import configure_logging
from geo_assign.http import routes
from geo_assign.http.admission import Admission
from geo_assign.http.api import Api
from geo_assign.http.dispatching import Dispatcher
from geo_assign.http.limits import Limits
from geo_assign.http.operations import Operation
from geo_assign.http.pages import answer_with_problems
from geo_assign.http.services import Services

EXTENSION = "geo_assign"
_RESERVED_CONNECTIONS = 2


def create_app(settings: Settings | None = None) -> Flask:
    """The whole HTTP side. Its `Services` are in `app.extensions["geo_assign"]`; nothing is connected to yet."""
    settings = settings or Settings()
    configure_logging(settings.log_level)
    services = make_services(settings)
    app = Flask("geo_assign", static_folder=None)
    app.extensions[EXTENSION] = services
    answer_with_problems(app)
    app.register_blueprint(console_blueprint(settings))
    dispatcher = Dispatcher(services, make_admission(settings))
    app.wsgi_app = Api(  # type: ignore[method-assign]
        list_operations(), dispatcher, requests=settings.threads, streams=settings.streams, beside=app.wsgi_app
    )
    return app


def make_services(settings: Settings) -> Services:
    """The library, put together for one process."""
    return Services(
        settings=settings,
        database=Database(settings.database_url.get_secret_value(), pool_size=settings.pool_size),
        limits=Limits.of(settings),
    )


def make_admission(settings: Settings) -> Admission:
    """A permit for every pooled connection but a few, which streams and grouped writes share."""
    permits = max(1, settings.pool_size - _RESERVED_CONNECTIONS)
    return Admission(permits=permits, queue=settings.threads, wait_s=settings.queue_s)


def list_operations() -> list[Operation]:
    """Every call of the API, by feature."""
    modules = (import_module(f"{routes.__name__}.{found.name}") for found in pkgutil.iter_modules(routes.__path__))
    return [operation for module in modules for operation in module.routes.operations]
