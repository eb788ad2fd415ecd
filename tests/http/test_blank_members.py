"""A form sends what was left empty as "", a client as null: in every body that is no value, as if it were not there."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from geo_assign.app import list_operations
from geo_assign.core.errors import InvalidError
from geo_assign.http.bodies import STRICT_JSON
from geo_assign.http.decoding import decode_body
from geo_assign.http.json_schemas import resolved
from geo_assign.http.operations import Operation
from geo_assign.http.schemas import Patch
from geo_assign.workforce.store_settings import StoreSettings

BODIES = [one for one in list_operations() if one.body is not None and one.reads is STRICT_JSON]
OTHERS = [one for one in BODIES if not issubclass(one.body or BaseModel, Patch)]
CHANGES = [one for one in BODIES if issubclass(one.body or BaseModel, Patch)]
BLANKS = ["", "  ", "\N{NO-BREAK SPACE}", None]


@pytest.mark.parametrize("operation", OTHERS, ids=lambda one: one.name)
def test_whatever_may_be_left_out_may_be_sent_empty(operation: Operation) -> None:
    model, example = model_of(operation), dict(operation.example or {})
    schema = model.model_json_schema()
    for path in optional_places(schema, schema):
        # Of a password blanks are characters like others, so that a wrong one is not taken for none.
        for blank in BLANKS if path != ("password",) else ["", None]:
            if blank is None and (issubclass(model, StoreSettings) or path[0] == "settings"):
                continue  # a trigger that is null could be meant as off, so it is refused
            sent, without = changed(example, path, blank), changed(example, path)
            if sent is not None and without is not None:
                assert outcome(model, sent) == outcome(model, without), (path, blank)


@pytest.mark.parametrize("operation", CHANGES, ids=lambda one: one.name)
def test_in_a_change_a_blank_empties_or_leaves(operation: Operation) -> None:
    model = model_of(operation)
    schema = model.model_json_schema()
    for name in schema["properties"]:
        emptied = outcome(model, {name: None})
        expected = emptied if isinstance(emptied, BaseModel) else decoded(model, {})
        assert decoded(model, {name: ""}).model_fields_set == expected.model_fields_set, name


def model_of(operation: Operation) -> type[BaseModel]:
    assert operation.body is not None
    return operation.body


def outcome(model: type[BaseModel], sent: Any) -> BaseModel | set[tuple[str, str]]:
    try:
        return decoded(model, sent)
    except InvalidError as error:
        return {(problem.pointer, problem.code) for problem in error.errors}


def decoded(model: type[BaseModel], sent: Any) -> BaseModel:
    return decode_body(model, json.dumps(sent).encode())


def optional_places(document: Any, schema: Any) -> Iterator[tuple[str, ...]]:
    whole = resolved(document, schema)
    for name, member in whole.get("properties", {}).items():
        if name not in whole.get("required", ()):
            yield (name,)
        for part in (member, *member.get("anyOf", ())):
            for inner in optional_places(document, part):
                yield (name, *inner)


def changed(example: dict[str, Any], path: tuple[str, ...], *value: Any) -> dict[str, Any] | None:
    """The example with this member of another value, or without it; None where its object is not in the example."""
    body = copy.deepcopy(example)
    place: Any = body
    for name in path[:-1]:
        place = place.get(name)
        if not isinstance(place, dict):
            return None
    if value:
        place[path[-1]] = value[0]
    else:
        place.pop(path[-1], None)
    return body
