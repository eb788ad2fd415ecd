"""What must hold of work orders at every moment, asked in SQL as the owner. An empty list: it holds."""

from collections.abc import Mapping

from sqlalchemy import Connection, text

from geo_assign.core.tables import in_values
from geo_assign.workorders.domain import HOLDING, PUBLISHED, TAKEN, TRANSITIONS

_WAYS = ", ".join(f"('{before}', '{after}')" for before, onward in TRANSITIONS.items() for after in sorted(onward))
_SENT_AS = "CASE e.kind WHEN 'group_rejected' THEN 'group_changed' ELSE e.kind END"
_HOLDING = in_values("b.state", HOLDING)

# Each selects what breaks the rule that it is named after.
RULES: Mapping[str, str] = {
    "no technician is booked twice at a time": f"""
        SELECT b.id FROM bookings b JOIN bookings x ON x.org_id = b.org_id AND x.technician_id = b.technician_id
            AND x.id < b.id AND x.occupies && b.occupies
        WHERE {_HOLDING} AND {in_values("x.state", HOLDING)}""",
    "one active primary, the one whom the order names": f"""
        SELECT w.id FROM work_orders w
        WHERE {in_values("w.state", sorted(TAKEN))} AND ARRAY[w.technician_id] IS DISTINCT FROM (
            SELECT array_agg(b.technician_id) FROM bookings b
            WHERE b.org_id = w.org_id AND b.work_order_id = w.id AND b.role = 'primary' AND {_HOLDING})""",
    "an open offer holds its technician, and no other": f"""
        SELECT w.id FROM work_orders w
        WHERE w.state = 'offered' AND (
            NOT EXISTS (SELECT FROM offers o WHERE o.org_id = w.org_id AND o.work_order_id = w.id
                        AND o.state = 'offered')
            OR EXISTS (SELECT FROM bookings b WHERE b.org_id = w.org_id AND b.work_order_id = w.id
                       AND b.role = 'primary' AND {_HOLDING} AND NOT EXISTS (
                           SELECT FROM offers o WHERE o.org_id = b.org_id AND o.booking_id = b.id
                           AND o.state IN ('offered', 'accepted'))))""",
    "unassigned work holds no technician": f"""
        SELECT w.id FROM work_orders w JOIN bookings b ON b.org_id = w.org_id AND b.work_order_id = w.id
        WHERE w.state IN ('new', 'pending', 'cancelled', 'converted') AND {_HOLDING}""",
    "an open offer belongs to an order that is offered, and holds its time": """
        SELECT o.id FROM offers o JOIN work_orders w ON w.org_id = o.org_id AND w.id = o.work_order_id
            JOIN bookings b ON b.org_id = o.org_id AND b.id = o.booking_id
        WHERE o.state = 'offered' AND (w.state <> 'offered' OR b.state <> 'offered')""",
    "a lead became one ticket": """
        SELECT w.id FROM work_orders w WHERE w.state = 'converted' AND 1 <> (
            SELECT count(*) FROM work_orders t WHERE t.org_id = w.org_id AND t.converted_from = w.id)""",
    "the history ends in the present state": """
        SELECT w.id FROM work_orders w WHERE w.state <> (
            SELECT e.state FROM work_order_events e WHERE e.org_id = w.org_id AND e.work_order_id = w.id
            ORDER BY e.at DESC, e.id DESC LIMIT 1)""",
    "the history goes only the ways there are": f"""
        SELECT id FROM (
            SELECT e.id, e.state, lag(e.state) OVER (PARTITION BY e.org_id, e.work_order_id ORDER BY e.at, e.id) AS was
            FROM work_order_events e) steps
        WHERE was <> state AND (was, state) NOT IN ({_WAYS})""",
    # Pending for the same reason is not told again; a change may raise or clear an alarm beside what it tells.
    "every published event leaves the house once": f"""
        SELECT h.work_order_id FROM (
            SELECT e.org_id, e.work_order_id, {_SENT_AS} AS told, count(*) AS times
            FROM work_order_events e WHERE {in_values("e.kind", sorted(PUBLISHED))} GROUP BY 1, 2, 3) h
        CROSS JOIN LATERAL (
            SELECT count(*) AS times FROM outbox x WHERE x.org_id = h.org_id
                AND x.subject_id = h.work_order_id AND x.event_type = 'work_order.' || h.told) x
        WHERE CASE WHEN h.told = 'pending' THEN x.times > h.times
            WHEN h.told IN ('alarm_raised', 'alarm_cleared') THEN x.times < h.times
            ELSE x.times <> h.times END""",
}


def broken_rules(admin: Connection) -> list[str]:
    """The rules that do not hold, each with what breaks it."""
    found = {rule: admin.execute(text(query)).scalars().all() for rule, query in RULES.items()}
    return [f"{rule}: {[str(one) for one in rows]}" for rule, rows in found.items() if rows]
