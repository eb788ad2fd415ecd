"""A trial of the write path: whether the service could do its work now, by doing some of it and taking it back.

Reads alone say little. A standby answers them, and so does a server whose disk is full, or whose procedural language
was broken by an upgrade under it. So the real commands make an organization with a technician, a position and a work
order, as the application role and in one transaction that is rolled back. The worker's role tries what it is there for.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Literal

import psycopg
from pydantic import SecretStr
from sqlalchemy import ARRAY, Connection, Text, cast, delete, false, func, literal, select, true, update
from sqlalchemy.exc import SQLAlchemyError

from geo_assign.access.commands.organizations import create_organization
from geo_assign.access.domain import EVERYTHING, ActorKind, Caller, Role
from geo_assign.core.db import Database, Tx
from geo_assign.core.errors import GeoAssignError
from geo_assign.core.geo import Point
from geo_assign.core.ids import new_id
from geo_assign.core.outbox import outbox
from geo_assign.core.trouble import find_trouble
from geo_assign.dispatch.commands import orders
from geo_assign.positions.commands import record
from geo_assign.positions.domain import Batch, Ping
from geo_assign.positions.tasks import ensure_track
from geo_assign.schema import metadata
from geo_assign.workforce.commands.duty import start_duty
from geo_assign.workforce.commands.stores import NewStore, create_store
from geo_assign.workforce.commands.technicians import NewTechnician, create_technician
from geo_assign.workorders.domain import Kind, NewOrder

_PLACE = Point(lat=0.5, lon=0.5)
# Probes wait for the answer: a server that takes longer is not well either.
_TIMEOUTS = select(
    func.set_config("statement_timeout", "3000", true()), func.set_config("lock_timeout", "1000", true())
)


class _TakenBack(Exception):  # noqa: N818 - it is the good end
    """Everything worked, and none of it is to stay."""


def list_write_objections(database: Database) -> list[str]:
    """Why the application role could not write now, each a sentence; empty when it could. Nothing stays written."""
    return _objections(lambda: _write_as_application(database))


def list_worker_objections(worker: Database) -> list[str]:
    """Why the worker's role could not do its part now. Nothing stays written."""
    return _objections(lambda: _write_as_worker(worker))


def try_once(url: SecretStr, list_objections: Callable[[Database], list[str]]) -> list[str]:
    """The objections, on a connection that is made for the trial: so logging in is tried, too."""
    database = Database(url.get_secret_value(), pool_size=1)
    try:
        return list_objections(database)
    finally:
        database.close()


def _objections(trial: Callable[[], None]) -> list[str]:
    try:
        trial()
    except _TakenBack:
        return []
    except _MissingPrivilegesError as error:
        return [str(error)]
    except (SQLAlchemyError, psycopg.Error, GeoAssignError, OSError) as error:
        seen = find_trouble(error)
        return [str(error) if seen is None else str(seen)]
    return []


class _MissingPrivilegesError(Exception):
    """The role lacks privileges on tables."""


def _write_as_application(database: Database) -> None:
    with database.transaction(new_id()) as tx:
        tx.conn.execute(_TIMEOUTS)
        _require_privileges(tx.conn, "app")
        _do_some_of_everything(tx)
        raise _TakenBack


def _do_some_of_everything(tx: Tx) -> None:
    """A state changes, a place is kept: the triggers behind both are asked, too."""
    slug = f"trial-{tx.org_id.hex}"
    create_organization(tx, slug=slug, name="Trial")
    caller = Caller(
        org_id=tx.org_id, kind=ActorKind.USER, id=tx.org_id, name="Trial", role=Role.ADMINISTRATOR, scope=EVERYTHING
    )
    store = create_store(tx, caller, NewStore(name="Trial", slug="trial", timezone="UTC", location=_PLACE))
    new = NewOrder(kind=Kind.LEAD, store_id=store.id, customer={"name": "Trial"}, location=_PLACE)
    order_id, _ = orders.create(tx, caller, new, None)
    orders.cancel(tx, caller, order_id, reason=None)
    technician = create_technician(tx, caller, NewTechnician(name="Trial", store_id=store.id))
    start_duty(tx, technician.id)
    ping = Ping(recorded_at=tx.now(), lat=_PLACE.lat, lon=_PLACE.lon)
    record(tx, [Batch(technician.id, "trial", [ping])], retention=timedelta(days=1))


def _write_as_worker(worker: Database) -> None:
    with worker.across_organizations() as conn:
        conn.execute(_TIMEOUTS)
        _require_privileges(conn, "worker")
        conn.execute(update(outbox).where(false()).values(attempts=0))
        conn.execute(delete(outbox).where(false()))
        today = worker.clock.now(conn).date()
        ensure_track(conn, today, today)
        raise _TakenBack


def _require_privileges(conn: Connection, role: Literal["app", "worker"]) -> None:
    """Raises _MissingPrivilegesError: one question to the catalog for all tables."""
    wanted = [(table.name, grant) for table in metadata.sorted_tables for grant in table.info.get(role, ())]
    names, grants = (cast(literal(list(part), ARRAY(Text())), ARRAY(Text())) for part in zip(*wanted, strict=True))
    asked = func.unnest(names, grants).table_valued("name", "privilege").render_derived(name="asked")
    lacking = select(asked.c.name, asked.c.privilege).where(~func.has_table_privilege(asked.c.name, asked.c.privilege))
    missing = [f"{row.privilege} on {row.name}" for row in conn.execute(lacking)]
    if missing:
        raise _MissingPrivilegesError(f"the role lacks {', '.join(missing[:5])}{' and more' * (len(missing) > 5)}")
