"""Indexes for what a dispatcher's desk shows of a large organization, and for when each order was assigned.

Adds only; the index of alarms is replaced by one that orders them, too. They are built while others write. Of a build
that was interrupted an index without use is left; the next run replaces it.
"""

from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

_LIVE = "WHERE NOT (state IN ('cancelled', 'completed', 'converted'))"
_ALARM = "work_orders_alarm_idx"
_INDEXES = {
    "work_orders_live_group_idx": f"work_orders (org_id, group_id, store_id) {_LIVE}",
    "work_orders_live_store_idx": f"work_orders (org_id, store_id) {_LIVE}",
    f"{_ALARM}_new": "work_orders (org_id, created_at, id) WHERE alarm IS NOT NULL",
    "work_order_events_assigned_idx": "work_order_events (org_id, work_order_id, at) WHERE state = 'assigned'",
}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        # A build waits for transactions that began before it, and no one waits for the build.
        op.execute("SET lock_timeout = 0")
        op.execute("SET statement_timeout = 0")
        for name, said in _INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY {name} ON {said}")
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {_ALARM}")
        op.execute("RESET lock_timeout")
        op.execute("RESET statement_timeout")
    op.execute(f"ALTER INDEX {_ALARM}_new RENAME TO {_ALARM}")
