"""Answers held against the API document: every member that is answered has to be described there."""

import copy
from functools import cache
from typing import Any

import jsonschema_rs
import orjson

from geo_assign import __version__
from geo_assign.app import list_operations
from geo_assign.http.health import HEALTH_PATHS
from geo_assign.http.json_schemas import flattened, resolved
from geo_assign.http.openapi import render_document
from geo_assign.http.operations import Operation
from geo_assign.http.paths import template_of


@cache
def document() -> dict[str, Any]:
    """The document that is served."""
    rendered = render_document(list_operations(), version=__version__, extra_paths=HEALTH_PATHS)
    loaded: dict[str, Any] = orjson.loads(rendered)
    return loaded


def undescribed(operation: Operation, status: int, answer: Any) -> list[str]:
    """What in an answer's JSON does not fit the document; a member that it does not name does not fit either."""
    errors = _validator(operation.method, template_of(operation.path), status).iter_errors(answer)
    return [f"{'/'.join(map(str, error.instance_path))}: {error.message}" for error in errors]


@cache
def _validator(method: str, path: str, status: int) -> jsonschema_rs.Draft202012Validator:
    closed = _closed()
    responses = closed["paths"][path][method.lower()]["responses"]
    # Only problems may stand under `default`: whatever goes well is described by its own status.
    told_as = str(status) if str(status) in responses or status < 400 else "default"
    response = resolved(closed, responses[told_as])
    (content,) = response["content"].values()
    schemas = {name: closed["components"]["schemas"][name] for name in _named_in(content["schema"], frozenset())}
    schema = {**content["schema"], "components": {"schemas": schemas}}
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


def _named_in(value: Any, known: frozenset[str]) -> frozenset[str]:
    """The shapes that a schema refers to, and those that these refer to: a validator of all shapes takes long."""
    if isinstance(value, list):
        return known.union(*(_named_in(inner, known) for inner in value))
    if not isinstance(value, dict):
        return known
    name = value["$ref"].rpartition("/")[2] if isinstance(value.get("$ref"), str) else None
    if name is not None and name not in known:
        known = _named_in(_closed()["components"]["schemas"][name], known | {name})
    for inner in value.values():
        known = _named_in(inner, known)
    return known


@cache
def _closed() -> dict[str, Any]:
    """The document, with objects that have no members but those that it names."""
    closed = copy.deepcopy(document())
    schemas = closed["components"]["schemas"]
    schemas.update({name: flattened(closed, schema) for name, schema in schemas.items()})
    _close(closed["components"]["schemas"])
    return closed


def _close(value: Any) -> None:
    if isinstance(value, dict):
        if value.get("type") == "object" and isinstance(value.get("properties"), dict):
            value.setdefault("additionalProperties", False)
        for inner in value.values():
            _close(inner)
    elif isinstance(value, list):
        for inner in value:
            _close(inner)
