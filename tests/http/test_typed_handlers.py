"""mypy holds a handler to what is declared about it: its call has the declared query and body, and no others."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.scripts.shell import REPOSITORY

pytestmark = pytest.mark.slow

HEAD = """
from uuid import UUID
from geo_assign.http.operations import READING, AnyCall, Call, Reply, Routes
from geo_assign.http.schemas import Body, PageQuery, ShortText

class Note(Body):
    text: ShortText

routes = Routes("Examples")
"""
FITS = """
@routes.post("/v1/notes", access=READING, query=PageQuery, body=Note)
def add(call: Call[PageQuery, Note]) -> Reply:
    return Reply(call.body.text * call.query.limit)

@routes.get("/v1/notes/{id}", access=READING)
def read(call: Call[None, None], id: UUID) -> Reply:
    return Reply()

@routes.delete("/v1/notes", access=READING, query=PageQuery)
def delete(call: AnyCall) -> Reply:
    return Reply()
"""
DOES_NOT_FIT = {
    "another body": """
@routes.post("/v1/notes", access=READING, body=Note)  # refused
def handle_1(call: Call[None, PageQuery]) -> Reply:
    return Reply()
""",
    "a body that is not declared": """
@routes.post("/v1/notes", access=READING)  # refused
def handle_2(call: Call[None, Note]) -> Reply:
    return Reply()
""",
    "a query taken for a body": """
@routes.post("/v1/notes", access=READING, query=PageQuery)  # refused
def handle_3(call: Call[None, PageQuery]) -> Reply:
    return Reply()
""",
    "a member that the model has not": """
@routes.get("/v1/notes", access=READING, query=PageQuery)
def handle_4(call: Call[PageQuery, None]) -> Reply:
    return Reply(call.query.limits)  # refused
""",
    "no reply": """
@routes.get("/v1/notes", access=READING)  # refused
def handle_5(call: Call[None, None]) -> str:
    return ""
""",
    "a misspelt option": """
@routes.get("/v1/notes", access=READING, version=True)  # refused
def handle_6(call: Call[None, None]) -> Reply:
    return Reply()
""",
}


def refused(folder: Path, source: str) -> set[int]:
    """The lines that mypy refuses, as strict as it is with the package itself."""
    file = folder / "example.py"
    file.write_text(source)
    command = [sys.executable, "-m", "mypy", "--config-file", "setup.cfg", str(file)]
    told = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=280)
    assert told.returncode in {0, 1}, told.stdout + told.stderr
    return {int(line) for line in re.findall(r"example\.py:(\d+): error", told.stdout)}


def test_handlers_that_fit_are_taken_and_others_refused(tmp_path: Path) -> None:
    source = HEAD + FITS + "".join(DOES_NOT_FIT.values())
    marked = {number for number, line in enumerate(source.splitlines(), start=1) if line.endswith("# refused")}
    assert len(marked) == len(DOES_NOT_FIT)
    assert refused(tmp_path, source) == marked
