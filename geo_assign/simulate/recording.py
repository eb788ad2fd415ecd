"""Recorded days: pings and leads from CSV files, plain or gzipped, in the order of their times.

Pings: `unix_time,cab,lat,lon,occupied` with occupied 0 or 1. Leads: `unix_time,lat,lon`; other columns are ignored.
Both files must be sorted by time.
"""

import csv
import gzip
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import merge
from itertools import islice
from pathlib import Path
from typing import TextIO

from geo_assign.core.geo import Point


class RecordingError(ValueError):
    """A recorded file cannot be read; the message names the line and the reason."""


@dataclass(frozen=True, slots=True)
class RecordedPing:
    """A position of a vehicle. `occupied`: a passenger was on board."""

    at: datetime
    vehicle: str
    point: Point
    occupied: bool


@dataclass(frozen=True, slots=True)
class RecordedLead:
    """A customer's place, and the time of the request."""

    at: datetime
    point: Point


Event = RecordedPing | RecordedLead


def read_pings(path: Path) -> Iterator[RecordedPing]:
    """Yield the pings of a file. Raises RecordingError."""
    for number, row in _rows(path, ("unix_time", "cab", "lat", "lon", "occupied")):
        at, point = _when_and_where(path, number, row)
        yield RecordedPing(at, row["cab"], point, row["occupied"].strip() == "1")


def read_leads(path: Path, *, every: int = 1, limit: int | None = None) -> Iterator[RecordedLead]:
    """Yield each `every`-th lead from the first on, at most `limit` of them. Raises RecordingError."""
    rows = _rows(path, ("unix_time", "lat", "lon"))
    for number, row in islice(islice(rows, 0, None, every), limit):
        yield RecordedLead(*_when_and_where(path, number, row))


def in_order(pings: Iterable[RecordedPing], leads: Iterable[RecordedLead]) -> Iterator[Event]:
    """Yield pings and leads by time; at equal seconds pings come first."""
    return merge(pings, leads, key=lambda event: (event.at, isinstance(event, RecordedLead)))


def count_rows(path: Path) -> int:
    """Count the data rows of a file, for a progress bar."""
    with _open(path) as file:
        return max(0, sum(1 for _ in file) - 1)


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    with _open(path) as file:
        reader = csv.DictReader(file)
        missing = set(columns) - set(reader.fieldnames or ())
        if missing:
            raise RecordingError(f"{path.name}: the column {', '.join(sorted(missing))} is missing")
        yield from enumerate(reader, start=2)


def _when_and_where(path: Path, number: int, row: dict[str, str]) -> tuple[datetime, Point]:
    try:
        at = datetime.fromtimestamp(float(row["unix_time"]), UTC)
        return at, Point(lat=float(row["lat"]), lon=float(row["lon"]))
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise RecordingError(f"{path.name}, line {number}: {error}") from error


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")
