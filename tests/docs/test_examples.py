"""The bodies that the README sends are bodies that the API takes."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from geo_assign.http.decoding import decode_body
from geo_assign.http.operations import Operation
from geo_assign.http.routes.work_order_models import WorkOrderAnswer
from geo_assign.importing.files import ErrorFile, read_csv
from tests.docs.pages import page
from tests.operations import find_operation

README = page("README.md")
_CALL = re.compile(r'curl -sS (?:-X (\w+) )?"\$API(/v1/[^"]*)"')
_BODY = re.compile(r'curl -sS "\$API(/v1/[^"]*)"[^\n]*--json @- <<JSON[^\n]*\n(.*?)^JSON$', re.MULTILINE | re.DOTALL)
# What the shell would put in.
_SHELL = {
    r"\$\(date -u \+%FT%TZ\)": "2026-05-21T14:05:00Z",
    r"\$[A-Z]+": "01a2019c-394b-7300-945c-367ba288a3de",
}


def script() -> str:
    return "\n".join(README.blocks("sh"))


def filled(text: str) -> str:
    for pattern, value in _SHELL.items():
        text = re.sub(pattern, value, text)
    return text


def bodies() -> Iterator[tuple[Operation, str]]:
    for path, body in _BODY.findall(script()):
        operation = find_operation("POST", filled(path))
        yield operation, filled(body)


@pytest.mark.parametrize(("operation", "body"), list(bodies()), ids=lambda one: getattr(one, "name", ""))
def test_every_body_is_taken(operation: Operation, body: str) -> None:
    assert operation.body is not None
    decode_body(operation.body, body.encode())


def test_every_call_is_served() -> None:
    with_body = {path for path, _ in _BODY.findall(script())}
    called = _CALL.findall(script())
    assert len(called) >= 6
    for method, path in called:
        find_operation(method or ("POST" if path in with_body else "GET"), filled(path))


def test_the_answers_shown_have_the_members_that_answers_have() -> None:
    shown = json.loads(README.blocks("json")[0])
    _assert_members(shown, WorkOrderAnswer)
    for name in ("location", "offer"):
        member = next(part for part in WorkOrderAnswer.model_fields[name].annotation.__args__ if part is not type(None))  # type: ignore[union-attr]
        _assert_members(shown[name], member)


def _assert_members(shown: dict[str, object], model: type[BaseModel]) -> None:
    assert set(shown) <= set(model.model_fields)


def test_the_file_of_errors_has_the_name_that_operations_give(tmp_path: Path) -> None:
    imported = tmp_path / "leads.csv"
    imported.write_text("store\ncentre\n", encoding="utf-8")
    file = read_csv(imported, known=["store"], required=["store"])
    with ErrorFile(file) as errors:
        errors.write(file.rows[0], "invented")
    assert errors.path is not None
    assert f"`{errors.path.name}` for `{imported.name}`" in page("docs/operations.md").text
