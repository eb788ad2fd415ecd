"""A whole file, row by row, each in a transaction of its own: whatever stops it, what was done stays done."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, select

from geo_assign.core.db import Database, Tx
from geo_assign.core.settings import Settings
from geo_assign.dispatch.flows import DispatchService
from geo_assign.importing.bringing import Brought, Done, Importer, bring
from geo_assign.importing.files import CsvFile, CsvRow, ErrorFile
from geo_assign.importing.rows import RowError
from geo_assign.workorders.tables import work_orders

Progress = Callable[[], object]
_AT_ONCE = 500


@dataclass
class Report:
    """What became of the rows. `ids` are those of what the good ones stand for; `errors` go with their line."""

    counts: Counter[Done] = field(default_factory=Counter)
    errors: list[tuple[int, RowError]] = field(default_factory=list)
    errors_path: Path | None = None
    ids: list[UUID] = field(default_factory=list)


@dataclass(frozen=True)
class Target:
    """Where a file goes. `dry_run`: everything is tried, and rolled back."""

    database: Database
    settings: Settings
    org_id: UUID
    importer: Importer
    dry_run: bool = False


class _RolledBackError(Exception):
    """Ends the transaction of a row that was only tried."""

    def __init__(self, brought: Brought) -> None:
        self.brought = brought


def import_rows(target: Target, file: CsvFile, *, advance: Progress) -> Report:
    """Bring every row in that can be; the others are reported, and kept in a file of errors unless it is a dry run."""
    report, seen = Report(), dict[tuple[str, ...], int]()
    with ErrorFile(file) as errors:
        for row in file.rows:
            try:
                brought = _import_row(target, row, seen)
            except RowError as error:
                report.errors.append((row.line, error))
                if not target.dry_run:
                    errors.write(row, str(error))
            else:
                report.counts[brought.done] += 1
                report.ids.append(brought.id)
            advance()
    report.errors_path = errors.path
    return report


def list_to_locate(database: Database, org_id: UUID, ids: Sequence[UUID]) -> list[UUID]:
    """Those of the work orders whose address is still to be found."""
    w = work_orders.c
    found: list[UUID] = []
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        statement = select(w.id).where(w.org_id == org_id, w.id.in_(some), w.geocode_due_at.is_not(None))
        found += database.run(org_id, lambda tx, statement=statement: tx.conn.execute(statement).scalars().all())  # type: ignore[misc]
    return found


@dataclass(frozen=True, slots=True)
class Located:
    """How many addresses were found, will be asked for again, and need a person."""

    found: int
    waiting: int
    unclear: int


def count_located(database: Database, org_id: UUID, ids: Sequence[UUID]) -> Located:
    """How these work orders stand after their addresses were asked for."""
    waiting = len(list_to_locate(database, org_id, ids))
    w = work_orders.c
    found = 0
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        statement = select(func.count()).where(w.org_id == org_id, w.id.in_(some), w.lat.is_not(None))
        found += database.run(org_id, lambda tx, statement=statement: tx.conn.execute(statement).scalar_one())  # type: ignore[misc]
    return Located(found, waiting, len(ids) - found - waiting)


def locate(dispatch: DispatchService, org_id: UUID, ids: Iterable[UUID], *, advance: Progress) -> None:
    """Find the addresses of work orders one after the other, and somebody to go there, as the worker would."""
    for order_id in ids:
        dispatch.locate(org_id, order_id)
        dispatch.evaluate(org_id, order_id)
        advance()


def _import_row(target: Target, row: CsvRow, seen: dict[tuple[str, ...], int]) -> Brought:
    read = target.importer.row.read(row.cells)
    first = seen.setdefault(read.identity(), row.line)
    if first != row.line:
        named = " and ".join(target.importer.row.key)
        raise RowError(target.importer.row.key[-1], f"Line {first} has the same {named}.")

    def work(tx: Tx) -> Brought:
        brought = bring(tx, target.settings, target.importer, read)
        if target.dry_run:
            raise _RolledBackError(brought)
        return brought

    try:
        return target.database.run(target.org_id, work)
    except _RolledBackError as tried:
        return tried.brought
