"""A refusal says in words what is wanted: never a regular expression, whatever was sent to whichever operation."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from pydantic import BaseModel

from geo_assign.app import list_operations
from geo_assign.core.errors import FieldProblem, InvalidError
from geo_assign.http.bodies import STRICT_JSON
from geo_assign.http.decoding import decode_body, decode_query
from geo_assign.http.errors import BadQueryError
from geo_assign.http.json_schemas import resolved
from geo_assign.http.operations import Operation

WRONG: list[Any] = ["%", "\u20ac", "x" * 30_000, "12", "2026-13-45", "2026-01-01T00:00", 5, -1e300, 10**30, True, None]
WRONG += [[], {}, [[]], ["%"], [5], {"%": 1}]
_EXPRESSION = re.compile(r"\[[^\]]+-[^\]]*\]|\\[dswDSW]|\(\?|[*+]\$|\^[\[(]|\{\d+,\d*\}")

BODIES = [one for one in list_operations() if one.body is not None and one.reads is STRICT_JSON]
QUERIES = [one for one in list_operations() if one.query is not None]


@pytest.mark.parametrize("operation", BODIES, ids=lambda one: one.name)
def test_no_refusal_of_a_body_shows_an_expression(operation: Operation) -> None:
    assert operation.body is not None
    schema = operation.body.model_json_schema()
    told = [problem for sent in wrong_bodies(schema, schema) for problem in refusals(operation.body, sent)]
    assert told
    assert_in_words(told)


@pytest.mark.parametrize("operation", QUERIES, ids=lambda one: one.name)
def test_no_refusal_of_a_query_shows_an_expression(operation: Operation) -> None:
    assert operation.query is not None
    told: list[FieldProblem] = []
    for name in operation.query.model_fields:
        for value in ("%", "x" * 3_000, "12345678901234567890", "2026-13-45", "a,b", "-1"):
            try:
                decode_query(operation.query, f"{name}={quote(value)}")
            except BadQueryError as error:
                told += error.errors
    assert_in_words(told)


def wrong_bodies(document: Any, schema: Any) -> Iterator[Any]:
    """Bodies with one thing wrong, at every place that the schema knows."""
    yield from WRONG
    whole = resolved(document, schema)
    for part in (*whole.get("anyOf", ()), *whole.get("allOf", ())):
        yield from wrong_bodies(document, part)
    for name, member in whole.get("properties", {}).items():
        for sent in wrong_bodies(document, member):
            yield {name: sent}
    if isinstance(whole.get("items"), dict):
        for sent in wrong_bodies(document, whole["items"]):
            yield [sent]


def refusals(model: type[BaseModel], sent: Any) -> list[FieldProblem]:
    try:
        decode_body(model, json.dumps(sent).encode())
    except InvalidError as error:
        return list(error.errors)
    return []


def assert_in_words(told: list[FieldProblem]) -> None:
    for problem in told:
        assert _EXPRESSION.search(problem.detail) is None, problem
        assert problem.detail[0].isupper(), problem
        assert problem.detail.endswith("."), problem
