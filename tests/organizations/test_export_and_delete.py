"""A whole organization as a file, and a whole organization gone."""

import io
import json
import re
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result
from psycopg import sql
from sqlalchemy import LargeBinary

from geo_assign.cli import main
from geo_assign.organizations.deleting import delete_organization
from geo_assign.organizations.exporting import is_left_out
from geo_assign.schema import metadata
from tests.api.neighbours import Neighbours, neighbours_in
from tests.api.test_isolation import _fill_the_rest
from tests.conftest import World, cloned

TABLES = sorted(metadata.tables)
# What is bytes and no secret.
CONTENT = {
    "geocode_cache.cache_key",
    "insight_days.hours",
    "insight_sums.counts",
    "insight_sums.loads",
    "learned_pins.address_key",
    "pin_evidence.address_key",
    "work_order_images.content",
    "work_order_images.sha256",
}


@pytest.fixture(scope="module")
def filled_world(template: str) -> Iterator[tuple[World, Neighbours]]:
    """Two organizations with a row in every table."""
    with cloned(template) as world, neighbours_in(world) as neighbours:
        for house in (neighbours.ours, neighbours.theirs):
            _fill_the_rest(house.org_id, house.things, world)
        yield world, neighbours


@pytest.fixture
def operate(filled_world: tuple[World, Neighbours], monkeypatch: pytest.MonkeyPatch) -> Any:
    settings = filled_world[0].settings()
    for name in ("database_url", "worker_database_url", "admin_database_url"):
        monkeypatch.setenv(f"GEO_ASSIGN_{name.upper()}", getattr(settings, name).get_secret_value())

    def run(*arguments: str, typed: str | None = None) -> Result:
        return CliRunner().invoke(main, ["organizations", *arguments], input=typed)

    return run


@pytest.fixture
def exported(operate: Any, tmp_path: Path) -> Iterator[zipfile.ZipFile]:
    path = tmp_path / "acme.zip"
    result = operate("export", "acme", str(path))
    assert result.exit_code == 0, result.output
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]
    with zipfile.ZipFile(path) as archive:
        yield archive


def counts_of(world: World, org_id: str) -> dict[str, int]:
    with psycopg.connect(world.admin_url) as owner:
        counts = {}
        for table in TABLES:
            query = sql.SQL("SELECT count(*) FROM {} WHERE org_id = %s").format(sql.Identifier(table))
            row = owner.execute(query, [org_id]).fetchone()
            counts[table] = int(row[0]) if row else 0
        return counts


def rows_of(archive: zipfile.ZipFile, table: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in archive.read(f"tables/{table}.jsonl").splitlines()]


def test_every_row_of_every_table_is_exported(
    filled_world: tuple[World, Neighbours], exported: zipfile.ZipFile
) -> None:
    world, neighbours = filled_world
    counts = counts_of(world, neighbours.ours.org_id)
    manifest = json.loads(exported.read("manifest.json"))
    assert {name: entry["rows"] for name, entry in manifest["tables"].items()} == counts
    for table in TABLES:
        rows = rows_of(exported, table)
        assert len(rows) == counts[table] > 0
        assert {row["org_id"] for row in rows} == {neighbours.ours.org_id}
        assert set(rows[0]) == set(manifest["tables"][table]["columns"])
    assert manifest["organization"]["slug"] == "acme"
    assert manifest["format"] == 1


def test_nothing_of_the_others_and_no_secret_is_in_it(
    filled_world: tuple[World, Neighbours], exported: zipfile.ZipFile
) -> None:
    world, neighbours = filled_world
    everything = b"".join(exported.read(name) for name in exported.namelist()).decode()
    assert neighbours.theirs.org_id not in everything
    assert not re.search(r"\$argon2|ga[sk]_[A-Za-z0-9]|whsec_|gAAAA", everything)
    with psycopg.connect(world.admin_url) as owner:
        hashes = owner.execute("SELECT encode(token_hash, 'base64') FROM sessions").fetchall()
    assert all(value not in everything for (value,) in hashes)


def test_bytes_are_secrets_unless_they_are_known_to_be_content() -> None:
    binary = {
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary) and not is_left_out(column)
    }
    assert binary == CONTENT


def test_the_output_takes_the_same_where_a_dash_is_named(operate: Any, exported: zipfile.ZipFile) -> None:
    result = operate("export", "acme", "-")
    assert result.exit_code == 0, result.stderr
    assert result.stderr.endswith(" rows of acme are in the output.\n")
    with zipfile.ZipFile(io.BytesIO(result.stdout_bytes)) as piped:
        assert piped.testzip() is None
        assert piped.namelist() == exported.namelist()
        assert all(rows_of(piped, table) == rows_of(exported, table) for table in TABLES)
    assert not Path("-").exists()


def test_a_file_that_is_there_is_not_written_over(operate: Any, tmp_path: Path) -> None:
    path = tmp_path / "kept.zip"
    path.write_text("mine")
    result = operate("export", "acme", str(path))
    assert (result.exit_code, result.output) == (1, f"Error: {path} is there already.\n")
    assert path.read_text() == "mine"
    assert operate("export", "nowhere", str(tmp_path / "x.zip")).exit_code == 1
    assert list(tmp_path.iterdir()) == [path]


def test_the_list_tells_each_with_what_it_uses(operate: Any) -> None:
    listed = json.loads(operate("list", "--json").output)
    assert [one["slug"] for one in listed] == ["acme", "rival"]
    assert set(listed[0]["quotas"]) == {"technicians", "pings_per_day", "leads_per_day", "storage_mb"}
    assert listed[0]["quotas"]["technicians"]["used"] > 0
    table = operate("list").output
    assert "acme" in table
    assert "rival" in table


@pytest.mark.parametrize("typed", ["", "\n", "acm\n", "ACME\n", "yes\n", "rival\n"])
def test_without_the_slug_again_nothing_is_deleted(
    operate: Any, filled_world: tuple[World, Neighbours], typed: str
) -> None:
    world, neighbours = filled_world
    before = counts_of(world, neighbours.ours.org_id)
    assert operate("delete", "acme", typed=typed).exit_code == 1
    assert counts_of(world, neighbours.ours.org_id) == before


def test_deleting_leaves_nothing_and_touches_no_other(template: str) -> None:
    with cloned(template) as world, neighbours_in(world) as neighbours:
        for house in (neighbours.ours, neighbours.theirs):
            _fill_the_rest(house.org_id, house.things, world)
        theirs = counts_of(world, neighbours.theirs.org_id)
        ours = counts_of(world, neighbours.ours.org_id)
        counts = delete_organization(world.admin_url, neighbours.ours.org_id, slug="acme", batch=2)  # type: ignore[arg-type]
        assert counts == ours
        assert not any(counts_of(world, neighbours.ours.org_id).values())
        assert counts_of(world, neighbours.theirs.org_id) == theirs
        assert _rows_anywhere(world, neighbours.ours.org_id) == []
        token = neighbours.ours.token("root")
        client = neighbours.app.test_client()
        assert client.get("/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401
        # The slug is free again.
        again = CliRunner().invoke(main, ["organizations", "delete", "acme", "--confirm", "acme"], env=_env(world))
        assert "no organization" in again.output


def _env(world: World) -> dict[str, str]:
    settings = world.settings()
    urls = ("database_url", "worker_database_url", "admin_database_url")
    return {f"GEO_ASSIGN_{name.upper()}": getattr(settings, name).get_secret_value() for name in urls}


def _rows_anywhere(world: World, org_id: str) -> list[str]:
    """Tables of the database, partitions included, in whose rows the id stands anywhere."""
    found = []
    with psycopg.connect(world.admin_url) as owner:
        names = owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (name,) in names.fetchall():
            query = sql.SQL("SELECT count(*) FROM {} t WHERE t::text LIKE %s").format(sql.Identifier(name))
            row = owner.execute(query, [f"%{org_id}%"]).fetchone()
            if row and row[0]:
                found.append(name)
    return found
