"""Every feature that is promised has its calls and a test that shows it: docs/features.md, held against both."""

import ast
import re
from functools import cache
from itertools import chain

import pytest

from geo_assign.app import list_operations
from geo_assign.http.paths import template_of
from tests.docs.pages import ROOT, page

FEATURES = page("docs/features.md")
_ROW = re.compile(r"^\| ([^|`]+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
_CALL = re.compile(r"`(GET|POST|PUT|PATCH|DELETE) (/v1/[^`]+)`")
# A plain run of the suite leaves tests with these marks out, so no row may rest on them.
_LEFT_OUT = {"skip", "skipif", "xfail", "real"}

DISPATCH = (
    "Calendar of leads and tickets",
    "Create lead",
    "View location",
    "Trigger: Lead Auto User Assignment",
    "Trigger: Lead Acceptance",
    "Trigger: Lead Rejection",
    "Lead Time TAT (Minutes)",
    "Lead Map Key",
    "Manual assignment by location",
    "Transfer lead or ticket to another store",
    "Convert lead to ticket",
    "Tickets",
    "Status colours",
    "Technician learns of an assignment",
    "Appointment calendar widget",
    "Customer follows",
)
SERVICE_GROUPS = (
    "Dispatcher role per service group",
    "Pending assignments (to-do)",
    "List assignment",
    "Only inside the group",
    "Map assignment",
    "Work order without location",
    "Mobile assignment",
    "Group reassignment",
    "Group rejection",
    "Reallocation",
)
CASES = (
    "Time zones / DST",
    "Slots",
    "Log-out of another device",
    "Technician logs out mid-offer",
    "Address moved",
    "Address elsewhere than geocoded",
    "Lead cancelled while offered",
    "Two dispatchers at once",
    "Accept exactly at the time-out",
    "Nobody eligible",
    "Slot in the future",
    "A slot that is over",
    "Work that cannot be done any more",
    "Two phones, jumps",
    "Clock in the future",
    "Late upload",
    "Radius not set",
    "Drive time",
    "Retry of a POST",
    "Creating a lead",
    "Trigger, offer and human at odds",
    "Restart anywhere",
)
ROWS = {name: (calls, shown) for name, calls, shown in _ROW.findall(FEATURES.text)}


def test_every_feature_has_its_row() -> None:
    assert [name for name in ROWS if not name.startswith(("feature", "case", "---"))] == [
        *DISPATCH,
        *SERVICE_GROUPS,
        *CASES,
    ]


@pytest.mark.parametrize("name", [*DISPATCH, *SERVICE_GROUPS, *CASES])
def test_its_tests_are_there_and_run(name: str) -> None:
    _, shown = ROWS[name]
    named = _TEST.findall(shown)
    assert named, "no test shows it"
    for path, test in named:
        marks = marks_of(path)
        assert test in marks, f"{path} has no {test}"
        assert not marks[test] & _LEFT_OUT, f"{test} does not always run"


@pytest.mark.parametrize("name", [*DISPATCH, *SERVICE_GROUPS, *CASES])
def test_its_calls_are_served(name: str) -> None:
    calls, _ = ROWS[name]
    served = {(operation.method, template_of(operation.path)) for operation in list_operations()}
    named = {(method, path.partition("?")[0]) for method, path in _CALL.findall(calls)}
    assert named, "no call leads to it"
    assert named <= served


@cache
def marks_of(path: str) -> dict[str, frozenset[str]]:
    """The tests of a file, each with its marks and the file's own."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    of_file = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and any(getattr(target, "id", "") == "pytestmark" for target in node.targets)
    ]
    tests = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    return {test.name: frozenset(_marks(*of_file, *test.decorator_list)) for test in tests}


def _marks(*nodes: ast.expr) -> list[str]:
    inside = chain.from_iterable(ast.walk(node) for node in nodes)
    return [
        node.attr for node in inside if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "pytest.mark"
    ]
