"""The OpenAPI document and the pages say what is really served, and need nothing from elsewhere."""

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from geo_assign.app import FEATURES, list_operations
from geo_assign.http import routes
from geo_assign.http.problems import documented_errors
from geo_assign.http.router import template_of
from tests.http.conftest import MakeClient

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
def client(make_client: MakeClient) -> FlaskClient:
    return make_client()


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    answer = client.get("/openapi.json")
    assert answer.status_code == 200
    document: dict[str, Any] = json.loads(answer.data)
    return document


def described(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in METHODS & set(item):
            yield method, path, item[method]


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_every_route_file_is_served() -> None:
    there = {f"{routes.__name__}.{found.name}" for found in pkgutil.iter_modules(routes.__path__)}
    with_routes = {name for name in there if hasattr(importlib.import_module(name), "routes")}
    assert {feature.__name__ for feature in FEATURES} == with_routes


def test_every_operation_is_described_and_nothing_else(document: dict[str, Any]) -> None:
    served = {(operation.method.lower(), template_of(operation.path)) for operation in list_operations()}
    written = {(method, path) for method, path, _ in described(document)}
    assert written - served == {("get", "/health/live"), ("get", "/health/ready"), ("get", "/metrics")}
    assert served <= written


def test_names_are_unique_and_references_lead_somewhere(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in described(document)]
    assert len(names) == len(set(names))
    components = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(references(document)) <= components
    assert document["openapi"].startswith("3.1")


def test_every_operation_says_who_may_call_it_and_what_may_go_wrong(document: dict[str, Any]) -> None:
    codes = {error.code for error in documented_errors()}
    for method, path, operation in described(document):
        access = operation["x-access"]
        assert {"roles", "scopes", "permission"} <= set(access), path
        assert access.get("public") or access["roles"] or access["scopes"], f"nobody may {method} {path}"
        assert (operation["security"] == []) == bool(access.get("public")), path
        assert operation["summary"], path
        for response in operation["responses"].values():
            problem = response.get("content", {}).get("application/problem+json")
            if problem is not None:
                assert set(problem["schema"]["allOf"][1]["properties"]["code"]["enum"]) <= codes, path


def test_path_parameters_are_those_of_the_path(document: dict[str, Any]) -> None:
    for _, path, operation in described(document):
        declared = {parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "path"}
        assert declared == set(re.findall(r"\{(\w+)\}", path))


def test_the_document_is_fetched_once(client: FlaskClient) -> None:
    tag = client.get("/openapi.json").headers["ETag"]
    again = client.get("/openapi.json", headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")


def test_the_pages_work_without_a_network_or_a_script(client: FlaskClient) -> None:
    for path in ("/docs/reference", "/docs/problems"):
        answer = client.get(path)
        assert answer.status_code == 200
        html = answer.get_data(as_text=True)
        assert "<script" not in html
        assert not re.findall(r"(?:src|href)=[\"']?(?:https?:)?//", html)
    with client.get("/docs") as docs:
        assert docs.status_code == 200 or docs.headers["Location"] == "/docs/reference"


def test_every_code_has_its_place_on_the_page(client: FlaskClient) -> None:
    html = client.get("/docs/problems").get_data(as_text=True)
    for error in documented_errors():
        assert f'id="{error.code}"' in html


def test_every_operation_has_its_place_in_the_reference(client: FlaskClient) -> None:
    html = client.get("/docs/reference").get_data(as_text=True)
    for operation in list_operations():
        assert f'id="{operation.name}"' in html
