"""Writes about people's data: who looked, who exported, and taking people out of what is kept."""

from collections.abc import Sequence
from dataclasses import asdict
from uuid import UUID

from sqlalchemy import Uuid, column, delete, func, literal, null, select, true, update
from sqlalchemy.dialects.postgresql import ARRAY, Insert, insert

from geo_assign.access.commands import audit
from geo_assign.access.domain import EVERYTHING, Caller
from geo_assign.access.tables import identities, one_time_links, second_factors, sessions, users
from geo_assign.completion.tables import work_order_images
from geo_assign.core.db import Tx
from geo_assign.core.distribution import is_distributed
from geo_assign.core.idempotency import idempotency_keys
from geo_assign.core.paging import Page
from geo_assign.core.statements import NoRow, Parameters, Statement
from geo_assign.pins.commands import forget_evidence, forget_evidence_of_technician
from geo_assign.positions.tables import current_positions, position_track, silences
from geo_assign.privacy import queries
from geo_assign.privacy.domain import ERASED_NAME, LiveView, OpenWorkError
from geo_assign.privacy.tables import live_views
from geo_assign.workforce.commands import update_technician
from geo_assign.workforce.commands.authority import require_everything
from geo_assign.workforce.commands.technicians import lock_technician
from geo_assign.workforce.domain import Technician
from geo_assign.workforce.queries import get_technician
from geo_assign.workforce.tables import duty_intervals, hours_exceptions, saved_views, technicians, time_off, trackers
from geo_assign.workorders.commands import apply_change, lock
from geo_assign.workorders.commands.drives import forget_driver
from geo_assign.workorders.commands.undo_steps import forget_steps_of
from geo_assign.workorders.domain import (
    TERMINAL,
    Change,
    ChangedEvent,
    Columns,
    Device,
    SameState,
    WorkOrder,
    WorkOrderStateError,
)
from geo_assign.workorders.queries import list_held_work, named
from geo_assign.workorders.tables import group_stays, offers

# All that names one person is written anew, which may take longer than a request's statement.
_PATIENCE = select(func.set_config("statement_timeout", "10min", true()))


def record_live_views(tx: Tx, views: Sequence[LiveView]) -> None:
    """Add looks on the live stream to the log, in the order of its key; what is known of the same hour is kept."""
    if views:
        tx.fetch(_LOG_LIVE, {name: [getattr(view, name) for view in views] for name in _LIVE} | {"org_id": tx.org_id})


_LIVE = tuple(column.key for column in live_views.c if column.key != "org_id")


def _logging_live() -> Insert:
    asked = Parameters(org_id=Uuid(), **{name: ARRAY(live_views.c[name].type) for name in _LIVE})
    columns = [column(name, live_views.c[name].type) for name in _LIVE]
    looks = func.unnest(*(getattr(asked, name) for name in _LIVE)).table_valued(*columns).render_derived(name="looks")
    rows = insert(live_views).from_select(["org_id", *_LIVE], select(asked.org_id, *(looks.c[name] for name in _LIVE)))
    old, new = live_views.c, rows.excluded
    return rows.on_conflict_do_update(
        index_elements=live_views.primary_key,
        set_={
            "minutes": old.minutes.op("|")(new.minutes),
            "first_at": func.least(old.first_at, new.first_at),
            "last_at": func.greatest(old.last_at, new.last_at),
        },
    )


_LOG_LIVE = Statement.of(NoRow, _logging_live())


def export_technician(
    tx: Tx, caller: Caller, technician_id: UUID, *, limit: int, cursor: str | None = None
) -> queries.TechnicianExport:
    """`queries.export_technician`; reading the first page is written into the audit trail. Raises NotFoundError."""
    technician = get_technician(tx, caller.scope, technician_id)
    found = queries.export_technician(tx, technician, limit=limit, cursor=cursor)
    if cursor is None:
        audit(tx, caller, "technician.exported", subject_kind="technician", subject_id=technician_id)
    return found


def export_customer(
    tx: Tx, caller: Caller, *, phone: str | None, email: str | None, limit: int, cursor: str | None = None
) -> Page[queries.CustomersOrder]:
    """`queries.export_customer`; reading the first page is written into the audit trail. Raises InvalidError."""
    found = queries.export_customer(tx, phone=phone, email=email, limit=limit, cursor=cursor)
    if cursor is None:
        audit(tx, caller, "customer.exported", subject_kind="customer", subject_id=None)
    return found


def erase_technician(tx: Tx, caller: Caller, technician_id: UUID) -> Technician:
    """Erase a technician's name, places and times of work. The deeds stay in the history without a name.

    The technician is deactivated with it: off duty, logged out. Raises NotFoundError, ForbiddenError but for
    administrators, OpenWorkError.
    """
    require_everything(caller)
    person = lock_technician(tx, caller, technician_id)
    _require_no_open_work(tx, technician_id)
    cleared = {"skills": (), "hours": None, "home": None, "active": False}
    update_technician(tx, caller, technician_id, changes=cleared)
    tx.conn.execute(_PATIENCE)
    _erase_by(tx, "erase_technician_traces", technician_id)
    _erase_by(tx, "erase_live_views", technician_id)
    for table in (current_positions, position_track, duty_intervals, time_off, hours_exceptions, trackers, silences):
        tx.conn.execute(delete(table).where(table.c.org_id == tx.org_id, table.c.technician_id == technician_id))
    forget_evidence_of_technician(tx, technician_id)
    forget_driver(tx, technician_id)
    o, t = offers.c, technicians.c
    noted = (o.org_id == tx.org_id, o.technician_id == technician_id, o.note.is_not(None))
    tx.conn.execute(update(offers).where(*noted).values(note=null()))
    tx.conn.execute(
        update(technicians)
        .where(t.org_id == tx.org_id, t.id == technician_id)
        .values(
            name=ERASED_NAME,
            slug=f"erased-{technician_id.hex}",
            duty_changed_at=None,
            silence_reason=None,
            silence_said_at=None,
        )
    )
    if person.user_id is not None:
        _erase_user(tx, person.user_id)
    audit(tx, caller, "technician.erased", subject_kind="technician", subject_id=technician_id)
    return get_technician(tx, caller.scope, technician_id)


def erase_customer(tx: Tx, caller: Caller, order_id: UUID) -> WorkOrder:
    """Forget the customer of a work order that is over: who, where, what was wrong, and what was noted about it.

    Raises WorkOrderNotFoundError, ForbiddenError but for administrators, WorkOrderStateError while it is live.
    """
    require_everything(caller)
    order = lock(tx, order_id, scope=caller.scope)
    if order.state not in TERMINAL:
        raise WorkOrderStateError(
            f"a work order that is {order.state.value} still needs its customer", state=order.state.value
        )
    now = tx.now()
    o, g = offers.c, group_stays.c
    tx.conn.execute(update(offers).where(o.org_id == tx.org_id, o.work_order_id == order_id).values(note=null()))
    tx.conn.execute(update(group_stays).where(g.org_id == tx.org_id, g.work_order_id == order_id).values(note=null()))
    i = work_order_images.c
    tx.conn.execute(delete(work_order_images).where(i.org_id == tx.org_id, i.work_order_id == order_id))
    event = ChangedEvent(fields=("customer",), erased=True)
    change = Change(by=caller, at=now, event=event, after=SameState(order.state), sets=_without_customer(order))
    apply_change(tx, order, change)
    forget_steps_of(tx, order_id)
    forget_evidence(tx, order_id)
    tx.conn.execute(_PATIENCE)
    _erase_by(tx, "erase_customer_traces", order_id)
    audit(tx, caller, "work_order.customer_erased", subject_kind="work_order", subject_id=order_id)
    return lock(tx, order_id)


def _erase_by(tx: Tx, door: str, subject_id: UUID) -> None:
    """Through one of the doors of `privacy.tables`. A distributed database finds the server by the organization."""
    org = (literal(tx.org_id, Uuid(), literal_execute=True),) if is_distributed(tx.conn.connection) else ()
    tx.conn.execute(select(getattr(func, door)(*org, subject_id)))


def _without_customer(order: WorkOrder) -> Columns:
    device = Device(**order.device)
    device.pop("issue", None)
    return {
        "customer": {"name": ERASED_NAME, "phone": None, "email": None},
        "customer_phones": "",
        "address": None,
        "lat": None,
        "lon": None,
        "location_source": None,
        "location_confidence": None,
        "location_learned": None,
        "location_candidates": [],
        "device": device,
        "notes": None,
        "metadata": {},
    }


def _require_no_open_work(tx: Tx, technician_id: UUID) -> None:
    held = list_held_work(tx, EVERYTHING, [technician_id])
    if held:
        detail = f"This technician still has {named(held)}, or an open offer of it."
        raise OpenWorkError(detail, work_orders=[asdict(one) for one in held])


def _erase_user(tx: Tx, user_id: UUID) -> None:
    u, k = users.c, idempotency_keys.c
    tx.conn.execute(
        update(users)
        .where(u.org_id == tx.org_id, u.id == user_id)
        .values(
            name=ERASED_NAME, email=f"{user_id.hex}@erased.invalid", password_hash=None, permissions=[], language=None
        )
    )
    for table in (sessions, one_time_links, second_factors, identities, saved_views):
        tx.conn.execute(delete(table).where(table.c.org_id == tx.org_id, table.c.user_id == user_id))
    tx.conn.execute(delete(idempotency_keys).where(k.org_id == tx.org_id, k.caller_id == user_id))
