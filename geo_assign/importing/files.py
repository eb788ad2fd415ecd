"""Tables as spreadsheets save them: UTF-8 or UTF-16, separated by commas, semicolons, tabs or bars."""

import codecs
import csv
import io
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol, Self

from geo_assign.core.blanks import is_blank
from geo_assign.core.errors import InvalidError

ERROR_COLUMN = "error"
_SEPARATORS = (",", ";", "\t", "|")
# What Excel takes for the separator of its file, and some programs write for it. Saved once more, it has cells behind.
_DECLARED = re.compile(r'\ufeff?"?sep=(.)"?[,;\t|"]*\r?(?:\n|$)', re.IGNORECASE)
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CUT_SHORT = "This row is cut short: it has {given} of {needed} cells"
_WAS_CUT_SHORT = re.compile(r"This row is cut short: it has (\d+) of \d+ cells", re.ASCII)


class ImportFileError(InvalidError):
    """This file cannot be imported.

    It, or its columns, cannot be read; `detail` says what is wrong.
    """

    code = "bad_import_file"


@dataclass(frozen=True, slots=True)
class CsvRow:
    """One row, beginning at `line` of the file. `cells`: the non-empty cells by column, trimmed.

    `fault` says what is wrong with the row as a whole, such as too few cells; empty where nothing is.
    """

    line: int
    raw: tuple[str, ...]
    cells: Mapping[str, str]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A file with known columns. `header`: the first line, unchanged."""

    path: Path
    delimiter: str
    header: tuple[str, ...]
    rows: Sequence[CsvRow]


def read_csv(path: Path, *, known: Collection[str], required: Collection[str]) -> CsvFile:
    """Read a whole file. Raises ImportFileError for another encoding, a broken quote, or wrong columns."""
    return parse_csv(path.read_bytes(), path=path, known=known, required=required)


def parse_csv(raw: bytes, *, path: Path, known: Collection[str], required: Collection[str]) -> CsvFile:
    """The same for the contents of a file; `path` names it in what is told."""
    text = _decoded(raw, path)
    declared = _DECLARED.match(text)
    if declared is not None:
        _require_separator(path, declared[1])
        text = text[declared.end() :]
    above = 0 if declared is None else 1
    delimiter = _separator(text, known=known, declared=declared[1] if declared else None)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: tuple[str, ...] = ()
    columns: list[str] = []
    rows, line = [], 1 + above
    try:
        for cells in reader:
            begins, line = line, reader.line_num + 1 + above
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header = tuple(cells)
                columns = _columns(header, known=known, required=required)
                continue
            rows.append(CsvRow(begins, tuple(cells), _named(columns, cells), _fault(columns, cells)))
    except csv.Error as error:
        raise ImportFileError(f"{path.name}, line {reader.line_num + above}: {error}.") from error
    if not header:
        raise ImportFileError(f"{path.name} is empty. Its first line names the columns: {', '.join(required)}, ...")
    return CsvFile(path, delimiter, header, rows)


def _require_separator(path: Path, declared: str) -> None:
    if declared not in _SEPARATORS:
        raise ImportFileError(
            f"{path.name}, line 1: cells are separated by commas, semicolons, tabs or bars, not by {declared!r}."
        )


def _separator(text: str, *, known: Collection[str], declared: str | None) -> str:
    """The separator by which the first line gives the most known columns; of several the declared one."""
    first = next((line for line in io.StringIO(text) if line.strip(" ,;\t|\r\n")), "")
    choices = sorted(_SEPARATORS, key=lambda one: (one != declared, -first.count(one)))
    return max(choices, key=lambda one: sum(_column_name(cell) in known for cell in _split(first, one)))


def _split(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), [])


def _decoded(raw: bytes, path: Path) -> str:
    encoding, told = _encoding(raw)
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw[: error.start].decode(encoding, "ignore").count("\n") + 1
        raise ImportFileError(
            f"{path.name}, line {line}: this is not {told}. In a spreadsheet choose 'CSV UTF-8' when saving."
        ) from error


def _encoding(raw: bytes) -> tuple[str, str]:
    """The encoding of a file and its name for people. Excel's 'Unicode text' is UTF-16."""
    if raw.startswith(_UTF_16):
        return "utf-16", "UTF-16"
    if raw[1:2] == b"\0" != raw[:1]:
        return "utf-16-le", "UTF-16"
    if raw[:1] == b"\0" != raw[1:2]:
        return "utf-16-be", "UTF-16"
    return "utf-8-sig", "UTF-8"


def _column_name(cell: str) -> str:
    return "_".join(cell.strip().lower().replace("-", " ").split())


def _columns(header: Sequence[str], *, known: Collection[str], required: Collection[str]) -> list[str]:
    columns = [_column_name(name) for name in header]
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
    named = {column: cell.strip() for column, cell in zip(columns, cells, strict=False) if not is_blank(cell)}
    named.pop(ERROR_COLUMN, None)
    return named


def _fault(columns: Sequence[str], cells: Sequence[str]) -> str:
    """What is wrong with a row as a whole. Empty cells beyond the last column are none: spreadsheets leave them."""
    beyond = " ".join(cell.strip() for cell in cells[len(columns) :]).strip()
    if beyond:
        return f"This row has more cells than columns: {beyond!r}."
    needed = next(number for number in range(len(columns), 0, -1) if columns[number - 1] != ERROR_COLUMN)
    if len(cells) < needed:
        return f"{_CUT_SHORT.format(given=len(cells), needed=needed)}."
    return _still_cut_short(columns, cells, needed)


def _still_cut_short(columns: Sequence[str], cells: Sequence[str], needed: int) -> str:
    """A row of a file of errors, where it was filled up with empty cells, is no better for that."""
    error = cells[columns.index(ERROR_COLUMN)] if ERROR_COLUMN in columns[: len(cells)] else ""
    was = _WAS_CUT_SHORT.search(error)
    rest = [cell for column, cell in zip(columns, cells, strict=False) if column != ERROR_COLUMN]
    if was is None or any(cell.strip() for cell in rest[int(was[1]) :]):
        return ""
    cut = _CUT_SHORT.format(given=was[1], needed=needed)
    return f"{cut}. Complete it; if nothing is missing, empty its cell in the column {ERROR_COLUMN}."


class _Writer(Protocol):
    """What `csv.writer` gives."""

    def writerow(self, row: Iterable[str], /) -> object: ...


def errors_as_csv(source: CsvFile, errors: Iterable[tuple[CsvRow, str]]) -> str:
    """The rows that could not be imported, unchanged, each with its `error`; to be corrected and imported again."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=source.delimiter)
    writer.writerow(_header_of_errors(source))
    writer.writerows(_line_of_errors(source, row, error) for row, error in errors)
    return stream.getvalue()


def _header_of_errors(source: CsvFile) -> list[str]:
    return [*_without_error(source, source.header), ERROR_COLUMN]


def _line_of_errors(source: CsvFile, row: CsvRow, error: str) -> list[str]:
    padded = [*row.raw, *[""] * (len(source.header) - len(row.raw))]
    return [*_without_error(source, padded), error]


def _without_error(source: CsvFile, cells: Sequence[str]) -> list[str]:
    """Drop the `error` column of a file of errors that is imported again."""
    names = [*source.header, *[""] * (len(cells) - len(source.header))]
    return [cell for name, cell in zip(names, cells, strict=True) if name.strip().lower() != ERROR_COLUMN]


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
            self._writer.writerow(_header_of_errors(self.source))
        self._writer.writerow(_line_of_errors(self.source, row, error))
        self._stream.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream is not None:
            self._stream.close()


def _free_name(path: Path) -> Path:
    stem = path.name.removesuffix(".csv")
    names = (f"{stem}.errors{'' if number == 1 else f'-{number}'}.csv" for number in range(1, 10_000))
    return next(free for free in (path.with_name(name) for name in names) if not free.exists())
