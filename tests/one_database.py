"""One database for all tests of a run, emptied between them, in the place of clones of templates.

`GEO_ASSIGN_TEST_ONE_DATABASE` is the URL of a superuser to a database that `geo-assign db upgrade` has brought up, or
that Citus distributes besides, of which there are no templates. Its name begins with `geo_test`, for all that is in it
is deleted. One process can use it at a time, so the tests run with `-n 1` or without workers.

Left out are tests that want a database of other contents, or two at a time. One that changes the schema fails.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import psycopg
import pytest
from sqlalchemy import make_url

from tests.day import NOON

VARIABLE = "GEO_ASSIGN_TEST_ONE_DATABASE"
PREFIX = "geo_test"
_IN_USE = 0x6F6E_6500
_HAS_PARTS = "SELECT to_regclass('pg_dist_partition') IS NOT NULL"

# On each server, the parts that lie there. Without foreign keys and triggers, which look at what is deleted.
_EMPTY_PARTS = """DO $parts$
DECLARE
    part regclass;
BEGIN
    SET LOCAL session_replication_role = replica;
    SET LOCAL citus.override_table_visibility TO off;
    FOR part IN
        SELECT to_regclass(shard_name(s.logicalrelid, s.shardid)) FROM pg_dist_shard s
        JOIN pg_class c ON c.oid = s.logicalrelid WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
    LOOP
        IF part IS NOT NULL THEN
            EXECUTE format('DELETE FROM %s', part);
        END IF;
    END LOOP;
END $parts$"""


def one_database_url() -> str | None:
    """Where all tests run, if they run in one database."""
    return os.environ.get(VARIABLE) or None


def list_deletions(conn: psycopg.Connection[tuple[object, ...]], plain: list[str]) -> list[str]:
    """The statements of a function that empty the database: those of a plain one, or those for every server."""
    row = conn.execute(_HAS_PARTS).fetchone()
    if row is None or not row[0]:
        return plain
    everywhere = _EMPTY_PARTS.replace("'", "''")
    return [f"PERFORM run_command_on_workers('{everywhere}')", f"EXECUTE '{everywhere}'"]


class OneDatabase:
    """The database, for one test after the other."""

    def __init__(self, url: str) -> None:
        if not (make_url(url).database or "").startswith(PREFIX):
            pytest.exit(f"{VARIABLE}: what is emptied has to begin with {PREFIX}", returncode=4)
        self.url = url
        self._lent = False
        self._conn = psycopg.connect(url, autocommit=True)
        row = self._conn.execute("SELECT pg_try_advisory_lock(%s)", [_IN_USE]).fetchone()
        if row is None or not row[0]:
            self._conn.close()
            pytest.exit(f"{VARIABLE}: another process uses that database; run the tests with -n 1", returncode=4)
        self._conn.execute("SELECT ensure_track_partitions(%s, %s)", _recorded_days())

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Have it alone meanwhile."""
        if self._lent:
            pytest.skip(f"wants two databases at a time, and {VARIABLE} is one")
        self._lent = True
        try:
            yield
        finally:
            self._lent = False

    def close(self) -> None:
        self._conn.close()


def _recorded_days() -> list[date]:
    return [NOON.date() - timedelta(days=2), NOON.date() + timedelta(days=2)]
