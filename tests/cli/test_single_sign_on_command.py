"""`geo-assign single-sign-on allow-passwords`: no organization stays locked out by its identity provider."""

import os

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from geo_assign.cli import main
from tests.access.api import Api, seeded_api
from tests.conftest import World

GIVEN = {"organization": "acme", "email": "root@acme.example", "password": "root-password"}


def run(world: World, monkeypatch: pytest.MonkeyPatch, organization: str) -> Result:
    for name in [name for name in os.environ if name.startswith("GEO_ASSIGN_") and "_TEST_" not in name]:
        monkeypatch.delenv(name)
    runner = CliRunner(env={"GEO_ASSIGN_DATABASE_URL": world.app_url})
    return runner.invoke(main, ["single-sign-on", "allow-passwords", organization])


def only_single_sign_on(api: Api) -> None:
    statement = """INSERT INTO single_sign_on (org_id, issuer, client_id, password_log_in, created_at, updated_at)
        VALUES (:org_id, 'https://login.example', 'client', false, now(), now())"""
    database = api.client.application.extensions["geo_assign"].database
    org_id = api.organization["id"]
    database.run(org_id, lambda tx: tx.conn.execute(text(statement), {"org_id": org_id}))


def test_passwords_work_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with seeded_api(world) as api:
        only_single_sign_on(api)
        assert api.post("/v1/sessions", json=GIVEN).json["code"] == "password_log_in_off"
        result = run(world, monkeypatch, "acme")
        assert (result.exit_code, result.output) == (0, "Passwords work again.\n")
        assert api.post("/v1/sessions", json=GIVEN).status_code == 201
        assert run(world, monkeypatch, "acme").output == "Passwords work already.\n"
        entries = api.get("/v1/audit?action=single_sign_on.passwords_allowed", by="root").json["items"]
        assert [entry["actor_kind"] for entry in entries] == ["system"]
        unknown = run(world, monkeypatch, "nowhere")
        assert (unknown.exit_code, "no organization 'nowhere'" in unknown.output) == (1, True)
