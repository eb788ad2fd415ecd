"""Work orders are found by the end of a phone number, through an index of those ends.

Adds only. The index is built while others write; of a build that was interrupted an index without use is left, which
the next run replaces. `search_condition` answers as it did to what older versions ask.
"""

from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

_INDEX = "work_order_search_phones_idx"


def upgrade() -> None:
    _run(r"""
    CREATE OR REPLACE FUNCTION search_phone_ends(told text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT array_agg(DISTINCT right(phone[1], 7)) FROM regexp_matches(told, E'\x03([0-9]{7,})', 'g') phone
    $$;
    """)
    with op.get_context().autocommit_block():
        # A build waits for transactions that began before it, and no one waits for the build.
        _run("SET lock_timeout = 0; SET statement_timeout = 0")
        _run(f"DROP INDEX CONCURRENTLY IF EXISTS {_INDEX}")
        _run(
            f"CREATE INDEX CONCURRENTLY {_INDEX} ON work_order_search "
            "USING gin (org_id, search_phone_ends(text)) WITH (gin_pending_list_limit = 512)"
        )
        _run("RESET lock_timeout; RESET statement_timeout")
    _run(r"""
    CREATE OR REPLACE FUNCTION search_phone_condition(given text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
        SELECT coalesce(format('search_phone_ends(s.text) @> ARRAY[%L] AND (', right(search_digits(given), 7))
            || string_agg(format('position(%L in s.text) > 0', btrim(pattern, '%') || ' '), ' OR ') || ')', 'false')
        FROM unnest(search_phone_patterns(given)) pattern
    $$;

    CREATE OR REPLACE FUNCTION search_condition(word text) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
    DECLARE
        parts text[] := string_to_array(word, ' ');
        ways text[] := CASE WHEN cardinality(parts) > 1 THEN search_phone_patterns(word) ELSE search_ways(word) END;
        condition text := (SELECT string_agg(format('s.text LIKE %L', way), ' OR ') FROM unnest(ways) way);
    BEGIN
        IF starts_with(word, E'\x03') THEN
            RETURN search_phone_condition(substr(word, 2));
        END IF;
        IF cardinality(parts) > 1 THEN
            condition := concat_ws(' OR ', condition,
                (SELECT '(' || string_agg('(' || search_condition(part) || ')', ' AND ') || ')' FROM unnest(parts) part));
        END IF;
        RETURN condition;
    END $$;
    """)


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
