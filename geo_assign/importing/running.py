"""Import a whole file, each row in a transaction of its own: after an interruption, finished rows stay imported."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from uuid import UUID

from geo_assign.access.domain import Caller
from geo_assign.core.db import Database, Tx
from geo_assign.core.settings import Settings
from geo_assign.dispatch.flows import DispatchService
from geo_assign.importing.files import CsvFile, CsvRow, ErrorFile
from geo_assign.importing.rows import RowDiffersError, RowError
from geo_assign.importing.upserting import Importer, RowChange, RowOutcome, upsert_row
from geo_assign.workorders.queries import count_with_location, list_to_geocode

Progress = Callable[[], object]
_IDS_PER_STATEMENT = 500


@dataclass
class ImportReport:
    """The outcome of a file. `ids`: of the imported rows; `errors`: line and reason of the others.

    `differing` of these name a work order that is there and says something else.
    """

    counts: Counter[RowChange] = field(default_factory=Counter)
    errors: list[tuple[int, RowError]] = field(default_factory=list)
    differing: int = 0
    errors_path: Path | None = None
    ids: list[UUID] = field(default_factory=list)


@dataclass(frozen=True)
class ImportTarget:
    """Where a file is imported to, and by whom. `dry_run`: each row is tried and rolled back."""

    database: Database
    settings: Settings
    caller: Caller
    importer: Importer
    dry_run: bool = False


class _RolledBackError(Exception):
    """Rolls back the transaction of a row in a dry run."""

    def __init__(self, outcome: RowOutcome) -> None:
        self.outcome = outcome


def import_rows(target: ImportTarget, file: CsvFile, *, advance: Progress) -> ImportReport:
    """Import each valid row; report the others, and write them to a file of errors unless it is a dry run."""
    report = ImportReport()
    with ErrorFile(file) as errors:
        for row, outcome in import_each(target, file):
            if isinstance(outcome, RowError):
                report.errors.append((row.line, outcome))
                report.differing += isinstance(outcome, RowDiffersError)
                if not target.dry_run:
                    errors.write(row, str(outcome))
            else:
                report.counts[outcome.change] += 1
                report.ids.append(outcome.id)
            advance()
    report.errors_path = errors.path
    return report


def import_each(target: ImportTarget, file: CsvFile) -> Iterator[tuple[CsvRow, RowOutcome | RowError]]:
    """Import row by row: with what became of it, or why it could not be imported."""
    seen = dict[tuple[str, ...], int]()
    for row in file.rows:
        try:
            yield row, _import_row(target, row, seen)
        except RowError as error:
            yield row, error


def list_to_locate(database: Database, org_id: UUID, ids: Sequence[UUID]) -> list[UUID]:
    """List those of the work orders whose address is still to be geocoded."""
    return [one for some in _parts(ids) for one in database.run(org_id, partial(list_to_geocode, work_order_ids=some))]


@dataclass(frozen=True, slots=True)
class LocatedCounts:
    """How many addresses were found, will be tried again, and need a correction."""

    found: int
    waiting: int
    unclear: int


def count_located(database: Database, org_id: UUID, ids: Sequence[UUID]) -> LocatedCounts:
    """Count these work orders by the outcome of geocoding."""
    waiting = len(list_to_locate(database, org_id, ids))
    found = sum(database.run(org_id, partial(count_with_location, work_order_ids=some)) for some in _parts(ids))
    return LocatedCounts(found, waiting, len(ids) - found - waiting)


def _parts(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for start in range(0, len(ids), _IDS_PER_STATEMENT):
        yield ids[start : start + _IDS_PER_STATEMENT]


def locate(dispatch: DispatchService, org_id: UUID, ids: Iterable[UUID], *, advance: Progress) -> None:
    """Geocode work orders one after the other, and seek a technician for each, as the worker does."""
    for order_id in ids:
        dispatch.locate(org_id, order_id)
        dispatch.evaluate(org_id, order_id)
        advance()


def _import_row(target: ImportTarget, row: CsvRow, seen: dict[tuple[str, ...], int]) -> RowOutcome:
    if row.fault:
        raise RowError("", row.fault)
    read = target.importer.row.read(row.cells)
    first = seen.setdefault(read.identity(), row.line)
    if first != row.line:
        named = " and ".join(target.importer.row.key)
        raise RowError(target.importer.row.key[-1], f"Line {first} has the same {named}.")

    def work(tx: Tx) -> RowOutcome:
        outcome = upsert_row(tx, target.settings, target.caller, importer=target.importer, row=read)
        if target.dry_run:
            raise _RolledBackError(outcome)
        return outcome

    try:
        return target.database.run(target.caller.org_id, work)
    except _RolledBackError as tried:
        return tried.outcome
