"""CSV files over HTTP: tried first, then imported."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field, RootModel

from geo_assign.core.errors import NotFoundError
from geo_assign.http.bodies import BodyFormat
from geo_assign.http.decoding import M
from geo_assign.http.errors import UnsupportedMediaTypeError
from geo_assign.http.operations import ADMINISTRATORS, Call, Reply, Routes
from geo_assign.http.schemas import Answer, Query
from geo_assign.importing.files import CsvRow, ImportFileError, errors_as_csv, parse_csv
from geo_assign.importing.rows import RowError
from geo_assign.importing.running import ImportTarget, import_each
from geo_assign.importing.upserting import IMPORTERS, Importer, RowOutcome

routes = Routes("Imports")

MOST_BYTES = 2_000_000
# Each row is a transaction of its own, and the caller waits for the last.
MOST_ROWS = 2_000
_BYTES = "application/octet-stream"
_TAKEN = frozenset({_BYTES, "text/csv", "text/plain", "text/tab-separated-values", "application/vnd.ms-excel"})


class ImportQuery(Query):
    """Whether to write."""

    dry_run: bool = Field(False, description="Try each row and write nothing.")


class TableBody(RootModel[bytes]):
    """A CSV file as a spreadsheet saves it, at most 2 MB and 2,000 rows; as `text/csv` or without saying which."""


class ImportColumnAnswer(Answer):
    """A column that a file may have."""

    name: str
    required: bool = Field(description="Whether a file must have it.")
    description: str | None = Field(description="What a cell of it should be.")


class ImportColumnsAnswer(Answer):
    """The columns of a kind of file, in the order of the documentation."""

    columns: Sequence[ImportColumnAnswer] = Field(description="Of the first line, in any order.")


class ImportedRowAnswer(Answer):
    """What became of a row. `key` is what it is known by; a row with an error says what to correct."""

    line: int = Field(description="Where it begins in the file.")
    key: str = Field(description="What the row is known by.")
    outcome: Literal["created", "changed", "unchanged", "error"] = Field(description="What became of it.")
    column: str | None = Field(description="Which cell is wrong; null: the row as a whole.")
    reason: str | None = Field(description="What to correct.")


class ImportAnswer(Answer):
    """What became of a file, or would have on a dry run. Rows with an error are left out, the others imported."""

    dry_run: bool = Field(description="Nothing was written.")
    created: int = Field(description="Rows that are new.")
    changed: int = Field(description="Rows that differed.")
    unchanged: int = Field(description="Rows that were the same.")
    errors: int = Field(description="Rows that were left out.")
    rows: Sequence[ImportedRowAnswer] = Field(description="In the order of the file.")
    errors_csv: str | None = Field(description="Those with an error as a file to correct and import again.")


def _require_table(content_type: str | None) -> None:
    if (content_type or "").partition(";")[0].strip().lower() not in _TAKEN:
        raise UnsupportedMediaTypeError(f"Send the file itself as text/csv or {_BYTES}.")


def _read_table(model: type[M], raw: bytes) -> M:
    return model.model_validate(raw)


TABLE = BodyFormat((_BYTES,), _require_table, _read_table)
"""The document names the one type that generators of clients know for bytes; `text/csv` is taken as well."""


@routes.get("/v1/imports/{kind:slug}", access=ADMINISTRATORS, answer=ImportColumnsAnswer, errors=(NotFoundError,))
def list_import_columns(call: Call[None, None], kind: str) -> Reply:  # noqa: ARG001 - the same for every caller
    """List the columns of a file to import.

    Of `technicians`, `stores` or `work-orders`.
    """
    row = _get_importer(kind).row
    required = row.required()
    columns = [
        ImportColumnAnswer(name=name, required=name in required, description=row.describe(name))
        for name in row.columns()
    ]
    return Reply(ImportColumnsAnswer(columns=columns))


@routes.post(
    "/v1/imports/{kind:slug}",
    access=ADMINISTRATORS,
    query=ImportQuery,
    body=TableBody,
    reads=TABLE,
    answer=ImportAnswer,
    max_body_bytes=MOST_BYTES,
    own_transactions=True,
    errors=(NotFoundError, ImportFileError),
)
def import_table(call: Call[ImportQuery, TableBody], kind: str) -> Reply:
    """Import a CSV file.

    With `technicians`, `stores` or `work-orders`. Rows are known by their `slug`, work orders by `store` and
    `external_id`: sent again, what is the same stays, what differs is changed, and nothing is there twice. A work
    order that is there is never changed. The addresses of new ones are looked up by the worker.
    """
    importer = _get_importer(kind)
    row = importer.row
    file = parse_csv(call.body.root, path=Path(f"{kind}.csv"), known=row.columns(), required=row.required())
    if len(file.rows) > MOST_ROWS:
        raise ImportFileError(f"This file has {len(file.rows)} rows; at most {MOST_ROWS} are imported at once.")
    services = call.services
    target = ImportTarget(services.database, services.settings, call.caller, importer, dry_run=call.query.dry_run)
    done = list(import_each(target, file))
    counts = Counter(outcome.change.value for _, outcome in done if isinstance(outcome, RowOutcome))
    wrong = [(line, str(outcome)) for line, outcome in done if isinstance(outcome, RowError)]
    return Reply(
        ImportAnswer(
            dry_run=target.dry_run,
            created=counts["created"],
            changed=counts["changed"],
            unchanged=counts["unchanged"],
            errors=len(wrong),
            rows=[_row_answer(importer, line, outcome) for line, outcome in done],
            errors_csv=errors_as_csv(file, wrong) if wrong else None,
        )
    )


def _get_importer(kind: str) -> Importer:
    """Raises NotFoundError."""
    found = IMPORTERS.get(kind)
    if found is None:
        raise NotFoundError(f"There is no import of {kind!r}: it is one of {', '.join(IMPORTERS)}.")
    return found


def _row_answer(importer: Importer, row: CsvRow, outcome: RowOutcome | RowError) -> ImportedRowAnswer:
    key = " / ".join(row.cells.get(name, "") for name in importer.row.key)
    if isinstance(outcome, RowError):
        return ImportedRowAnswer(
            line=row.line, key=key, outcome="error", column=outcome.column or None, reason=outcome.reason
        )
    return ImportedRowAnswer(line=row.line, key=key, outcome=outcome.change.value, column=None, reason=None)
