"""The references at work: pgbench, and the bare statement of positions on one connection."""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from urllib.parse import unquote, urlsplit

import psycopg

from scripts.benchmark.fleet import AREA, DEVICE, Fleet
from scripts.benchmark.questions import BATCH, batch_at
from scripts.benchmark.references import POSITIONS, TENANT, named, pgbench_script

_TPS = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)
# Planning anew at each execution would take longer than the statements: a yardstick must not be slow by accident.
_OPTIONS = "-c jit=off -c plan_cache_mode=force_generic_plan"
_BEHIND = timedelta(seconds=30)
_END_WITHIN_S = 60


@dataclass(frozen=True)
class Pgbench:
    """PostgreSQL's own benchmark, as the application role. `bin_folder` is where the server's programs lie."""

    bin_folder: Path
    app_url: str
    fleet: Fleet

    def p50_us(self, seconds: float) -> float:
        """The median time of a transaction with one client, in microseconds."""
        with tempfile.TemporaryDirectory() as folder:
            self._run(Path(folder), seconds, "-c", "1", "--log")
            logs = [path.read_text() for path in Path(folder).glob("pgbench_log.*")]
            return median(float(line.split()[2]) for log in logs for line in log.splitlines())

    def per_s(self, seconds: float) -> float:
        """Transactions per second with eight clients."""
        with tempfile.TemporaryDirectory() as folder:
            printed = self._run(Path(folder), seconds, "-c", "8", "-j", "2")
        match = _TPS.search(printed)
        assert match is not None, printed
        return float(match.group(1))

    def _run(self, folder: Path, seconds: float, *arguments: str) -> str:
        script = folder / "nearest.sql"
        script.write_text(pgbench_script(AREA))
        values = {
            "org_id": str(self.fleet.org_id),
            "store_id": str(self.fleet.store_id),
            "key_hash": f"\\x{self.fleet.key_hash.hex()}",
        }
        command = [str(self.bin_folder / "pgbench"), "-n", "-M", "prepared", "-f", str(script)]
        command += ["-T", str(max(1, round(seconds))), *arguments]
        command += [part for name, value in values.items() for part in ("-D", f"{name}={value}")]
        done = subprocess.run(
            command,
            env=_connection(self.app_url),
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds + _END_WITHIN_S,
        )
        if done.returncode != 0:
            raise RuntimeError(f"pgbench failed: {done.stderr[-1000:]}")
        return done.stdout


def positions_per_s(app_url: str, fleet: Fleet, seconds: float) -> float:
    """Positions per second by the bare statement, a hundred of one technician at a time, each batch committed."""
    began = datetime.now(UTC) - _BEHIND
    statement = named(POSITIONS)
    with psycopg.connect(app_url, autocommit=True, options=_OPTIONS) as conn:
        conn.execute(named(TENANT).replace("true", "false"), {"org_id": str(fleet.org_id)})
        batches = [_columns(fleet, began, number) for number in range(int(seconds * 1_000))]
        started, done = perf_counter(), 0
        for columns in batches:
            conn.execute(statement, columns, prepare=True)
            done += 1
            if perf_counter() - started > seconds:
                break
        return done * BATCH / (perf_counter() - started)


def _columns(fleet: Fleet, began: datetime, number: int) -> Mapping[str, str]:
    """One batch as the arrays' own text: what the client does with it meanwhile is not the statement's cost."""
    phones = fleet.phones
    items = batch_at(began, number // len(phones), BATCH)
    names = ("recorded_at", "lat", "lon", "accuracy_m", "speed_mps", "heading_deg", "battery")
    columns = {name: _array(item[name] for item in items) for name in names}
    who = _array([phones[number % len(phones)].technician_id] * BATCH)
    return {**columns, "technicians": who, "org_id": str(fleet.org_id), "device": DEVICE}


def _array(values: Iterable[object]) -> str:
    return "{" + ",".join(map(str, values)) + "}"


def _connection(url: str) -> dict[str, str]:
    parts = urlsplit(url)
    told = {
        "PGHOST": parts.hostname or "127.0.0.1",
        "PGPORT": str(parts.port or 5432),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": unquote(parts.path.lstrip("/")),
        "PGOPTIONS": _OPTIONS,
    }
    return {**os.environ, **told}
