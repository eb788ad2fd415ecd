"""Every error code has its line, under the status that it is answered with."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator

import pytest

import geo_assign
from geo_assign.core.errors import GeoAssignError
from geo_assign.http.problems import status_of
from tests.docs.pages import page

PROBLEMS = page("docs/problems.md")
_ROW = re.compile(r"^\| `(\w+)` \|(?: (\d{3}) \|)? (.+) \|$", re.MULTILINE)
_PROCESSES = {"geo_assign.__main__"}


def every_error() -> Iterator[type[GeoAssignError]]:
    """All there are, wherever they are defined."""
    for module in pkgutil.walk_packages(geo_assign.__path__, "geo_assign."):
        if module.name not in _PROCESSES:
            importlib.import_module(module.name)
    waiting = list(GeoAssignError.__subclasses__())
    while waiting:
        error = waiting.pop()
        waiting += error.__subclasses__()
        yield error


def told() -> dict[str, int]:
    """Each code of the page with its status, from its own column or from the heading above it."""
    found: dict[str, int] = {}
    for section in PROBLEMS.prose.split("\n## ")[1:]:
        heading = re.findall(r"\d{3}", section.partition(":")[0])
        for code, status, _ in _ROW.findall(section):
            assert code not in found, f"{code} is told twice"
            found[code] = int(status or heading[0])
    return found


def test_every_code_is_told_with_its_status() -> None:
    assert told() == {error.code: status_of(error) for error in every_error()}


@pytest.mark.parametrize(
    "error", sorted(set(every_error()), key=lambda error: error.code), ids=lambda error: error.code
)
def test_the_page_says_what_the_error_says(error: type[GeoAssignError]) -> None:
    """`detail` without words of its own is the title, and the page goes on with the rest of the docstring."""
    said = " ".join(inspect.cleandoc(error.__doc__ or "").split())
    rows = {code: text for code, _, text in _ROW.findall(PROBLEMS.prose)}
    assert rows[error.code] == said
    assert said.startswith(error().detail)


@pytest.mark.parametrize("status", sorted({status_of(error) for error in every_error()}))
def test_every_status_has_a_heading(status: int) -> None:
    assert re.search(rf"^## .*\b{status}\b", PROBLEMS.text, re.MULTILINE)
