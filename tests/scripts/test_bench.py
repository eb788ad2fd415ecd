"""The benchmark: its fixed statements still fit the schema, its layers still exist, and all of it runs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from scripts.benchmark.__main__ import main
from scripts.benchmark.figures import Figure, table
from scripts.benchmark.fleet import AREA, replace_fleet
from scripts.benchmark.growth import Grown
from scripts.benchmark.layers import LAYERS, resolve
from scripts.benchmark.load import Outcome
from scripts.benchmark.memory import held_mb
from scripts.benchmark.questions import batch_at, request_bytes
from scripts.benchmark.references import STATEMENTS, numbered, pgbench_script
from scripts.benchmark.report import Report
from scripts.benchmark.rivals.compared import Compared
from scripts.benchmark.wrk import Asked
from tests.conftest import NOON, SECRET_KEY, World
from tests.scripts.shell import REPOSITORY


@pytest.fixture
def postgres_programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pgbench"))
    if not found:
        pytest.skip("pgbench is not installed here")
    return found[-1].parent


@pytest.fixture
def environment(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `scripts/bench` sets, for this test's database."""
    for name in [name for name in os.environ if name.startswith("GEO_ASSIGN_") and "_TEST_" not in name]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GEO_ASSIGN_ADMIN_DATABASE_URL", world.admin_url)
    monkeypatch.setenv("GEO_ASSIGN_DATABASE_URL", world.app_url)
    monkeypatch.setenv("GEO_ASSIGN_WORKER_DATABASE_URL", world.worker_url)
    monkeypatch.setenv("GEO_ASSIGN_SECRET_KEYS", SECRET_KEY)
    monkeypatch.setenv("GEO_ASSIGN_ALLOW_UNSAFE_DATABASE", "true")


def test_the_script_can_be_started() -> None:
    assert os.access(REPOSITORY / "scripts" / "bench", os.X_OK)


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_reference_is_a_statement_that_the_application_role_may_prepare(world: World, name: str) -> None:
    text, parameters = numbered(STATEMENTS[name])
    assert "org_id" in parameters
    with psycopg.connect(world.app_url) as conn:
        conn.execute(f"PREPARE reference AS {text}".encode())


def test_every_statement_of_a_pgbench_script_is_one_line() -> None:
    begin, *_, commit = pgbench_script(AREA).splitlines()[2:]
    assert (begin, commit) == ("BEGIN;", "COMMIT;")
    assert all(line.endswith(";") for line in pgbench_script(AREA).splitlines()[2:])


@pytest.mark.parametrize(("_layer", "module", "name"), LAYERS, ids=str)
def test_every_layer_is_still_there(_layer: str, module: str, name: str) -> None:
    resolve(module, name)


def test_a_request_is_whole() -> None:
    head, _, body = request_bytes("POST", "/v1/positions", token="t", body={"a": 1}).partition(b"\r\n\r\n")
    assert b"Content-Length: %d" % len(body) in head
    assert json.loads(body) == {"a": 1}


def test_batches_of_one_phone_never_repeat_a_time() -> None:
    times = [item["recorded_at"] for turn in range(3) for item in batch_at(NOON, turn, 100)]
    assert times == sorted(set(times))


@pytest.mark.parametrize(
    ("unit", "ratio", "aim", "said"),
    [("us", 2.4, 2.5, "met"), ("us", 2.6, 2.5, "short"), ("per_s", 0.4, 0.35, "met"), ("per_s", 0.3, 0.35, "short")],
)
def test_a_time_may_be_too_long_and_a_rate_too_low(unit: str, ratio: float, aim: float, said: str) -> None:
    figure = Figure("x", unit, 1.0, ratio, ratio, aim, ratio)  # type: ignore[arg-type]
    assert table("Table", [figure]).endswith(said)


@pytest.mark.parametrize(
    ("unit", "best", "aim", "regression"),
    [("us", 39, 2.5, False), ("us", 41, 2.5, True), ("per_s", 0.04, 0.6, False), ("per_s", 0.03, 0.6, True)],
)
def test_a_figure_far_off_its_aim_in_its_best_round_is_a_regression(
    unit: str, best: float, aim: float, regression: bool
) -> None:
    figure = Figure("x", unit, 1.0, best, best, aim, best)  # type: ignore[arg-type]
    assert figure.is_regression is regression
    assert not Figure("x", "us", 1.0, 99.0, 99.0, None, 99.0).is_regression


def test_an_outcome_tells_rate_and_median() -> None:
    outcome = Outcome((0.001, 0.003, 0.002), 1.5, 0, "")
    assert (outcome.per_s, round(outcome.p50_us)) == (2.0, 2000)


def test_a_request_for_wrk_is_one_line() -> None:
    asked = Asked("POST", "/nearest", "gak_x", {"text": "two\nlines\tand a tab"})
    method, path, token, body = asked.line().removesuffix("\n").split("\t")
    assert (method, path, token) == ("POST", "/nearest", "gak_x")
    assert json.loads(body) == asked.body
    assert Asked("GET", "/v1/map", "gak_x").line() == "GET\t/v1/map\tgak_x\t\n"


def test_what_processes_hold_is_counted_with_their_descendants() -> None:
    alone = held_mb(os.getpid())
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert held_mb(os.getpid())["pss"] > held_mb(child.pid)["pss"] > 0
        child.communicate(b"\n")
    assert alone["rss"] > 0
    assert alone["pss"] > 0


def test_a_report_tells_each_rival_and_how_times_grow() -> None:
    rival = Compared("Another", 8_000, 20_000, 90, 0.5, 0.75, 3.0, equal=199, compared=200, memory_mb=120)
    bare = Compared("Bare", 1_000, None, 800, 4.0, None, 0.5, equal=None, compared=0, memory_mb=None)
    grown = [Grown(size, {"nearest": us}, {"rss": 80, "pss": 150}) for size, us in ((10, 4_000.0), (1_000, 5_500.0))]
    report = Report("1.2.3", 2.0, 3, {1_000: [bare, rival]}, grown)
    tables = report.tables()
    assert "| Another | 8.00 ms | 0.50 × | 0.75 × | 90/s | 3.00 × | 199 of 200 | 120 MB |" in tables
    assert "| Bare | 1.00 ms | 4.00 × | – | 800/s | 0.50 × | – | – |" in tables
    assert "| nearest | 4.00 ms | 5.50 ms |" in tables
    told = json.loads(json.dumps(report.as_json()))
    assert told["rivals"]["1000"][1]["rate_ratio"] == 3.0
    assert [one["technicians"] for one in told["growth"]] == [10, 1_000]


def test_a_fleet_has_people_on_duty_with_places_and_visits(world: World) -> None:
    fleet = replace_fleet(world.admin_url, 1_000)
    with psycopg.connect(world.admin_url) as conn:
        row = conn.execute(
            """
SELECT count(*), count(*) FILTER (WHERE t.on_duty), (SELECT count(*) FROM bookings),
       (SELECT count(*) FROM sessions), (SELECT count(*) FROM api_keys)
FROM technicians t JOIN current_positions c USING (org_id) WHERE c.technician_id = t.id"""
        ).fetchone()
    assert row is not None
    people, on_duty, visits, sessions, keys = row
    assert people == 1_000
    assert 600 < on_duty < 800
    assert 50 < visits < 200
    assert (sessions, keys) == (len(fleet.phones), len(fleet.keys) + 1)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("environment")
def test_the_whole_benchmark_runs(postgres_programs: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    arguments = ["--technicians", "1000", "--seconds", "0.2", "--rounds", "2"]
    assert main([*arguments, "--pg-bin", str(postgres_programs), "--logs", str(tmp_path)]) == 0
    printed = capfd.readouterr().out
    for figure in ("nearest, p50", "batches of 100", "single pings", "over HTTP"):
        assert figure in printed, printed
