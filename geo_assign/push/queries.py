"""Reads of push subscriptions, and of what is due."""

from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Uuid, and_, any_, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from geo_assign.core.db import Database, Tx
from geo_assign.core.errors import NotFoundError
from geo_assign.core.statements import Parameters, Statement
from geo_assign.push.domain import PushSubscription
from geo_assign.push.tables import push_messages, push_subscriptions

_AT_ONCE = 500


class DueDevice(NamedTuple):
    """A device with something to be told."""

    org_id: UUID
    subscription_id: UUID
    service: str


def get_subscription(tx: Tx, technician_id: UUID, subscription_id: UUID) -> PushSubscription:
    """One of the technician's own. Raises NotFoundError."""
    s = push_subscriptions.c
    shown = (s[name] for name in PushSubscription.__dataclass_fields__)
    row = tx.conn.execute(
        select(*shown).where(s.org_id == tx.org_id, s.technician_id == technician_id, s.id == subscription_id)
    ).first()
    if row is None:
        raise NotFoundError
    return PushSubscription(*row)


def list_technicians_with_devices(tx: Tx, technician_ids: Collection[UUID]) -> set[UUID]:
    """Those of these technicians who have a device that can be told something."""
    rows = tx.fetch(_WITH_DEVICES, {"org_id": tx.org_id, "technician_ids": list(technician_ids)})
    return {row.technician_id for row in rows}


class _WithDeviceRow(NamedTuple):
    technician_id: UUID


# Part of every handful of offers, so it is rendered once, however many they are.
_ASKED = Parameters(org_id=Uuid(), technician_ids=ARRAY(Uuid()))
_WITH_DEVICES = Statement.of(
    _WithDeviceRow,
    select(push_subscriptions.c.technician_id)
    .where(
        push_subscriptions.c.org_id == _ASKED.org_id,
        push_subscriptions.c.technician_id == any_(_ASKED.technician_ids),
    )
    .distinct(),
)


def list_due_devices(worker: Database) -> Sequence[DueDevice]:
    """Devices of all organizations with a message to send, in turns of organizations and of their push services."""
    m, s = push_messages.c, push_subscriptions.c
    with worker.across_organizations() as conn:
        now = worker.clock.now(conn)
        due_at = func.min(m.next_attempt_at)
        devices = (
            select(m.org_id, m.subscription_id, s.service, due_at.label("due_at"))
            .select_from(push_messages.join(push_subscriptions, and_(s.org_id == m.org_id, s.id == m.subscription_id)))
            .where(m.next_attempt_at <= now, or_(m.leased_until.is_(None), m.leased_until <= now))
            .group_by(m.org_id, m.subscription_id, s.service)
            .subquery("devices")
        )
        d = devices.c
        turn = func.row_number().over(partition_by=(d.org_id, d.service), order_by=d.due_at)
        statement = select(d.org_id, d.subscription_id, d.service).order_by(turn, d.due_at).limit(_AT_ONCE)
        return [DueDevice(*row) for row in conn.execute(statement)]
