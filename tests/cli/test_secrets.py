"""`geo-assign secrets rotate`: after it, the newest key alone reads everything that is stored encrypted."""

import os
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner, Result
from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy import Connection, text

from geo_assign.access.domain import system_caller
from geo_assign.cli import main
from geo_assign.core.db import Database
from geo_assign.core.secrets import SecretBox
from geo_assign.schema import metadata
from geo_assign.secret_rotation import ROTATIONS
from geo_assign.seed import load, read_document
from geo_assign.webhooks.commands.subscriptions import NewWebhook, create_webhook
from tests.conftest import World

OLD, NEW, LOST = (Fernet.generate_key().decode() for _ in range(3))
MAP_KEY = "an-invented-map-key"
Rotate = Callable[..., Result]
_ENCRYPTED = "_encrypted"


@pytest.fixture
def rotate(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Rotate:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("GEO_ASSIGN_") and "_TEST_" not in name]:
        monkeypatch.delenv(name)

    def run(*arguments: str, keys: str = f"{NEW},{OLD}", **changes: str | None) -> Result:
        settings = {"DATABASE_URL": world.app_url, "WORKER_DATABASE_URL": world.worker_url, "SECRET_KEYS": keys}
        env = {f"GEO_ASSIGN_{name}": value for name, value in (settings | changes).items()}
        return CliRunner(env=env).invoke(main, ["secrets", "rotate", *arguments])

    return run


def fill(world: World, database: Database, slug: str, key: str = OLD) -> None:
    """An organization with a map key and a webhook's secret, both encrypted with `key`."""
    settings = world.settings(secret_keys=key)
    store = (
        '{"slug": "main", "name": "Main", "timezone": "Europe/Lisbon", "location": {"lat": 41.1, "lon": -8.6}, '
        f'"map_key": {{"provider": "opencage", "key": "{MAP_KEY}"}}}}'
    )
    file = f'{{"organizations": [{{"slug": "{slug}", "name": "{slug}", "stores": [{store}]}}]}}'
    tree = load(database, settings, read_document(file))
    with database.transaction(UUID(str(tree["organizations"][0]["id"]))) as tx:
        create_webhook(tx, SecretBox([key]), system_caller(tx.org_id), NewWebhook(url="https://hooks.example/x"))


def encrypted(admin: Connection, slug: str) -> list[bytes]:
    both = (
        "SELECT org_id, key_encrypted AS secret FROM map_keys "
        "UNION ALL SELECT org_id, secret_encrypted FROM webhook_secrets"
    )
    statement = text(f"SELECT secret FROM ({both}) AS secrets JOIN organizations USING (org_id) WHERE slug = :slug")
    return [bytes(one) for one in admin.execute(statement, {"slug": slug}).scalars()]


def test_every_organization_is_read_by_the_new_key_alone(
    rotate: Rotate, world: World, database: Database, admin: Connection
) -> None:
    for slug in ("acme", "birch", "cedar"):
        fill(world, database, slug)
    result = rotate("--all")
    assert result.exit_code == 0, result.output
    counts = "0 customers' links, 1 map keys, 1 webhook secrets, 0 client secrets, 0 second factors"
    counts += ", 0 waiting mails, 0 push subscriptions"
    assert result.stdout.splitlines()[0] == f"acme: {counts} are encrypted with the newest key."
    for slug in ("acme", "birch", "cedar"):
        secrets = [SecretBox([NEW]).decrypt(one) for one in encrypted(admin, slug)]
        assert len(secrets) == 2
        assert SecretStr(MAP_KEY) in secrets
    assert MAP_KEY not in result.output


def test_one_alone_leaves_the_others(rotate: Rotate, world: World, database: Database, admin: Connection) -> None:
    fill(world, database, "acme")
    fill(world, database, "birch")
    assert rotate("birch").exit_code == 0
    assert all(SecretBox([OLD]).decrypt(one) for one in encrypted(admin, "acme"))
    assert all(SecretBox([NEW]).decrypt(one) for one in encrypted(admin, "birch"))


def test_what_no_key_reads_is_named_and_does_not_stop_the_others(
    rotate: Rotate, world: World, database: Database, admin: Connection
) -> None:
    fill(world, database, "acme", LOST)
    fill(world, database, "birch")
    before = encrypted(admin, "acme")
    result = rotate("--all")
    assert result.exit_code == 1
    assert "acme: left as it was" in result.stderr
    assert "Keep the old keys, which these organizations still need: acme." in result.stderr
    assert encrypted(admin, "acme") == before
    assert all(SecretBox([NEW]).decrypt(one) for one in encrypted(admin, "birch"))


def test_no_organization_is_no_failure(rotate: Rotate) -> None:
    assert rotate("--all").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "changes", "status", "told"),
    [
        ((), {}, 2, "--all"),
        (("acme", "--all"), {}, 2, "--all"),
        (("nowhere",), {}, 1, "no organization 'nowhere'"),
        (("--all",), {"WORKER_DATABASE_URL": None}, 1, "GEO_ASSIGN_WORKER_DATABASE_URL"),
    ],
)
def test_what_cannot_be_done_is_said(
    rotate: Rotate, arguments: tuple[str, ...], changes: dict[str, str | None], status: int, told: str
) -> None:
    result = rotate(*arguments, **changes)
    assert (result.exit_code, told in result.stderr) == (status, True), result.output


def test_every_table_with_encrypted_values_is_rotated() -> None:
    holding = {table.name for table in metadata.sorted_tables if any(_ENCRYPTED in column.name for column in table.c)}
    assert holding == set(ROTATIONS)
