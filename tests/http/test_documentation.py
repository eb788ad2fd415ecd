"""The OpenAPI document and the pages say what is really served, and need nothing from elsewhere."""

import gzip
import importlib
import json
import pkgutil
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from geo_assign.app import FEATURES, list_operations, render_api_document
from geo_assign.http import routes
from geo_assign.http.decoding import decode_body
from geo_assign.http.json_schemas import flattened, resolved
from geo_assign.http.operations import Operation
from geo_assign.http.paths import template_of
from geo_assign.http.problem_responses import problems_of
from geo_assign.http.problems import documented_errors, status_of
from geo_assign.http.routes.completion import IMAGE
from geo_assign.http.routes.work_order_models import WorkOrderDetailAnswer
from geo_assign.importing import routes as imports
from geo_assign.importing.routes import TABLE
from geo_assign.webhooks.domain import OUTGOING_EVENTS
from tests.http.conftest import MakeClient

# Members that the name explains, with the unit in it where there is one: to describe them would repeat the name.
_PLAIN_NAMES = """
accuracy_m age_s distance_m duration_minutes duration_ms eta_s heading_deg lat lon radius_m speed_mps
actor_id assignee_id booking_id chosen_technician_id group_id group_ids id provider_id
store_id store_ids technician_id user_id viewer_id work_order_id work_order_ids
address brand email group_name model name number password phone slug technician_name timezone title url
version viewer_name
created_at duty_changed_at end ended_at ends_at entered_at expires_at finished_at last_seen_at local_date
next_attempt_at offered_at received_at recorded_at responded_at revoked_at server_now start started_at
starts_at tested_at updated_at valid_from valid_until
description note notes on_duty permissions scopes sentence skills status_code
"""
_PLAIN_MEMBERS = frozenset(_PLAIN_NAMES.split())
METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
def client(make_client: MakeClient) -> FlaskClient:
    return make_client()


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """What is served: rendered once, for some hundred tests."""
    document: dict[str, Any] = json.loads(render_api_document())
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


def members_of(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each member of each shape: the shape's name, its own and its schema."""
    for name, schema in document["components"]["schemas"].items():
        for part in [schema, *schema.get("allOf", ())]:
            for member, described_as in part.get("properties", {}).items():
                yield name, member, described_as


def is_described(document: dict[str, Any], schema: dict[str, Any]) -> bool:
    """Whether it says what it means, or has one value alone, or is of a type that says it."""
    inner = [*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else [])]
    target = resolved(document, schema)
    return bool(target.keys() & {"description", "const"} or "description" in schema) or any(
        is_described(document, one) for one in inner if one.get("type") != "null" and "const" not in one
    )


def test_every_route_file_is_served() -> None:
    there = {f"{routes.__name__}.{found.name}" for found in pkgutil.iter_modules(routes.__path__)}
    with_routes = {name for name in there if hasattr(importlib.import_module(name), "routes")}
    # Imports stand above the other features: what they write is the seed file's.
    assert {feature.__name__ for feature in FEATURES} == with_routes | {imports.__name__}


def test_every_operation_is_described_and_nothing_else(document: dict[str, Any]) -> None:
    served = {(operation.method.lower(), template_of(operation.path)) for operation in list_operations()}
    written = {(method, path) for method, path, _ in described(document)}
    assert written - served == {("get", "/health/live"), ("get", "/health/ready"), ("get", "/metrics")}
    assert served <= written


def test_names_are_unique_and_references_lead_somewhere(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in described(document)]
    assert len(names) == len(set(names))
    components = {f"#/components/{kind}/{name}" for kind, found in document["components"].items() for name in found}
    assert set(references(document)) <= components
    assert document["openapi"].startswith("3.1")


def test_every_operation_says_who_may_call_it_and_what_may_go_wrong(document: dict[str, Any]) -> None:
    codes = {error.code for error in documented_errors()}
    for method, path, operation in described(document):
        access = operation["x-access"]
        assert {"roles", "scopes", "permission"} <= set(access), path
        assert access.get("public") or access["roles"] or access["scopes"], f"no caller may {method} {path}"
        assert (operation.get("security") == []) == bool(access.get("public")), path
        assert operation["summary"], path
        for status, response in operation["responses"].items():
            if (status == "default" or status[0] in "45") and path.startswith("/v1"):
                assert set(resolved(document, response)["x-codes"]) <= codes, path


@pytest.mark.parametrize("operation", list_operations(), ids=lambda one: one.name)
def test_the_problems_of_an_operation_are_told_by_status(operation: Operation, document: dict[str, Any]) -> None:
    responses = document["paths"][template_of(operation.path)][operation.method.lower()]["responses"]
    told = {
        status: resolved(document, response).get("x-codes")
        for status, response in responses.items()
        if "x-codes" in resolved(document, response)
    }
    assert told == {
        status: {error.code: status_of(error) for error in errors} for status, errors in problems_of(operation).items()
    }
    assert all(one == int(status) for status in told.keys() - {"default"} for one in told[status].values())


def test_path_parameters_are_those_of_the_path(document: dict[str, Any]) -> None:
    for _, path, operation in described(document):
        parameters = [resolved(document, parameter) for parameter in operation.get("parameters", [])]
        declared = {parameter["name"] for parameter in parameters if parameter["in"] == "path"}
        assert declared == set(re.findall(r"\{(\w+)\}", path))


def test_the_document_is_served(client: FlaskClient, document: dict[str, Any]) -> None:
    answer = client.get("/openapi.json")
    assert (answer.status_code, answer.get_json()) == (200, document)


def test_the_document_is_fetched_once(client: FlaskClient) -> None:
    tag = client.get("/openapi.json").headers["ETag"]
    again = client.get("/openapi.json", headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")


def test_the_document_is_sent_compressed_to_clients_that_take_it(client: FlaskClient) -> None:
    plain = client.get("/openapi.json")
    zipped = client.get("/openapi.json", headers={"Accept-Encoding": "br, gzip;q=0.8"})
    assert (plain.headers.get("Content-Encoding"), zipped.headers["Content-Encoding"]) == (None, "gzip")
    assert gzip.decompress(zipped.data) == plain.data
    assert plain.headers["Vary"] == zipped.headers["Vary"] == "Accept-Encoding"
    assert plain.headers["ETag"] != zipped.headers["ETag"]
    refused = client.get("/openapi.json", headers={"Accept-Encoding": "gzip;q=0"})
    assert "Content-Encoding" not in refused.headers
    again = {"Accept-Encoding": "gzip", "If-None-Match": zipped.headers["ETag"]}
    assert client.get("/openapi.json", headers=again).status_code == 304


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


def test_patterns_are_read_by_validators_in_javascript(document: dict[str, Any]) -> None:
    """They read them with the flag `u`, as JSON Schema asks: an escape of any other character is an error there."""
    found = patterns_of(document)
    assert len(found) > 5
    for pattern in found:
        for escaped in re.findall(r"\\(.)", pattern):
            assert escaped in "^$\\.*+?()[]{}|/-dDsSwWbBtnvfrxu0123456789", pattern


def patterns_of(part: Any) -> set[str]:
    if isinstance(part, list):
        return set().union(*map(patterns_of, part))
    if not isinstance(part, dict):
        return set()
    own = {part["pattern"]} if isinstance(part.get("pattern"), str) else set()
    return own.union(*map(patterns_of, part.values()))


def test_every_shape_has_a_short_name_of_its_own(document: dict[str, Any]) -> None:
    """Generators make one class of each: pydantic tells models of one name apart by their modules and directions."""
    assert [name for name in document["components"]["schemas"] if not re.fullmatch(r"[A-Z][A-Za-z0-9]+", name)] == []


def test_no_class_of_the_routes_has_the_name_of_another_in_the_package() -> None:
    root = Path(routes.__file__).parents[2]
    defined = Counter[str]()
    of_routes = set()
    for path in root.rglob("*.py"):
        names = re.findall(r"^class (\w+)", path.read_text(), re.MULTILINE)
        defined.update(names)
        of_routes |= set(names) if path.parent.name == "routes" else set()
    assert [name for name in of_routes if defined[name] > 1] == []


def test_an_optional_member_of_a_body_has_no_null_as_its_default(document: dict[str, Any]) -> None:
    """Generators of TypeScript take a member with a default for one that is always there: callers had to send null."""
    schemas = document["components"]["schemas"]
    with_null = [
        f"{name}.{member}"
        for name, schema in schemas.items()
        for member, described_as in schema.get("properties", {}).items()
        if described_as.get("default", ...) is None
    ]
    assert with_null == []
    assert "address" in schemas["LeadBody"]["properties"]
    assert "address" not in schemas["LeadBody"]["required"]


def test_every_member_says_what_it_means(document: dict[str, Any]) -> None:
    """By its name, its own description, that of its type or of its object, or in the introduction."""
    explained = _PLAIN_MEMBERS | set(re.findall(r"`(\w+)`", document["info"]["description"]))
    unexplained = {
        f"{name}.{member}"
        for name, member, schema in members_of(document)
        if member not in explained
        and not is_described(document, schema)
        and f"`{member}`" not in document["components"]["schemas"][name].get("description", "")
    }
    assert unexplained == set()


def test_the_names_that_say_all_are_those_of_members(document: dict[str, Any]) -> None:
    plain = {member for _, member, schema in members_of(document) if not is_described(document, schema)}
    assert plain >= _PLAIN_MEMBERS


def test_what_shapes_have_in_common_is_said_once(document: dict[str, Any]) -> None:
    """A detailed work order is a work order and more; a reader of all members finds those of both."""
    schemas = document["components"]["schemas"]
    detailed = schemas["WorkOrderDetailAnswer"]
    assert detailed["allOf"][0] == {"$ref": "#/components/schemas/WorkOrderAnswer"}
    assert list(detailed["allOf"][1]["properties"]) == ["group_stays", "has_customer_link"]
    whole = flattened(document, detailed)
    assert list(whole["properties"]) == whole["required"] == [*WorkOrderDetailAnswer.model_fields]
    refusing = [name for name, schema in schemas.items() if "allOf" in schema and "additionalProperties" in schema]
    assert refusing == []


def test_a_response_that_several_operations_give_is_said_once(document: dict[str, Any]) -> None:
    orders = document["paths"]["/v1/work-orders/{id}"]["patch"]["responses"]
    assert orders["200"] == {"$ref": "#/components/responses/WorkOrderAnswer"}
    assert set(resolved(document, orders["200"])["headers"]) == {"ETag"}
    texts = Counter(json.dumps(response) for response in document["components"]["responses"].values())
    assert max(texts.values()) == 1
    uses = Counter(references(document["paths"]))
    assert {name for name in document["components"]["responses"] if uses[f"#/components/responses/{name}"] < 2} == set()


def test_the_document_stays_small(client: FlaskClient) -> None:
    described = len(list_operations()) + len(OUTGOING_EVENTS)
    assert len(client.get("/openapi.json").data) < 2_050 * described


@pytest.mark.parametrize(
    "operation",
    [one for one in list_operations() if one.body is not None and one.reads not in (IMAGE, TABLE)],
    ids=lambda one: one.name,
)
def test_every_body_has_an_example_that_its_model_takes(operation: Operation, document: dict[str, Any]) -> None:
    assert operation.body is not None
    assert operation.example is not None
    decode_body(operation.body, json.dumps(operation.example).encode())
    item = document["paths"][template_of(operation.path)][operation.method.lower()]
    assert item["requestBody"]["content"]["application/json"]["example"] == operation.example


def test_images_are_described_as_bytes(document: dict[str, Any]) -> None:
    photo = document["paths"]["/v1/work-orders/{id}/photos/{photo_id}"]
    sent, answered = photo["put"]["requestBody"]["content"], photo["get"]["responses"]["200"]["content"]
    assert set(sent) == {"application/octet-stream"}
    assert {"image/jpeg", "image/png", "image/webp"} < set(answered)
    for content in (sent, answered):
        schema = resolved(document, content["application/octet-stream"]["schema"])
        assert (schema["type"], schema["format"]) == ("string", "binary")
