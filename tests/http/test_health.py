"""Alive, ready, counted."""

import pytest
from sqlalchemy import Connection, text

from tests.conftest import World
from tests.http.conftest import MakeClient


def verdicts(client: object) -> tuple[int, dict[str, bool]]:
    answer = client.get("/health/ready")  # type: ignore[attr-defined]
    return answer.status_code, {check["name"]: check["ok"] for check in answer.json["checks"]}


def test_a_migrated_database_and_a_bound_role_are_ready(make_client: MakeClient) -> None:
    status, checks = verdicts(make_client())
    assert status == 200
    assert checks == dict.fromkeys(("secret_keys", "database", "role", "durability", "migrations"), True)


def test_a_role_that_row_security_does_not_bind_is_refused(make_client: MakeClient, world: World) -> None:
    status, checks = verdicts(make_client(database_url=world.admin_url))
    assert (status, checks["role"]) == (503, False)


def test_a_database_at_another_revision_is_refused(make_client: MakeClient, admin: Connection) -> None:
    admin.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    status, checks = verdicts(make_client())
    assert (status, checks["migrations"]) == (503, False)


def test_a_server_that_may_lose_writes_is_refused_unless_told(
    make_client: MakeClient, admin: Connection, world: World
) -> None:
    name = admin.execute(text("SELECT current_database()")).scalar_one()
    admin.exec_driver_sql(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    status, checks = verdicts(make_client(allow_unsafe_database=False))
    assert (status, checks["durability"]) == (503, False)
    assert verdicts(make_client(allow_unsafe_database=True))[0] == 200


def test_without_secret_keys_it_is_not_ready(make_client: MakeClient) -> None:
    status, checks = verdicts(make_client(secret_keys=""))
    assert (status, checks["secret_keys"]) == (503, False)


def test_an_unreachable_database_is_said_without_its_address(make_client: MakeClient) -> None:
    client = make_client(database_url="postgresql://unknown:hidden@127.0.0.1:1/nowhere")
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert "hidden" not in answer.get_data(as_text=True)
    assert client.get("/health/live").json == {"status": "ok"}
    assert client.get("/v1/me", headers={"Authorization": "Bearer gas_AAAAAAAAAAAAAAAAAAAAAA_x"}).status_code == 503


def test_metrics_count_requests_by_operation_and_status(make_client: MakeClient) -> None:
    client = make_client()
    client.get("/v1/me")
    told = client.get("/metrics")
    assert told.content_type.startswith("text/plain")
    assert 'geo_assign_http_requests_total{operation="get_me",status="401"}' in told.get_data(as_text=True)
    assert "geo_assign_pool_permits_in_use" in told.get_data(as_text=True)


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics"])
def test_health_is_never_kept_by_a_cache(make_client: MakeClient, path: str) -> None:
    assert make_client().get(path).headers["Cache-Control"] == "no-store"
