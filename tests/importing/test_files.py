"""Files as spreadsheets save them: encodings, separators, rows that are cut short or too long."""

from pathlib import Path

import pytest

from geo_assign.importing.files import CsvFile, ErrorFile, ImportFileError, read_csv

KNOWN = ("slug", "name", "store", "lat")


def read(tmp_path: Path, content: str | bytes, *, encoding: str = "utf-8") -> CsvFile:
    path = tmp_path / "x.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return read_csv(path, known=KNOWN, required=("slug", "name"))


TABLE = "slug;name;lat\nana;Ana, the first;41,15\nbo;Bö;\n"
SEPARATED = {
    "semicolons": TABLE,
    "tabs": TABLE.replace(";", "\t"),
    "bars": TABLE.replace(";", "|"),
    "commas": 'slug,name,lat\nana,"Ana, the first","41,15"\nbo,Bö,\n',
}
DECLARED = {
    "plain": "sep=;\n" + TABLE,
    "capitals": "SEP=;\r\n" + TABLE,
    "quoted": '"sep=;"\n' + TABLE,
    "saved again": "sep=;;;\n" + TABLE,
    "tabs": "sep=\t\n" + TABLE.replace(";", "\t"),
    "another than there is": "sep=,\n" + TABLE,
}


@pytest.mark.parametrize("content", [*SEPARATED.values(), *DECLARED.values()], ids=[*SEPARATED, *DECLARED])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_the_same_rows_however_they_are_saved(tmp_path: Path, content: str, encoding: str) -> None:
    rows = read(tmp_path, content, encoding=encoding).rows
    assert [dict(row.cells) for row in rows] == [
        {"slug": "ana", "name": "Ana, the first", "lat": "41,15"},
        {"slug": "bo", "name": "Bö"},
    ]
    declared = content.lower().lstrip('"').startswith("sep=")
    assert [row.line for row in rows] == ([3, 4] if declared else [2, 3])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_a_byte_order_mark_before_the_separator(tmp_path: Path, encoding: str) -> None:
    (row,) = read(tmp_path, "sep=,\nslug,name\nana,Ana\n", encoding=encoding).rows
    assert (row.line, row.cells["slug"]) == (3, "ana")


def test_a_separator_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match="line 1: cells are separated by commas"):
        read(tmp_path, "sep=^\nslug^name\n")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("slug,name\nana,José\n".encode("latin-1"), "line 2: this is not UTF-8"),
        ("slug,name\nana,José\n".encode("cp1252"), "line 2: this is not UTF-8"),
        ("slug,name\nana,Ana\n".encode("utf-16") + b"x", "line 3: this is not UTF-16"),
    ],
)
def test_another_encoding_is_told_with_its_line(tmp_path: Path, content: bytes, told: str) -> None:
    with pytest.raises(ImportFileError, match=told):
        read(tmp_path, content)


# Rows ---------------------------------------------------------------------------------------------------------------

FAULTS = [
    ("ana,Ana,centre,41", ""),
    ("ana,Ana,centre,", ""),
    ("ana,Ana,centre,41,,,", ""),
    ("ana,Ana,centre", "This row is cut short: it has 3 of 4 cells."),
    ("ana,Ana", "This row is cut short: it has 2 of 4 cells."),
    ("ana", "This row is cut short: it has 1 of 4 cells."),
    ("ana,Ana,centre,41,x", "This row has more cells than columns: 'x'."),
    ("ana,Ana,centre,41,,x", "This row has more cells than columns: 'x'."),
]


@pytest.mark.parametrize(("row", "fault"), FAULTS)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_row_has_a_cell_for_each_column(tmp_path: Path, row: str, fault: str, separator: str) -> None:
    content = f"slug,name,store,lat\n{row}\n".replace(",", separator)
    (read_row,) = read(tmp_path, content).rows
    assert read_row.fault == fault


def test_separators_behind_the_last_column_are_no_cells(tmp_path: Path) -> None:
    rows = read(tmp_path, "slug,name,,\nana,Ana,,\nbo,Bo\ncy,Cy,,,\n").rows
    assert [row.fault for row in rows] == ["", "", ""]


@pytest.mark.parametrize("empty", ["", ";;;", " ", "\u00a0;;", '"";"";"";""'])
def test_empty_lines_are_passed_over_and_counted(tmp_path: Path, empty: str) -> None:
    content = f"{empty}\nslug;name;store;lat\n{empty}\nana;Ana;;\n{empty}\nbo;Bo;;\n{empty}\n{empty}"
    assert [(row.line, row.fault) for row in read(tmp_path, content).rows] == [(4, ""), (6, "")]


def test_a_row_that_was_cut_short_stays_one_until_it_is_completed(tmp_path: Path) -> None:
    """The file of errors has a cell for each column, so that a spreadsheet shows the error in its own column."""
    file = read(tmp_path, "slug,name,store,lat\nana,Ana\nbo,Bo\ncy,Cy\n")
    with ErrorFile(file) as errors:
        for row in file.rows:
            errors.write(row, row.fault)
    assert errors.path is not None
    head, ana, bo, cy = errors.path.read_text("utf-8-sig").splitlines()
    completed = bo.replace("Bo,,", "Bo,centre,")
    confirmed = cy.rsplit(",", 1)[0] + ","
    again = read(tmp_path, f"{head}\n{ana}\n{completed}\n{confirmed}\n")
    assert [row.fault.partition(".")[0] for row in again.rows] == [
        "This row is cut short: it has 2 of 4 cells",
        "",
        "",
    ]
