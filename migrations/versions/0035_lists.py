"""Indexes for each sort and filter of the lists of work orders, and functions that find a skill and judge texts.

Adds only. The indexes are built while others write. Of a build that was interrupted an index without use is left; the
next run replaces it.
"""

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

_LONG = "WHERE slot_end - slot_start > interval '1 day'"
# The one of before orders by the first column alone.
_WAITING = "work_orders_waiting_idx"
_INDEXES = {
    f"{_WAITING}_new": "(org_id, slot_start, created_at, id) WHERE state IN ('new', 'pending')",
    "work_orders_slot_idx": "(org_id, slot_start, created_at, id)",
    "work_orders_priority_idx": "(org_id, priority, created_at, id)",
    "work_orders_urgent_idx": "(org_id, priority DESC, created_at, id)",
    "work_orders_state_idx": "(org_id, state, created_at, id)",
    "work_orders_store_idx": "(org_id, store_id, created_at, id)",
    "work_orders_group_idx": "(org_id, group_id, created_at, id)",
    "work_orders_reason_idx": "(org_id, pending_reason, created_at, id) WHERE pending_reason IS NOT NULL",
    "work_orders_unlocated_idx": "(org_id, created_at, id) WHERE lat IS NULL",
    "work_orders_external_id_idx": "(org_id, external_id) WHERE external_id IS NOT NULL",
    "work_orders_returned_idx": "(org_id, returned_to) WHERE returned_to IS NOT NULL",
    "work_orders_long_idx": f"(org_id, slot_end) {_LONG}",
    "work_orders_longest_idx": f"(org_id, (slot_end - slot_start)) {_LONG}",
    "work_orders_skills_idx": "USING gin (org_id, skills) WITH (gin_pending_list_limit = 512) WHERE skills <> '{}'",
}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        # A build waits for transactions that began before it, and no one waits for the build.
        _run("SET lock_timeout = 0; SET statement_timeout = 0")
        for name, said in _INDEXES.items():
            _run(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            _run(f"CREATE INDEX CONCURRENTLY {name} ON work_orders {said}")
        _run(f"DROP INDEX CONCURRENTLY IF EXISTS {_WAITING}")
        _run("RESET lock_timeout; RESET statement_timeout")
    _run(f"ALTER INDEX {_WAITING}_new RENAME TO {_WAITING}")
    _run("""
    CREATE FUNCTION find_work_orders_by_skill(skill text, at_most integer) RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp ROWS 100 AS $$
    BEGIN
        RETURN QUERY EXECUTE 'SELECT w.id FROM work_orders w WHERE w.org_id = $1 AND w.skills @> ARRAY[$2] '
            'AND w.skills <> ''{}'' LIMIT $3'
            USING nullif(current_setting('app.org_id', true), '')::uuid, skill, at_most;
    END $$;

    CREATE FUNCTION find_work_orders(words text[], at_most integer) RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp ROWS 100 AS $$
    DECLARE
        org uuid := nullif(current_setting('app.org_id', true), '')::uuid;
        condition text := (SELECT string_agg('(' || search_condition(word) || ')', ' AND ') FROM unnest(words) word);
    BEGIN
        IF condition IS NOT NULL THEN
            RETURN QUERY EXECUTE 'SELECT s.work_order_id FROM work_order_search s WHERE s.org_id = $1 AND '
                || condition || ' LIMIT $2' USING org, at_most;
        END IF;
    END $$;

    CREATE FUNCTION find_work_orders_among(words text[], among uuid[]) RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp ROWS 100 AS $$
    DECLARE
        org uuid := nullif(current_setting('app.org_id', true), '')::uuid;
        condition text := (SELECT string_agg('(' || search_condition(word) || ')', ' AND ') FROM unnest(words) word);
    BEGIN
        IF condition IS NOT NULL THEN
            RETURN QUERY EXECUTE 'SELECT s.work_order_id FROM work_order_search s '
                'WHERE s.org_id = $1 AND s.work_order_id = ANY ($2) AND (' || condition || ') IS TRUE' USING org, among;
        END IF;
    END $$;

    REVOKE ALL ON FUNCTION find_work_orders_by_skill(text, integer) FROM PUBLIC;

    GRANT EXECUTE ON FUNCTION find_work_orders_by_skill(text, integer) TO geo_assign_app;

    REVOKE ALL ON FUNCTION find_work_orders(text[], integer) FROM PUBLIC;

    GRANT EXECUTE ON FUNCTION find_work_orders(text[], integer) TO geo_assign_app;

    REVOKE ALL ON FUNCTION find_work_orders_among(text[], uuid[]) FROM PUBLIC;

    GRANT EXECUTE ON FUNCTION find_work_orders_among(text[], uuid[]) TO geo_assign_app;
    """)


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
