"""The benchmark: its fixed statements still fit the schema, its layers still exist, and all of it runs."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import chain, repeat
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from scripts.benchmark import __main__ as bench
from scripts.benchmark import wrk
from scripts.benchmark.attempts import Attempts
from scripts.benchmark.figures import Figure, table
from scripts.benchmark.fleet import AREA, Fleet, replace_fleet
from scripts.benchmark.growth import Grown
from scripts.benchmark.layers import LAYERS, resolve
from scripts.benchmark.load import Outcome, converse
from scripts.benchmark.memory import Held, held_by
from scripts.benchmark.questions import batch_at, request_bytes
from scripts.benchmark.references import STATEMENTS, numbered, pgbench_script
from scripts.benchmark.report import FleetSeen, Report
from scripts.benchmark.rivals.compared import ANSWERS, BARE, BY_INDEX, EIGHT, ONE, START, Compared
from scripts.benchmark.service import answers, free_port, without_settings
from scripts.benchmark.wrk import Asked
from tests.conftest import NOON, SECRET_KEY, World
from tests.forked import forked
from tests.scripts.shell import REPOSITORY
from tests.thoroughness import EXHAUSTIVE
from tests.waiting import PATIENCE_S, wait_until

Serving = Callable[[Mapping[str, str], Path], AbstractContextManager[int]]


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
    outcome = Outcome((0.001, 0.003, 0.002), 1.5, 0, 0, "")
    assert (outcome.per_s, round(outcome.p50_us)) == (2.0, 2000)


@contextmanager
def a_server(answers: Sequence[bytes]) -> Iterator[int]:
    """Answers one request after the other, and ends the connection of one that it refuses."""
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as threads:

        def serve() -> None:
            connection, _ = listening.accept()
            for status in answers:
                while not connection.recv(65_536).endswith(b"\r\n\r\n"):
                    pass
                connection.sendall(b"HTTP/1.1 %s\r\nContent-Length: 2\r\n\r\nok" % status)
                if status.startswith(b"503"):
                    connection.close()
                    connection, _ = listening.accept()
            connection.close()

        served = threads.submit(serve)
        yield listening.getsockname()[1]
        served.result()


def test_what_is_refused_is_asked_again_and_counted_apart() -> None:
    with a_server([b"200 OK", b"503 Busy", b"503 Busy", b"200 OK"]) as port:
        # It is over once the last request is sent: the third is not answered.
        asked = [request_bytes("GET", f"/{number}", token="t") for number in range(3)]
        outcome = converse(port, lambda: [asked], seconds=300, expect=b"ok")
    assert (len(outcome.latencies_s), outcome.unexpected, outcome.refused) == (2, 0, 2)
    assert outcome.sample.startswith("HTTP/1.1 503 Busy")


def test_a_request_for_wrk_is_one_line() -> None:
    asked = Asked("POST", "/nearest", "gak_x", {"text": "two\nlines\tand a tab"})
    method, path, token, body = asked.line().removesuffix("\n").split("\t")
    assert (method, path, token) == ("POST", "/nearest", "gak_x")
    assert json.loads(body) == asked.body
    assert Asked("GET", "/v1/map", "gak_x").line() == "GET\t/v1/map\tgak_x\t\n"


def test_what_processes_hold_is_counted_with_their_descendants() -> None:
    alone = held_by(os.getpid())
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        both = held_by(os.getpid())
        assert both.processes > alone.processes
        assert both.pss_mb > held_by(child.pid).pss_mb > 0
        child.communicate(b"\n")
    assert alone.rss_mb > 0
    assert alone.pss_mb > 0


def a_report(*fleets: FleetSeen) -> Report:
    return Report("1.2.3", NOON, 2.0, 3, 4.5, list(fleets))


def test_a_report_tells_each_rival_and_how_times_grow(tmp_path: Path) -> None:
    rival = Compared("Another", 8_000, 20_000, 90, 0.5, 0.75, 3.0, equal=199, compared=200, memory=Held(3, 70, 120))
    bare = Compared(BARE, 1_000, None, 800, 4.0, None, 0.5)
    few = FleetSeen(10, grown=Grown(10, {"nearest": 4_000.0}, {"serve": Held(2, 80, 90)}))
    many = FleetSeen(1_000, compared=[bare, rival], grown=Grown(1_000, {"nearest": 5_500.0}, {}))
    report = a_report(few, many)
    tables = report.tables()
    assert "| Another | 8.00 ms | 0.50 × | 20.00 ms | 0.75 × | 90/s | 3.00 × | 199 of 200 |" in tables
    assert f"| {BARE} | 1.00 ms | 4.00 × | – | – | 800/s | 0.50 × | – |" in tables
    assert "| nearest | 4.00 ms | 5.50 ms |" in tables
    assert "| 10 | serve | 2 | 80 MB | 90 MB |" in tables
    assert "| 1,000 | Another | 3 | 70 MB | 120 MB |" in tables
    report.write(tmp_path / "benchmarks")
    told = json.loads((tmp_path / "benchmarks" / "figures.json").read_text())
    assert told["fleets"][1]["compared"][1]["rate_ratio"] == 3.0
    assert [one["grown"]["technicians"] for one in told["fleets"]] == [10, 1_000]
    assert tables in (tmp_path / "benchmarks" / "report.md").read_text()


def test_the_cell_of_a_missing_measurement_says_why_and_the_others_are_told() -> None:
    whole = {"p50_us": 2_000.0, "p50_ratio": 2.0, "p99_us": 9_000.0, "p99_ratio": 0.5, "per_s": 70.0, "rate_ratio": 1.5}
    dead = Compared("Dead", failed={START: "it did not start"})
    slow = Compared("Slow", failed={ONE: "no answer within 20 s", EIGHT: "9 failed"}, equal=3, compared=4)
    odd = Compared("Odd", **whole, failed={ANSWERS: "no list"})
    grown = Grown(10, {"map": 1_000.0}, {}, {"calendar": "HTTP Error 503"})
    tables = a_report(FleetSeen(10, compared=[dead, slow, odd], grown=grown, failed={"Positions": "gone"})).tables()
    assert "| Dead | not measured: it did not start | – | – | – | – | – | – |" in tables
    slow_row = "| Slow | not measured: no answer within 20 s | – | not measured: 9 failed | – | – | – | 3 of 4 |"
    assert slow_row in tables
    assert "| Odd | 2.00 ms | 2.00 × | 9.00 ms | 0.50 × | 70/s | 1.50 × | not measured: no list |" in tables
    assert "| calendar | not measured: HTTP Error 503 |" in tables
    assert "- Positions: gone" in tables


def test_goals_are_met_or_short_or_not_measured() -> None:
    rivals = [
        Compared(BARE, p50_ratio=2.4, rate_ratio=0.44),
        Compared(BY_INDEX, p50_ratio=0.6, failed={EIGHT: "no answer"}),
    ]
    figures = [Figure("pings", "per_s", 1, 4, 4.0, 3, 4.0), Figure("told only", "us", 1, 9, 9.0, None, 9.0)]
    held = {"geo-assign serve": Held(2, 201, 210)}
    seen = {
        size: {goal.name: goal.is_met for goal in FleetSeen(size, figures, rivals, Grown(size, {}, held)).goals()}
        for size in (10_000, 100_000)
    }
    assert seen[10_000][f"nearest, p50: {BARE}"] is True
    assert seen[100_000][f"nearest, p50: {BARE}"] is False
    assert seen[10_000][f"nearest, rate of 8: {BARE}"] is True
    assert seen[100_000][f"nearest, rate of 8: {BARE}"] is False
    assert seen[10_000][f"nearest, p50: {BY_INDEX}"] is True
    assert seen[10_000][f"nearest, rate of 8: {BY_INDEX}"] is None
    assert seen[10_000]["pings"] is True
    assert "told only" not in seen[10_000]
    assert seen[10_000]["nearest in full, p50: in brief"] is None
    assert seen[10_000]["largest process of geo-assign serve"] is False


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (RuntimeError("first line\nsecond"), "first line"),
        (TimeoutError(), "TimeoutError"),
        (ValueError("a | b\tc"), "a / b c"),
        (OSError("x" * 500), "x" * 159 + "…"),
    ],
)
def test_a_measurement_that_fails_is_told_and_the_next_is_made(
    error: Exception, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> int:
        raise error

    attempts = Attempts()
    assert (attempts.make("a rival", fail), attempts.make("another", lambda: 7)) == (None, 7)
    assert attempts.failed == {"a rival": told}
    assert f"a rival: not measured, {told}" in capsys.readouterr().out


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Arguments of a run for which nothing is started; the environment names no database that is there."""
    for name in ("GEO_ASSIGN_ADMIN_DATABASE_URL", "GEO_ASSIGN_DATABASE_URL"):
        monkeypatch.setenv(name, "postgresql://127.0.0.1:1/nothing")
    monkeypatch.setattr(bench, "serving", lambda *_: nullcontext(1))
    return ["--pg-bin", "/nowhere", "--logs", "/nowhere"]


def test_a_run_that_is_stopped_tells_what_was_seen_until_then(
    nowhere: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def seed(_owner_url: str, technicians: int) -> Fleet:
        if technicians == 20:
            raise KeyboardInterrupt
        raise OSError(f"no room for {technicians}")

    monkeypatch.setattr(bench, "replace_fleet", seed)
    assert bench.main([*nowhere, "--technicians", "10,20,35", "--report", str(tmp_path / "seen")]) == 130
    told = capsys.readouterr().out
    assert "Stopped. What was seen until then:" in told
    assert "- a fleet: no room for 10" in told
    assert "35 technicians" not in told
    assert "- a fleet: no room for 10" in (tmp_path / "seen" / "report.md").read_text()


def test_a_measurement_of_the_service_that_fails_costs_the_status_but_no_other(
    nowhere: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = [Figure("batches", "per_s", 1.0, 1.0, 1.0, 0.7, 1.0)]
    monkeypatch.setattr(bench, "replace_fleet", lambda _, size: Fleet(uuid4(), uuid4(), (), b"", (), "", "", size))
    monkeypatch.setattr(bench.Bench, "nearest", lambda *_: 1 / 0)
    monkeypatch.setattr(bench.Bench, "batches", lambda *_: good)
    assert bench.main([*nowhere, "--only", "nearest", "--technicians", "200,300"]) == 1
    assert capsys.readouterr().out.count("Nearest: not measured, division by zero") == 2
    assert bench.main([*nowhere, "--only", "batches", "--technicians", "200,300"]) == 0
    assert "batches" in capsys.readouterr().out


def load_that_answers(*answers: int) -> tuple[list[float], Callable[..., dict[str, float]]]:
    """What wrk tells, one time after the other, and for how long it was asked to measure."""
    asked: list[float] = []

    def tell(_port: int, _asked: object, _connections: int, seconds: float) -> dict[str, float]:
        asked.append(seconds)
        number = answers[len(asked) - 1]
        return {"answers": number, "duration_us": 2e6, "p50_us": 10, "p99_us": 20, "failed": 0}

    return asked, tell


def test_a_rival_that_answers_nothing_is_given_longer_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, tell = load_that_answers(0, 4)
    monkeypatch.setattr(wrk, "_told", tell)
    assert wrk.load(1, [], connections=1, seconds=2) == wrk.Load(2.0, 10, 20)
    assert asked == [2, 20]


def test_a_rival_that_never_answers_is_said_to(monkeypatch: pytest.MonkeyPatch) -> None:
    _, tell = load_that_answers(0, 0)
    monkeypatch.setattr(wrk, "_told", tell)
    with pytest.raises(wrk.FailedAnswersError, match="no answer within 20 s"):
        wrk.load(1, [], connections=1, seconds=2)


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
    assert (sessions, keys) == (len(fleet.phones) + 1, len(fleet.keys) + 1)


@pytest.mark.parametrize(
    ("arguments", "measured"),
    [
        ([], [(10, {"rivals", "growth"}, True)]),
        (["--grow-to", "20,30"], [(10, {"rivals", "growth"}, True), (20, {"growth"}, False), (30, {"growth"}, False)]),
        (["--only", "rivals"], [(10, {"rivals"}, True)]),
        (["--only", "growth", "--grow-to", "20"], [(10, {"growth"}, True), (20, {"growth"}, False)]),
    ],
)
def test_of_further_sizes_the_growth_alone_is_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str], measured: list[tuple[int, set[str], bool]]
) -> None:
    parts_of: dict[int, set[str]] = {}
    run: set[int] = set()

    def measure_fleet(*given: Any, parts: set[str]) -> None:
        parts_of[given[1].technicians] = parts

    monkeypatch.setenv("GEO_ASSIGN_ADMIN_DATABASE_URL", "postgresql://nowhere")
    monkeypatch.setattr(bench, "replace_fleet", lambda _url, technicians: SimpleNamespace(technicians=technicians))
    monkeypatch.setattr(bench, "_run", lambda _chosen, fleet, *_, **_more: run.add(fleet.technicians))
    monkeypatch.setitem(sys.modules, "scripts.benchmark.measuring", SimpleNamespace(measure_fleet=measure_fleet))
    folders = ["--report", str(tmp_path / "report"), "--pg-bin", str(tmp_path), "--logs", str(tmp_path)]
    assert bench.main(["--technicians", "10", *arguments, *folders]) == 0
    assert [(size, parts, size in run) for size, parts in parts_of.items()] == measured


@contextmanager
def serving_forked(environment: Mapping[str, str], log: Path) -> Iterator[int]:
    """As the benchmark's own `serving`, without the seconds in which a process imports what it needs."""
    port = free_port()
    process = forked(["serve"], {**without_settings(), **environment, "GEO_ASSIGN_PORT": str(port)}, log)
    try:
        wait_until(lambda: process.poll() is not None or answers(port), "the service answers")
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_S)


def first_then(first: Serving, others: Serving) -> Serving:
    """One service is started as the benchmark starts it, the others are forked."""
    ways = chain([first], repeat(others))

    def by_turns(environment: Mapping[str, str], log: Path) -> AbstractContextManager[int]:
        return next(ways)(environment, log)

    return by_turns


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("environment")
def test_the_whole_benchmark_runs(
    postgres_programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    if not EXHAUSTIVE:
        monkeypatch.setattr(bench, "LAYERED_REQUESTS", 90)
        monkeypatch.setattr(bench, "serving", first_then(bench.serving, serving_forked))
    arguments = ["--technicians", "1000", "--seconds", "0.2", "--rounds", "2"]
    assert bench.main([*arguments, "--pg-bin", str(postgres_programs), "--logs", str(tmp_path)]) == 0
    printed = capfd.readouterr().out
    for figure in ("nearest, p50", "batches of 100", "single pings", "over HTTP"):
        assert figure in printed, printed
