"""CSV files as spreadsheets save them: UTF-8 with or without a byte-order mark, commas or semicolons."""

import csv
import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol, Self

from geo_assign.core.errors import InvalidError

ERROR_COLUMN = "error"


class ImportFileError(InvalidError):
    """This file cannot be imported.

    `geo-assign import` cannot read the file or its columns, and says what is wrong. Not answered over HTTP.
    """

    code = "bad_import_file"


@dataclass(frozen=True, slots=True)
class CsvRow:
    """One row, beginning at `line` of the file. `cells`: the non-empty cells by column, trimmed."""

    line: int
    raw: tuple[str, ...]
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A file with known columns. `header`: the first line, unchanged."""

    path: Path
    delimiter: str
    header: tuple[str, ...]
    rows: Sequence[CsvRow]


def read_csv(path: Path, *, known: Collection[str], required: Collection[str]) -> CsvFile:
    """Read a whole file. Raises ImportFileError for another encoding, a broken quote, or wrong columns."""
    text = _decoded(path)
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: tuple[str, ...] = ()
    columns: list[str] = []
    rows, line = [], 1
    try:
        for cells in reader:
            begins, line = line, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header = tuple(cells)
                columns = _columns(header, known=known, required=required)
                continue
            rows.append(CsvRow(begins, tuple(cells), _named(columns, cells)))
    except csv.Error as error:
        raise ImportFileError(f"{path.name}, line {reader.line_num}: {error}.") from error
    if not header:
        raise ImportFileError(f"{path.name} is empty. Its first line names the columns: {', '.join(required)}, ...")
    return CsvFile(path, delimiter, header, rows)


def _decoded(path: Path) -> str:
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ImportFileError(
            f"{path.name}, line {line}: this is not UTF-8. In a spreadsheet choose 'CSV UTF-8' when saving."
        ) from error


def _columns(header: Sequence[str], *, known: Collection[str], required: Collection[str]) -> list[str]:
    columns = ["_".join(name.strip().lower().replace("-", " ").split()) for name in header]
    while columns and not columns[-1]:  # spreadsheets leave separators at the end
        columns.pop()
    wrong = []
    for name in dict.fromkeys(columns):
        if columns.count(name) > 1:
            wrong.append(f"The column {name!r} is there twice.")
        if name not in known and name != ERROR_COLUMN:
            near = get_close_matches(name, known, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            wrong.append(f"There is no column {name!r}.{hint}")
    wrong += [f"The column {name!r} is missing." for name in required if name not in columns]
    if wrong:
        raise ImportFileError("\n".join([*wrong, f"Columns are: {', '.join(known)}."]))
    return columns


def _named(columns: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    """Return cells by column; cells beyond the last column are joined under the empty name."""
    named = {column: cell.strip() for column, cell in zip(columns, cells, strict=False) if cell.strip()}
    beyond = " ".join(cell.strip() for cell in cells[len(columns) :]).strip()
    named.pop(ERROR_COLUMN, None)
    return named | ({"": beyond} if beyond else {})


class _Writer(Protocol):
    """What `csv.writer` gives."""

    def writerow(self, row: Iterable[str], /) -> object: ...


@dataclass
class ErrorFile:
    """Keeps the rows that could not be imported, unchanged, each with its `error`. Created with the first of them.

    An existing file is never overwritten: a person may be correcting it.
    """

    source: CsvFile
    path: Path | None = None
    _stream: IO[str] | None = None
    _writer: _Writer | None = None

    def write(self, row: CsvRow, error: str) -> None:
        if self._stream is None or self._writer is None:
            self.path = _free_name(self.source.path)
            self._stream = self.path.open("x", encoding="utf-8-sig", newline="")
            self._writer = csv.writer(self._stream, delimiter=self.source.delimiter)
            self._writer.writerow([*self._without_error(self.source.header), ERROR_COLUMN])
        padded = [*row.raw, *[""] * (len(self.source.header) - len(row.raw))]
        self._writer.writerow([*self._without_error(padded), error])
        self._stream.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream is not None:
            self._stream.close()

    def _without_error(self, cells: Sequence[str]) -> list[str]:
        """Drop the `error` column of a file of errors that is imported again."""
        names = [*self.source.header, *[""] * (len(cells) - len(self.source.header))]
        return [cell for name, cell in zip(names, cells, strict=True) if name.strip().lower() != ERROR_COLUMN]


def _free_name(path: Path) -> Path:
    stem = path.name.removesuffix(".csv")
    names = (f"{stem}.errors{'' if number == 1 else f'-{number}'}.csv" for number in range(1, 10_000))
    return next(free for free in (path.with_name(name) for name in names) if not free.exists())
