"""The page about the seed file names every member, and its example is the one that the command prints and loads."""

import json
import re
from collections.abc import Iterator, Mapping

import pytest
from pydantic import BaseModel

from geo_assign.seed import read_document
from geo_assign.seed.command import ENTRIES, EXAMPLE
from tests.docs.pages import page

PAGE = page("docs/seed-file.md")
HEADINGS = {
    "Organization": "organizations",
    "Store": "stores",
    "Map key": "map_key",
    "Group": "groups",
    "Provider": "providers",
    "Technician": "technicians",
    "User": "users",
    "API key": "api_keys",
}


def members(heading: str) -> dict[str, bool]:
    """The members of a section's table, and whether each is marked as required."""
    section = PAGE.text.split(f"\n### {heading}\n")[1].split("\n#")[0]
    found = {}
    for row in re.findall(r"^\| (`.+?) \|", section, re.MULTILINE):
        found |= {name: row.endswith("*") for name in re.findall(r"`(\w+)`", row)}
    return found


@pytest.mark.parametrize("heading", HEADINGS)
def test_every_member_has_its_row(heading: str) -> None:
    fields = ENTRIES[HEADINGS[heading]].model_fields
    assert members(heading) == {name: field.is_required() for name, field in fields.items()}


def test_the_example_is_the_one_that_is_printed() -> None:
    assert PAGE.blocks("json")[-1] == EXAMPLE.read_text(encoding="utf-8")
    read_document(EXAMPLE.read_bytes())


def test_the_example_uses_every_member() -> None:
    (organization,) = json.loads(EXAMPLE.read_text(encoding="utf-8"))["organizations"]
    used = dict(_used([organization], "organizations"))
    for name in HEADINGS.values():
        assert used[name] == set(_fields(ENTRIES[name])), name


def _fields(entry: type[BaseModel]) -> Iterator[str]:
    yield from entry.model_fields


def _used(entries: list[Mapping[str, object]], name: str) -> Iterator[tuple[str, set[str]]]:
    yield name, {member for entry in entries for member in entry}
    for entry in entries:
        for member, value in entry.items():
            if isinstance(value, dict) and member in ENTRIES:
                yield member, set(value)
            elif isinstance(value, list) and isinstance(value[0], dict):
                yield from _used(value, member)
