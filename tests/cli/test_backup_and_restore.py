"""The commands of the page about backups, as they stand: from the tests' server into a new one that has nothing."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from geo_assign.app import EXTENSION, create_app
from tests.access.api import seeded_api
from tests.conftest import SECRET_KEY, World, owner_of
from tests.docs.pages import page
from tests.schema.test_catalog import CATALOG, catalog
from tests.scripts.shell import Checkout, new_checkout

PAGE = page("docs/backup.md")
BACK_UP, WITHOUT_TRACK, RESTORE = PAGE.blocks("sh")
# No worker sends the events on: on a busy machine they have waited for long by the time they are looked at.
NOT_OF_THE_DATABASE = {"console", "events", "port", "push"}
PASSWORD = "of-the-new-owner"
OPEN = """
open_steps run
on_close() { stop_cluster; }
prepare_cluster run >&2
cluster_psql postgres <"$SQL" >&2
cluster_psql postgres -c "ALTER ROLE geo_assign_owner PASSWORD '$PASSWORD'" >&2
say "$PG_BIN $CLUSTER_PORT"
sleep 300 & wait
"""


@contextmanager
def new_server(checkout: Checkout, sql: Path) -> Iterator[tuple[Path, World]]:
    """A cluster in which the page's SQL was run: its programs, and URLs of roles of which two do not exist yet."""
    with checkout.start(OPEN, SQL=str(sql), PASSWORD=PASSWORD) as process:
        assert process.stdout is not None
        programs, port = next(line for line in process.stdout if line.startswith("/")).split()

        def url(role: str, password: str) -> str:
            return f"postgresql://{role}:{password}@127.0.0.1:{port}/geo_assign"

        try:
            yield (
                Path(programs),
                World(
                    admin_url=url("geo_assign_owner", PASSWORD),
                    app_url=url("geo_assign_app", "new-app"),
                    worker_url=url("geo_assign_worker", "new-worker"),
                ),
            )
        finally:
            process.terminate()


def run(block: str, world: World, programs: Path, folder: Path) -> str:
    """A block of the page in a shell that has the settings in its environment; what it printed."""
    path = f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {
        "PATH": path,
        "HOME": str(folder),
        "GEO_ASSIGN_ADMIN_DATABASE_URL": world.admin_url,
        "GEO_ASSIGN_DATABASE_URL": world.app_url,
        "GEO_ASSIGN_WORKER_DATABASE_URL": world.worker_url,
        "GEO_ASSIGN_SECRET_KEYS": SECRET_KEY,
        # As the tests' template has it: upgrading makes no other partitions.
        "GEO_ASSIGN_TRACK_RETENTION_DAYS": "3",
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def fill(world: World) -> str:
    """A day's rows in many tables; the token of a technician's phone."""
    with seeded_api(world) as api:
        place = {"lat": 41.15, "lon": -8.61}
        lead = {"store_id": api.id("stores", "centre"), "customer": {"name": "Kept Customer"}, "location": place}
        assert api.post("/v1/leads", by="shop", json=lead).status_code == 201
        ping = {"recorded_at": datetime.now(UTC).isoformat(), **place}
        assert api.post("/v1/positions", by="ana", json={"positions": [ping]}).status_code == 200
        key = {"provider": "photon", "url": "http://127.0.0.1:9/"}
        assert api.put(f"/v1/stores/{lead['store_id']}/map-key", by="root", json=key).status_code == 200
        hook = {"url": "https://hooks.example/x"}
        assert api.post("/v1/webhooks", by="root", json=hook).status_code == 201
        return api.token("ana")


def rows_of(conn: Connection) -> dict[str, int]:
    """How many rows each table and partition has."""
    tables = conn.execute(
        text(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') "
            "AND relname <> 'spatial_ref_sys' ORDER BY 1"
        )
    ).scalars()
    return {name: conn.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one() for name in list(tables)}


def described(conn: Connection) -> Mapping[str, object]:
    """What must be the same in both servers."""
    owner = str(conn.execute(text("SELECT current_user")).scalar_one())
    partitions = text("SELECT inhrelid::regclass::text, inhparent::regclass::text FROM pg_inherits")
    return {
        "rows": rows_of(conn),
        "partitions": {tuple(row) for row in conn.execute(partitions)},
        **{what: {comparable(row, owner) for row in catalog(conn, what)} for what in CATALOG if what != "grants"},
        "grants": {row for row in catalog(conn, "grants") if owner not in row},
    }


def comparable(row: Iterable[str], owner: str) -> tuple[str, ...]:
    """The owner has another name there, and a condition that was read again has other parentheses around its ANDs."""
    return tuple(re.sub(r"[()]", "", part.replace(owner, "OWNER")) for part in row)


def name_of(world: World, token: str) -> str:
    """Who a token is in this database, asked over the API."""
    app = create_app(world.settings())
    try:
        answer = app.test_client().get("/v1/me", headers={"Authorization": f"Bearer {token}"})
        return str(answer.get_json()["user"]["name"])
    finally:
        app.extensions[EXTENSION].close()


@pytest.mark.slow
def test_what_is_backed_up_is_restored_whole(world: World, admin: Connection, tmp_path: Path) -> None:
    token = fill(world)
    before = described(admin)
    assert {"work_orders", "position_track", "outbox", "webhook_secrets", "audit_entries"} <= {
        name
        for name, count in before["rows"].items()
        if count  # type: ignore[attr-defined]
    }
    sql = tmp_path / "made-by-hand.sql"
    sql.write_text(PAGE.blocks("sql")[0])
    sql.chmod(0o644)
    with new_server(new_checkout(tmp_path / "checkout"), sql) as (programs, new):
        run(BACK_UP, world, programs, tmp_path)
        run(WITHOUT_TRACK, world, programs, tmp_path)
        run(RESTORE, new, programs, tmp_path)
        found = json.loads(run("geo-assign doctor --json", new, programs, tmp_path))
        assert {one["name"] for one in found if one["verdict"] != "ok"} <= NOT_OF_THE_DATABASE
        with owner_of(new) as conn:
            after = described(conn)
        for what, was in before.items():
            assert after[what] == was, what
        assert name_of(new, token) == "Ana"
    assert (tmp_path / "without-track.dump").stat().st_size < (tmp_path / "geo-assign.dump").stat().st_size
