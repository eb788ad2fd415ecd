"""What an earlier release stored is answered as it was stored, though values of today are made otherwise."""

import json

from sqlalchemy import Connection, text

from geo_assign.workorders.domain import PendingReason, State
from geo_assign.workorders.queries import list_events
from tests.day import Day

_ENTRY = text("""
INSERT INTO work_order_events (org_id, id, work_order_id, at, kind, actor, state, detail)
VALUES (:org_id, gen_random_uuid(), :job, clock_timestamp(), 'assigned', CAST(:actor AS jsonb), 'assigned',
        CAST(:detail AS jsonb))""")
_STANDING = text("""
UPDATE work_orders SET state = 'pending', pending_reason = 'suggested', pending_detail = CAST(:detail AS jsonb),
    alarm = CAST(:alarm AS jsonb)
WHERE id = :job""")


def test_an_event_without_the_members_of_today(day: Day, admin: Connection) -> None:
    day.map("J", step_m=100)
    day.lead("J")
    actor = {"kind": "technician", "id": str(day.org_id), "name": "Ana"}
    detail = {"technician_id": str(day.org_id), "formerly": "told"}
    values = {"actor": json.dumps(actor), "detail": json.dumps(detail)}
    admin.execute(_ENTRY, {"org_id": day.org_id, "job": day.jobs["J"], **values})
    with day.database.transaction(day.org_id) as tx:
        told = list_events(tx, day.jobs["J"], limit=200).items
    (entry,) = [entry for entry in told if entry.kind == "assigned"]
    assert (entry.actor, entry.detail) == (actor, detail)


def test_a_reason_and_an_alarm_without_the_members_of_today(day: Day, admin: Connection) -> None:
    day.map("J", step_m=100)
    day.lead("J")
    detail, alarm = {"formerly": 1}, {"code": "offers_exhausted", "at": "2026-01-01T00:00:00+00:00"}
    values = {"detail": json.dumps(detail), "alarm": json.dumps(alarm)}
    admin.execute(_STANDING, {"job": day.jobs["J"], **values})
    order = day.outcome("J").order
    assert (order.state, order.pending_reason) == (State.PENDING, PendingReason.SUGGESTED)
    assert (order.pending_detail, order.alarm) == (detail, alarm)
