"""Alive, ready, counted."""

import json
from collections.abc import Callable

import pytest
from sqlalchemy import Connection, text

from geo_assign.access.domain import Role
from geo_assign.http import health
from tests.conftest import World
from tests.http.conftest import MakeClient, People, bearer


def verdicts(client: object) -> tuple[int, dict[str, bool]]:
    answer = client.get("/health/ready")  # type: ignore[attr-defined]
    return answer.status_code, {check["name"]: check["ok"] for check in answer.json["checks"]}


def test_a_migrated_database_and_a_bound_role_are_ready(make_client: MakeClient) -> None:
    status, checks = verdicts(make_client())
    assert status == 200
    names = ("secret_keys", "database", "role", "durability", "migrations", "writes", "worker_writes")
    assert checks == dict.fromkeys(names, True)


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


def test_metrics_count_requests_by_part_of_the_api_and_problem(make_client: MakeClient) -> None:
    client = make_client()
    client.get("/v1/me")
    told = client.get("/metrics")
    assert told.content_type.startswith("text/plain")
    assert 'geo_assign_http_requests_total{status="4xx",tag="Me"}' in told.get_data(as_text=True)
    assert 'geo_assign_http_problems_total{status="401"}' in told.get_data(as_text=True)
    assert "geo_assign_pool_permits_in_use" in told.get_data(as_text=True)


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics"])
def test_health_is_never_kept_by_a_cache(make_client: MakeClient, path: str) -> None:
    assert make_client().get(path).headers["Cache-Control"] == "no-store"


# What reads well and takes no writes ----------------------------------------------------------------------------------


def break_the_language(admin: Connection) -> None:
    """As after an upgrade under the running server: the library of the procedural language is not the one it knew."""
    admin.execute(
        text(
            "CREATE OR REPLACE FUNCTION refuse_unknown_transition() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'incompatible library' USING ERRCODE = 'internal_error'; END $$"
        )
    )


def break_a_function_of_positions(admin: Connection) -> None:
    admin.execute(
        text(
            "CREATE OR REPLACE FUNCTION refuse_off_duty_positions() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'no file' USING ERRCODE = 'undefined_file'; END $$"
        )
    )


def fill_the_disk(admin: Connection) -> None:
    admin.execute(
        text(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$"
        )
    )
    for table in ("organizations", "work_orders"):
        admin.execute(
            text(f"CREATE TRIGGER no_room BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION full_disk()")
        )


def make_read_only(admin: Connection) -> None:
    name = admin.execute(text("SELECT current_database()")).scalar_one()
    # A changed schema is lent to no other test.
    admin.execute(text("CREATE TABLE of_this_test ()"))
    admin.exec_driver_sql(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')


def take_a_privilege(admin: Connection) -> None:
    admin.execute(text("REVOKE INSERT ON work_order_events FROM geo_assign_app"))


def take_what_a_trigger_calls(admin: Connection) -> None:
    admin.execute(
        text(
            "CREATE OR REPLACE FUNCTION refuse_unknown_transition() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN PERFORM not_there(); RETURN NEW; END $$"
        )
    )


FAULTS = {
    break_the_language: "XX000",
    break_a_function_of_positions: "58P01",
    fill_the_disk: "53100",
    make_read_only: "25006",
    take_a_privilege: "INSERT on work_order_events",
    take_what_a_trigger_calls: "42883",
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_database_that_answers_but_takes_no_writes_is_not_ready(
    make_client: MakeClient, admin: Connection, fault: Callable[[Connection], None]
) -> None:
    fault(admin)
    answer = make_client().get("/health/ready")
    assert answer.status_code == 503
    failed = {check["name"]: check["detail"] for check in answer.json["checks"] if not check["ok"]}
    assert FAULTS[fault] in failed["writes"]
    assert "reached" not in answer.get_data(as_text=True)


def worker_may_not_change_the_outbox(admin: Connection) -> None:
    admin.execute(text("REVOKE UPDATE ON outbox FROM geo_assign_worker"))


def worker_may_not_call(admin: Connection) -> None:
    admin.execute(text("REVOKE EXECUTE ON FUNCTION ensure_track_partitions(date, date) FROM geo_assign_worker"))


@pytest.mark.parametrize(
    ("fault", "told"),
    [(worker_may_not_change_the_outbox, "UPDATE on outbox"), (worker_may_not_call, "42501"), (make_read_only, "25006")],
    ids=lambda given: getattr(given, "__name__", "-"),
)
def test_the_workers_role_is_tried_as_well(
    make_client: MakeClient, admin: Connection, fault: Callable[[Connection], None], told: str
) -> None:
    fault(admin)
    answer = make_client().get("/health/ready")
    assert answer.status_code == 503
    assert told in {check["name"]: check["detail"] for check in answer.json["checks"]}["worker_writes"]


def test_a_trial_leaves_nothing_behind(make_client: MakeClient, admin: Connection) -> None:
    assert verdicts(make_client())[0] == 200
    tables = ("organizations", "work_orders", "technicians", "position_track", "outbox", "audit_entries")
    for table in tables:
        assert admin.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0


def test_many_probes_make_few_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[float] = []
    clock = [100.0]
    monkeypatch.setattr(health.time, "monotonic", lambda: clock[0])

    def objections() -> list[str]:
        made.append(clock[0])
        return ["no"] if len(made) == 2 else []

    trial = health.Trial("writes", objections, well="tried")
    for _ in range(300):
        trial.check()
        clock[0] += 0.1
    # At 100 s; 15 s later, in vain; so again after three; that was well.
    assert [round(at - 100, 1) for at in made] == pytest.approx([0.0, 15.0, 18.0], abs=0.2)


OF_WORK_ORDERS = [break_the_language, fill_the_disk, make_read_only, take_a_privilege, take_what_a_trigger_calls]


@pytest.mark.parametrize("fault", OF_WORK_ORDERS, ids=lambda fault: fault.__name__)
def test_the_words_of_a_5xx_follow_what_the_database_said(
    make_client: MakeClient,
    admin: Connection,
    people: People,
    capsys: pytest.CaptureFixture[str],
    fault: Callable[[Connection], None],
) -> None:
    """Reads go on; a write is answered, logged at warning and counted by its SQLSTATE."""
    who, first = bearer(people.session(Role.ADMINISTRATOR)), make_client()
    place = {"lat": 41.15, "lon": -8.61}
    store = first.post("/v1/stores", headers=who, json={"name": "S", "timezone": "UTC", "location": place}).json
    new = {"store_id": store["id"], "customer": {"name": "Eva"}, "location": place}
    lead = first.post("/v1/leads", headers=who, json=new).json
    fault(admin)
    client = make_client()
    assert client.get("/v1/work-orders", headers=who).status_code == 200
    capsys.readouterr()
    answer = client.post(f"/v1/work-orders/{lead['id']}/cancel", headers=who, json={})
    state = "42501" if fault is take_a_privilege else FAULTS[fault]
    if fault is take_what_a_trigger_calls:
        assert (answer.status_code, answer.json["code"]) == (500, "internal_error")
    else:
        assert (answer.status_code, answer.json["code"]) == (503, "unavailable")
        assert int(answer.headers["Retry-After"]) >= 30
    assert "reached" not in answer.json["detail"]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (line,) = [line for line in lines if line["event"] == "request"]
    assert (line["level"], line["sqlstate"]) == ("warning", state)
    assert f'sqlstate="{state}"' in client.get("/metrics").get_data(as_text=True)
