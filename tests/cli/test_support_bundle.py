"""The support bundle of an installation full of marked data holds none of the marks."""

import json
import os
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from geo_assign.cli import main
from tests.access.api import seeded_api
from tests.conftest import World

MARK = "Zyxwvu"
NUMBER = "351919191919"
PLACE = {"lat": 41.1597531, "lon": -8.6186423}
TOKEN = f"gas_{MARK}tokentokentokentoken"
SECRET = f"{MARK}-secret-of-the-operator"
Bundle = Callable[..., tuple[Result, dict[str, str]]]


@pytest.fixture
def bundle(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Bundle:
    """Runs the command with settings full of marks; the files of the bundle by name."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("GEO_ASSIGN_") and "_TEST_" not in name]:
        monkeypatch.delenv(name)

    def run(*options: str, **changes: str) -> tuple[Result, dict[str, str]]:
        settings = {
            "DATABASE_URL": world.app_url,
            "WORKER_DATABASE_URL": world.worker_url,
            "ADMIN_DATABASE_URL": world.admin_url,
            "SECRET_KEYS": SECRET,
            "MAP_TILES_URL": f"https://tiles.example/{{z}}/{{x}}/{{y}}.png?key={SECRET}",
            "PUBLIC_URL": f"https://{MARK}.example",
            "RATE_LIMIT_STORAGE": f"redis://:{SECRET}@127.0.0.1:1",
        }
        env = {f"GEO_ASSIGN_{name}": value for name, value in (settings | changes).items()}
        result = CliRunner(env=env).invoke(main, ["doctor", "--bundle", "bundle.zip", *options])
        assert (tmp_path / "bundle.zip").is_file(), (result.output, result.exc_info)
        with zipfile.ZipFile(tmp_path / "bundle.zip") as packed:
            return result, {name: packed.read(name).decode() for name in packed.namelist()}

    return run


def fill(world: World, admin: Connection) -> None:
    """Leads, positions and people with marks, then a mark in every text and document that takes one."""
    with seeded_api(world) as api:
        lead = {
            "store_id": api.id("stores", "centre"),
            "customer": {"name": f"{MARK} Customer", "phone": f"+{NUMBER}", "email": f"{MARK}@customer.example"},
            "address": f"{MARK} Street 5",
            "location": PLACE,
            "notes": f"{MARK} waits at the door",
            "external_id": f"{MARK}-1",
        }
        assert api.post("/v1/leads", by="shop", json=lead).status_code == 201
        ping = {"recorded_at": datetime.now(UTC).isoformat(), **PLACE}
        assert api.post("/v1/positions", by="ana", json={"positions": [ping]}).status_code == 200
        hook = {"url": f"https://hooks.example/{MARK}"}
        assert api.post("/v1/webhooks", by="root", json=hook).status_code == 201
    columns = admin.execute(
        text(
            "SELECT table_name, column_name, data_type FROM information_schema.columns "
            "WHERE table_schema = 'public' AND is_generated = 'NEVER' AND data_type IN ('text', 'jsonb', 'ARRAY')"
        )
    ).all()
    marked = 0
    for table, column, kind in columns:
        value = {"text": f"'{MARK}'", "jsonb": f"""'{{"x": "{MARK}"}}'""", "ARRAY": f"ARRAY['{MARK}']"}[kind]
        try:
            marked += admin.execute(text(f'UPDATE "{table}" SET "{column}" = {value}')).rowcount
        except SQLAlchemyError:
            continue  # a CHECK or key knows its values: no person wrote them
    assert marked > 20


def write_log(path: Path) -> None:
    """Lines of ours, with marks wherever a careless or future line could have them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [
        {"at": "2026-05-21T14:05:00.123456Z", "level": "info", "event": "request", "route": "/v1/leads", "status": 201},
        {
            "event": f"call of {MARK} Person",
            "level": MARK + "@x.example",
            "route": f"/v1/leads/{TOKEN}",
            "code": NUMBER,
        },
        {"event": "request_failed", "customer": MARK, "email": f"{MARK}@x.example", "message": f"{MARK} {TOKEN}"},
        {
            "event": "request_failed",
            "exception": [
                {
                    "type": "psycopg.errors.UniqueViolation",
                    "message": f"Key (email)=({MARK}@x.example) exists",
                    "frames": ["geo_assign/http/application.py:63 handle", f"/home/{MARK} {MARK}/x"],
                },
                MARK,
            ],
        },
    ]
    path.write_text("\n".join([*map(json.dumps, lines), f"plain text of {MARK}", "[1]", "{"]))


def test_nothing_personal_and_no_secret_is_in_it(
    bundle: Bundle, world: World, admin: Connection, tmp_path: Path
) -> None:
    fill(world, admin)
    write_log(tmp_path / ".local" / "log" / "api.log")
    _, parts = bundle()
    whole = "\n".join(parts.values())
    for secret in (MARK, MARK.lower(), NUMBER, "41.15975", "8.61864", SECRET, "geo_assign_test_app:", "127.0.0.1"):
        assert secret not in whole, secret
    for told in ("root@acme.example", "Ana", "acme", "hooks.example", "tiles.example"):
        assert told not in whole, told


def test_it_tells_what_helps(bundle: Bundle, world: World, admin: Connection, tmp_path: Path) -> None:
    fill(world, admin)
    write_log(tmp_path / ".local" / "log" / "api.log")
    result, parts = bundle()
    assert "bundle.zip is written" in result.stderr
    about, checks, settings, database = (
        json.loads(parts[f"{name}.json"]) for name in ("about", "checks", "settings", "database")
    )
    assert about["packages"]["Flask" if "Flask" in about["packages"] else "flask"]
    assert checks["secret keys"] == "fail"
    assert (settings["port"], settings["rate_limits"], settings["secret_keys"]) == (8080, "on", "set")
    assert settings["basemap_path"] == "default"
    assert {"state": "pending", "rows": 1} in database["owner"]["work_orders by state"]
    assert database["application"]["revision"] == database["owner"]["revision"]
    assert any(one["relname"].startswith("position_track_2") for one in database["owner"]["statistics"])
    (log,) = (json.loads(content) for name, content in parts.items() if name.startswith("log-"))
    assert log[0] == {
        "at": "2026-05-21T14:05:00.123456Z",
        "event": "request",
        "level": "info",
        "route": "/v1/leads",
        "status": 201,
    }
    assert log[3]["exception_1"] == {
        "type": "psycopg.errors.UniqueViolation",
        "frames": ["geo_assign/http/application.py:63 handle"],
    }


def test_without_a_database_there_is_still_a_bundle(bundle: Bundle) -> None:
    url = f"postgresql://{MARK}:{SECRET}@127.0.0.1:1/{MARK}"
    result, parts = bundle(DATABASE_URL=url, WORKER_DATABASE_URL="not a url", ADMIN_DATABASE_URL="")
    assert result.exit_code == 1
    assert json.loads(parts["database.json"])["application"] == {"error": "OperationalError"}
    assert MARK not in "\n".join(parts.values())


def test_logs_may_be_named(bundle: Bundle, tmp_path: Path) -> None:
    for name in ("one.log", "two.log"):
        write_log(tmp_path / name)
    _, parts = bundle("--log", "one.log", "--log", "two.log")
    assert len([name for name in parts if name.startswith("log-")]) == 2
