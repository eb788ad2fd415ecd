"""What each user did last, with how the work order was before: so that it can be taken back for a moment.

A row per user, written with the change itself. The changes of one transaction are one act.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import BigInteger, Text, case, cast, delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from geo_assign.access.domain import ActorKind, Caller
from geo_assign.core.db import Database, Tx
from geo_assign.workorders.domain import Change, ChangedEvent, EventKind, State, WorkOrder
from geo_assign.workorders.tables import undo_steps

_KEPT_FOR = timedelta(minutes=10)
_BATCH = 1_000
_CORRECTED = ("skills", "priority", "notes", "referral_source")


@dataclass(frozen=True, slots=True)
class OrderBefore:
    """How a work order stood before an act, as far as an act can be taken back."""

    state: State
    store_id: UUID
    group_id: UUID | None
    technician_id: UUID | None
    collaborator_ids: tuple[UUID, ...]
    slot_start: datetime
    slot_end: datetime
    slot_is_fixed: bool
    skills: tuple[str, ...]
    priority: int
    notes: str | None
    referral_source: str | None


@dataclass(frozen=True, slots=True)
class UndoStep:
    """A user's last act: which events of which work order, and how it was before.

    `event_id` is the last entry that the act left in the history. `fields` are the members that were corrected.
    """

    work_order_id: UUID
    kinds: tuple[EventKind, ...]
    fields: tuple[str, ...]
    at: datetime
    event_id: UUID
    before: OrderBefore


def note_step(tx: Tx, order: WorkOrder, change: Change, event_id: UUID) -> None:
    """Keep a user's change as the last act, together with what the same transaction changed of this order before."""
    if change.by.kind is not ActorKind.USER:
        return
    fields = list(change.event.fields or ()) if isinstance(change.event, ChangedEvent) else []
    row = insert(undo_steps).values(
        org_id=tx.org_id,
        user_id=change.by.id,
        work_order_id=order.id,
        transaction_id=_THIS_TRANSACTION,
        kinds=[change.event.kind.value],
        fields=fields,
        at=change.at,
        event_id=event_id,
        before=_snapshot(order),
    )
    old, new = undo_steps.c, row.excluded
    same = (old.transaction_id == new.transaction_id) & (old.work_order_id == new.work_order_id)
    both = {name: case((same, old[name].op("||")(new[name])), else_=new[name]) for name in ("kinds", "fields")}
    tx.conn.execute(
        row.on_conflict_do_update(
            index_elements=["org_id", "user_id"],
            set_={
                **both,
                "before": case((same, old.before), else_=new.before),
                **{name: new[name] for name in ("work_order_id", "transaction_id", "at", "event_id")},
            },
        )
    )


_THIS_TRANSACTION = cast(cast(func.pg_current_xact_id(), Text), BigInteger)


def find_step(tx: Tx, caller: Caller, *, lock: bool = False) -> UndoStep | None:
    """The caller's last act; `lock` keeps it until the transaction ends."""
    u = undo_steps.c
    statement = select(undo_steps).where(u.org_id == tx.org_id, u.user_id == caller.id)
    row = tx.conn.execute(statement.with_for_update() if lock else statement).first()
    if row is None:
        return None
    kinds = tuple(EventKind(kind) for kind in row.kinds)
    return UndoStep(row.work_order_id, kinds, tuple(row.fields), row.at, row.event_id, _before(row.before))


def forget_step(tx: Tx, caller: Caller) -> None:
    """The caller's last act is not to be taken back any more: it was, for one."""
    u = undo_steps.c
    tx.conn.execute(delete(undo_steps).where(u.org_id == tx.org_id, u.user_id == caller.id))


def forget_steps_of(tx: Tx, order_id: UUID) -> None:
    """Nothing of how this work order was is kept."""
    u = undo_steps.c
    tx.conn.execute(delete(undo_steps).where(u.org_id == tx.org_id, u.work_order_id == order_id))


def sweep_undo_steps(worker: Database) -> int:
    """Delete what is too old to be taken back; returns how many, at most a thousand at a time."""
    u = undo_steps.c
    with worker.across_organizations() as conn:
        due = select(u.org_id, u.user_id).where(u.at < worker.clock.now(conn) - _KEPT_FOR).limit(_BATCH)
        return conn.execute(delete(undo_steps).where(tuple_(u.org_id, u.user_id).in_(due))).rowcount


def _snapshot(order: WorkOrder) -> dict[str, object]:
    return {
        "state": order.state.value,
        "store_id": str(order.store_id),
        "group_id": None if order.group_id is None else str(order.group_id),
        "technician_id": None if order.technician_id is None else str(order.technician_id),
        "collaborator_ids": [str(one.id) for one in order.collaborators],
        "slot_start": order.slot_start.isoformat(),
        "slot_end": order.slot_end.isoformat(),
        "slot_is_fixed": order.slot_is_fixed,
        "skills": list(order.skills),
        **{name: getattr(order, name) for name in _CORRECTED if name != "skills"},
    }


def _before(kept: dict[str, object]) -> OrderBefore:
    def id_of(name: str) -> UUID | None:
        return None if kept[name] is None else UUID(str(kept[name]))

    store_id, collaborators, skills = id_of("store_id"), kept["collaborator_ids"], kept["skills"]
    assert store_id is not None
    assert isinstance(collaborators, list)
    assert isinstance(skills, list)
    return OrderBefore(
        state=State(str(kept["state"])),
        store_id=store_id,
        group_id=id_of("group_id"),
        technician_id=id_of("technician_id"),
        collaborator_ids=tuple(UUID(one) for one in collaborators),
        slot_start=datetime.fromisoformat(str(kept["slot_start"])),
        slot_end=datetime.fromisoformat(str(kept["slot_end"])),
        slot_is_fixed=bool(kept["slot_is_fixed"]),
        skills=tuple(skills),
        priority=int(str(kept["priority"])),
        notes=None if kept["notes"] is None else str(kept["notes"]),
        referral_source=None if kept["referral_source"] is None else str(kept["referral_source"]),
    )
