"""Run mutmut over the pure rooms, each with its unit tests alone, and compare what survives with config/mutants.txt.

A line of that file explains one survivor: `FUNCTION :: BEFORE => AFTER :: why no test can or should notice`.
Exit 0: every survivor is explained. 1: one is not, or an explained one no longer survives. 2: a room did not finish.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_WORK = _ROOT / ".local" / "mutants"
_EXPLAINED = _ROOT / "config" / "mutants.txt"
_SURVIVED = ("survived", "no tests", "suspicious")


@dataclass(frozen=True)
class Room:
    """What is changed, and the tests that are to notice; they need no database.

    `reading`: functions of the sources that read from a database. Their mutants are not counted. `timing`: tests that
    measure how long something takes, which is no matter here. `seconds`: how long the room may take.
    """

    sources: tuple[str, ...]
    tests: tuple[str, ...]
    reading: tuple[str, ...] = ()
    timing: tuple[str, ...] = ()
    seconds: float = 600


ROOMS = {
    "free-time": Room(
        ("free_time/common_time.py", "free_time/gaps.py"),
        ("tests/free_time/test_common_time.py", "tests/free_time/test_gaps.py"),
        reading=("free_time.common_time.find_common_slot",),
    ),
    "house-numbers": Room(
        ("geocoding/housenumbers.py", "geocoding/pairs.py"),
        ("tests/geocoding/test_housenumbers.py", "tests/geocoding/test_units.py"),
        seconds=2_400,
    ),
    "judging": Room(("positions/judging.py",), ("tests/positions/test_judging.py",)),
    "ladder": Room(("dispatch/ladder.py",), ("tests/dispatch/test_ladder_computed.py",)),
    "optimal": Room(
        tuple(
            f"matching/solving/{name}.py"
            for name in ("bounds", "chains", "greedy", "improving", "optimal", "pairing", "problem")
        ),
        tuple(f"tests/matching/test_{name}.py" for name in ("optimal", "solving", "solving_exactly", "solving_many")),
        timing=("tests/matching/test_optimal.py::test_two_hundred_orders_among_a_thousand_people",),
        seconds=3_600,
    ),
    "spans": Room(("core/spans.py",), ("tests/core/test_spans.py",)),
    "transitions": Room(("workorders/domain/states.py",), ("tests/workorders/test_states.py",)),
    "why": Room(
        ("receipts/verdicts.py", "receipts/coarse.py"),
        ("tests/receipts/test_verdicts.py", "tests/receipts/test_coarse.py"),
    ),
}


def main() -> int:
    """Try the rooms that were named, or all of them."""
    parser = argparse.ArgumentParser(description="Change the pure rooms and see which changes no test notices.")
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help=", ".join(ROOMS))
    parser.add_argument("--seconds", type=float, help="how long each room may take, instead of its own limit")
    parser.add_argument("--processes", type=int, default=2, help="how many of them at once")
    given = parser.parse_args()
    explained = _read_explained()
    worst = 0
    for name in given.rooms or ROOMS:
        tried = _try(
            name, ROOMS[name], explained, seconds=given.seconds or ROOMS[name].seconds, processes=given.processes
        )
        worst = max(worst, tried)
    return worst


def _try(name: str, room: Room, explained: dict[str, str], *, seconds: float, processes: int) -> int:
    folder = _prepare(name, room)
    finished = _run(folder, seconds=seconds, processes=processes)
    status = _statuses(folder, room)
    counts = Counter(status.values())
    alive = {_describe(folder, mutant): mutant for mutant, state in status.items() if state in _SURVIVED}
    figures = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    print(f"{name}: {len(status)} mutants: {figures or 'none was made'}", flush=True)
    unexplained = sorted(alive.keys() - explained.keys())
    for change in unexplained:
        print(f"  no test notices: {change}")
    if not finished or not status or counts["not checked"]:
        print(f"  {name} did not finish")
        return 2
    functions = {change.split(" :: ")[0] for change in _all_functions(status)}
    gone = sorted(one for one in explained if one.split(" :: ")[0] in functions and one not in alive)
    for change in gone:
        print(f"  explained, and noticed now: {change}")
    return 1 if unexplained or gone else 0


def _prepare(name: str, room: Room) -> Path:
    """A copy of what mutmut needs, with its settings."""
    folder = _WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    left_out = shutil.ignore_patterns("__pycache__", "web", "dist", "node_modules")
    for part in ("geo_assign", "tests", "migrations", "scripts"):
        shutil.copytree(_ROOT / part, folder / part, ignore=left_out)
    shutil.copy(_ROOT / "pyproject.toml", folder)
    lists = {
        "only_mutate": [f"geo_assign/{source}" for source in room.sources],
        "also_copy": ["migrations", "scripts"],
        # The built-in profile of hypothesis without deadlines and without chance.
        "pytest_add_cli_args": ["--hypothesis-profile=ci", *(f"--deselect={test}" for test in room.timing)],
        "pytest_add_cli_args_test_selection": list(room.tests),
    }
    settings = "".join(f"{key} =\n" + "".join(f"    {one}\n" for one in values) for key, values in lists.items())
    section = f"\n[mutmut]\nsource_paths = geo_assign\n{settings}"
    (folder / "setup.cfg").write_text((_ROOT / "setup.cfg").read_text() + section)
    return folder


def _run(folder: Path, *, seconds: float, processes: int) -> bool:
    """Whether mutmut came to its end in time; what it says goes to a file."""
    # The tests of pure rooms ask no server; the name keeps their configuration from ending the run.
    environment = os.environ | {"GEO_ASSIGN_TEST_DATABASE_URL": "postgresql://unknown@127.0.0.1:9/none"}
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(processes)]
    with (folder / "mutmut.log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            return process.wait(seconds) == 0
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return False


def _statuses(folder: Path, room: Room) -> dict[str, str]:
    """What became of each mutant of a function that reads nothing."""
    told = _mutmut(folder, "results", "--all", "true")
    lines = (line.strip().rpartition(": ") for line in told.splitlines() if "__mutmut_" in line)
    return {mutant: state for mutant, _, state in lines if _function(mutant) not in room.reading}


def _describe(folder: Path, mutant: str) -> str:
    """`FUNCTION :: BEFORE => AFTER`, which stays the same when lines move or mutants are counted anew."""
    diff = _mutmut(folder, "show", mutant).splitlines()
    before = " ".join(line[1:].strip() for line in diff if line.startswith("-") and not line.startswith("---"))
    after = " ".join(line[1:].strip() for line in diff if line.startswith("+") and not line.startswith("+++"))
    return f"{_function(mutant)} :: {before} => {after}"


def _function(mutant: str) -> str:
    """The function that a mutant's name begins with: `core.spans.merge`."""
    return mutant.rpartition("__mutmut_")[0].removeprefix("geo_assign.").replace(".x_", ".").replace("xǁ", "")


def _all_functions(status: dict[str, str]) -> set[str]:
    return {f"{_function(mutant)} :: " for mutant in status}


def _mutmut(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "mutmut", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


def _read_explained() -> dict[str, str]:
    """The explained survivors, each with its reason."""
    found = {}
    for line in _EXPLAINED.read_text().splitlines():
        if line and not line.startswith("#"):
            change, _, reason = line.rpartition(" :: ")
            found[change] = reason
    return found


if __name__ == "__main__":
    sys.exit(main())
