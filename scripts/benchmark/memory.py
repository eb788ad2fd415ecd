"""How much memory the processes of a service hold, as the kernel tells it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Held:
    """In megabytes. `rss_mb`: the largest of the processes. `pss_mb`: all together, what they share counted once."""

    processes: int
    rss_mb: float
    pss_mb: float


def held_by(pid: int) -> Held:
    """What a process and its descendants hold."""
    pids = [pid, *_descendants(pid)]
    return Held(
        len(pids),
        max(_kb(Path(f"/proc/{one}/status"), "VmRSS:") for one in pids) / 1024,
        sum(_kb(Path(f"/proc/{one}/smaps_rollup"), "Pss:") for one in pids) / 1024,
    )


def _descendants(pid: int) -> list[int]:
    children = [int(one) for path in Path(f"/proc/{pid}/task").glob("*/children") for one in path.read_text().split()]
    return [*children, *(below for child in children for below in _descendants(child))]


def _kb(path: Path, name: str) -> float:
    """A member of a file of the kernel in kilobytes; 0 of a process that has just ended."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return 0.0
    return next((float(line.split()[1]) for line in lines if line.startswith(name)), 0.0)
