"""Every decision record has one form, and the list of records names each with its title."""

import re

import pytest

from tests.docs.pages import ROOT, Page, page

_FOLDER = ROOT / "docs" / "decisions"
_TITLE = re.compile(r"# (\d{4}): (.+)")
_STATUS = re.compile(r"Accepted, 20\d\d-\d\d\.( (Replaced by|Replaces) \[\d{4}\]\([\w-]+\.md\)[^.]*\.)?")
_SECTIONS = ["Context", "Decision", "Measured", "Consequences"]
_MAY_BE_ABSENT = {"Measured"}
RECORDS = [Page(path) for path in sorted(_FOLDER.glob("0*.md"))]

every_record = pytest.mark.parametrize("record", RECORDS, ids=str)


@every_record
def test_it_begins_with_its_number_its_title_and_its_status(record: Page) -> None:
    title, blank, status, *_ = record.text.splitlines()
    match = _TITLE.fullmatch(title)
    assert match is not None
    assert record.path.name.startswith(f"{match[1]}-")
    assert blank == ""
    assert _STATUS.fullmatch(status)


@every_record
def test_its_sections_are_those_of_all_records_in_their_order(record: Page) -> None:
    told = re.findall(r"^## (.+)$", record.text, re.MULTILINE)
    assert told == [name for name in _SECTIONS if name in told]
    assert set(_SECTIONS) - set(told) <= _MAY_BE_ABSENT


@every_record
def test_the_list_names_it_with_its_title(record: Page) -> None:
    title = record.text.splitlines()[0].partition(": ")[2]
    number = record.path.name[:4]
    assert f"| [{number}]({record.path.name}) | {title} |" in page("docs/decisions/README.md").text


def test_the_numbers_have_no_gap() -> None:
    assert [int(record.path.name[:4]) for record in RECORDS] == list(range(1, len(RECORDS) + 1))
