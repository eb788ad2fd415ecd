"""The Postman collection is made of the API document and has its format, 2.1."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from geo_assign.app import list_operations, render_api_document
from geo_assign.http.paths import template_of
from geo_assign.http.postman import SCHEMA, collection_of

# The parts of the format that Postman needs to read a collection.
_DESCRIBED = {"key": {"type": "string"}, "description": {"type": "string"}, "disabled": {"type": "boolean"}}
_PAIRS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["key", "value"],
        "properties": {**_DESCRIBED, "value": {"type": "string"}, "type": {"type": "string"}},
        "additionalProperties": False,
    },
}
FORMAT = {
    "type": "object",
    "required": ["info", "item"],
    "additionalProperties": False,
    "properties": {
        "info": {
            "type": "object",
            "required": ["name", "schema"],
            "properties": {
                "_postman_id": {"type": "string", "format": "uuid"},
                "name": {"type": "string", "minLength": 1},
                "description": {"type": "string"},
                "version": {"type": "string"},
                "schema": {"const": SCHEMA},
            },
            "additionalProperties": False,
        },
        "item": {"type": "array", "items": {"$ref": "#/definitions/item"}},
        "auth": {"$ref": "#/definitions/auth"},
        "variable": _PAIRS,
    },
    "definitions": {
        "auth": {
            "type": "object",
            "required": ["type"],
            "properties": {"type": {"enum": ["bearer", "noauth"]}, "bearer": _PAIRS},
            "additionalProperties": False,
        },
        "item": {
            "oneOf": [
                {
                    "type": "object",
                    "required": ["name", "item"],
                    "additionalProperties": False,
                    "properties": {
                        "name": {"type": "string"},
                        "item": {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/item"}},
                    },
                },
                {
                    "type": "object",
                    "required": ["name", "request"],
                    "additionalProperties": False,
                    "properties": {
                        "name": {"type": "string", "minLength": 1},
                        "response": {"type": "array"},
                        "request": {"$ref": "#/definitions/request"},
                    },
                },
            ]
        },
        "request": {
            "type": "object",
            "required": ["method", "url", "header"],
            "additionalProperties": False,
            "properties": {
                "method": {"enum": ["GET", "POST", "PUT", "PATCH", "DELETE"]},
                "header": _PAIRS,
                "description": {"type": "string"},
                "auth": {"$ref": "#/definitions/auth"},
                "url": {
                    "type": "object",
                    "required": ["raw", "host", "path"],
                    "additionalProperties": False,
                    "properties": {
                        "raw": {"type": "string", "pattern": "^\\{\\{base_url\\}\\}/"},
                        "host": {"const": ["{{base_url}}"]},
                        "path": {"type": "array", "items": {"type": "string", "pattern": "^[^/?]+$"}},
                        "query": _PAIRS,
                        "variable": _PAIRS,
                    },
                },
                "body": {
                    "type": "object",
                    "required": ["mode"],
                    "properties": {
                        "mode": {"enum": ["raw", "urlencoded", "file"]},
                        "raw": {"type": "string"},
                        "urlencoded": _PAIRS,
                        "file": {"type": "object"},
                        "options": {"type": "object"},
                    },
                    "additionalProperties": False,
                },
            },
        },
    },
}


@pytest.fixture(scope="module")
def collection() -> dict[str, Any]:
    return collection_of(json.loads(render_api_document()))


def requests_of(collection: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for folder in collection["item"]:
        yield from (item["request"] for item in folder["item"])


def test_it_has_the_format_of_postman(collection: dict[str, Any]) -> None:
    assert [str(error) for error in jsonschema_rs.validator_for(FORMAT).iter_errors(collection)] == []


def test_every_operation_is_a_request(collection: dict[str, Any]) -> None:
    called = {(one["method"], "/" + "/".join(one["url"]["path"])) for one in requests_of(collection)}
    for operation in list_operations():
        path = template_of(operation.path)
        segments = [
            f":{part[1:-1]}"
            if part.startswith("{") and part.endswith("}")
            else part.replace("{", "{{").replace("}", "}}")
            for part in path.strip("/").split("/")
        ]
        assert (operation.method, "/" + "/".join(segments)) in called, operation.name


def test_bodies_are_the_examples(collection: dict[str, Any]) -> None:
    bodies = {
        one["url"]["raw"]: one["body"] for one in requests_of(collection) if one["method"] == "POST" and "body" in one
    }
    lead = json.loads(bodies["{{base_url}}/v1/leads"]["raw"])
    assert lead["customer"]["name"] == "Eva Lima"
    assert len(json.loads(bodies["{{base_url}}/v1/leads/bulk"]["raw"])["leads"]) == 1


def test_what_needs_no_token_sends_none(collection: dict[str, Any]) -> None:
    public = {"/v1/" + one["url"]["raw"].partition("/v1/")[2] for one in requests_of(collection) if "auth" in one}
    assert "/v1/sessions" in public
    assert "/v1/leads" not in public
    assert collection["auth"]["type"] == "bearer"


def test_the_command_prints_it(collection: dict[str, Any]) -> None:
    command = [sys.executable, "-m", "geo_assign", "openapi", "--postman"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert json.loads(printed) == collection
