"""The OpenAPI 3.1 document, written from the operations that are really served."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import orjson
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode

from geo_assign.core.paging import DEFAULT_LIMIT, MAX_LIMIT
from geo_assign.http.answer_responses import AnswerResponses
from geo_assign.http.csrf import COOKIE, HEADER
from geo_assign.http.idempotency import REPLAYED
from geo_assign.http.json_schemas import Json, References, name_in, reference, schemas_of
from geo_assign.http.operations import Access, Operation
from geo_assign.http.paths import parameters_of, template_of
from geo_assign.http.problem_responses import ProblemResponses
from geo_assign.http.webhook_events import SIGNATURE_HEADERS, list_sent_events, webhooks_of

_DESCRIPTION = """\
Knows where technicians are and decides who should go.

Times are RFC 3339 with an offset, `_m` are metres, `_s` seconds, ids UUIDs. Lists are pages: pass `next_cursor` as
`cursor`. Errors are problem details (RFC 9457) with a stable `code`; [every code is explained](/docs/problems).
A POST that creates honours `Idempotency-Key`; what two people may edit carries an `ETag` and wants it back in
`If-Match`. Unknown members and parameters are refused. Every answer names its request in `X-Request-Id`, and
tells in `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` how many calls are left for how many seconds.

Members that mean the same everywhere: `at` is when it happened. `active` false: kept, but out of use. `truncated`:
there are more than shown. `x-access` says who may call, `x-codes` which problems there are, with their statuses."""
_PROBLEM: Json = {
    "type": "object",
    "description": "Problem details, RFC 9457. A code may bring members of its own.",
    "required": ["type", "title", "status", "detail", "code", "instance"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "description": "The page that explains the code."},
        "title": {"type": "string", "description": "What the code means."},
        "status": {"type": "integer", "description": "The HTTP status."},
        "detail": {"type": "string", "description": "What was wrong this time, as a sentence."},
        "code": {"type": "string", "description": "Stable: decide by it."},
        "instance": {"type": "string", "description": "Names the request; quote it when you report an error."},
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/ProblemField"}},
    },
    "additionalProperties": True,
}
_PROBLEM_FIELD: Json = {
    "type": "object",
    "description": "One member or parameter that is wrong.",
    "required": ["pointer", "code", "detail"],
    "properties": {
        "pointer": {"type": "string", "description": "RFC 6901, into the body or among the parameters."},
        "code": {"type": "string", "description": "Stable: decide by it."},
        "detail": {"type": "string", "description": "What was wrong, as a sentence."},
    },
}
_PARAMETERS: Mapping[str, Json] = {
    "uuid": {"type": "string", "format": "uuid"},
    "int": {"type": "integer", "minimum": 0, "maximum": 999_999_999},
    "slug": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_.-]{0,62}$"},
}
_HEADERS: Mapping[str, Json] = {
    "ETag": {"schema": {"type": "string"}, "description": "The version, for If-Match."},
    "Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."},
    REPLAYED: {"schema": {"const": "true"}, "description": "An earlier request created this."},
}
_TEXT: Json = {"type": "string", "minLength": 1, "maxLength": 200}
_SHARED_PARAMETERS: Mapping[str, Json] = {
    "id": {"name": "id", "in": "path", "required": True, "schema": _PARAMETERS["uuid"]},
    "name": {"name": "name", "in": "path", "required": True, "schema": _PARAMETERS["slug"]},
    "date": {"name": "date", "in": "path", "required": True, "schema": _PARAMETERS["slug"]},
    "limit": {
        "name": "limit",
        "in": "query",
        "description": "Items on a page.",
        "schema": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
    },
    "cursor": {
        "name": "cursor",
        "in": "query",
        "description": "`next_cursor` of the page before.",
        "schema": {"type": "string", "maxLength": 1_000},
    },
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "schema": {**_TEXT, "pattern": "^[!-~]([ -~]*[!-~])?$"},
        "description": "A retry with the same key and body answers what the first attempt created. Kept for 24 hours.",
    },
    "If-Match": {
        "name": "If-Match",
        "in": "header",
        "required": True,
        "schema": {**_TEXT, "pattern": '^(W/)?"[0-9]{1,9}"$', "examples": ['"1"']},
        "description": "The ETag that you saw. Without it 428, with an old one 412.",
    },
}


def render_document(operations: Sequence[Operation], *, version: str, extra_paths: Mapping[str, object]) -> bytes:
    """The document as JSON. `extra_paths` are Path Items of what is not an operation."""
    references, schemas = schemas_of(_models(operations))
    problems = ProblemResponses(operations)
    answers = AnswerResponses(operations, references)
    paths: dict[str, Json] = defaultdict(dict)
    for operation in operations:
        described = _operation(operation, references, schemas)
        described["responses"] = {**answers.of(operation), **problems.of(operation)}
        paths[template_of(operation.path)][operation.method.lower()] = described
    for model in {operation.query for operation in operations if operation.query is not None}:
        schemas.pop(name_in(references[model, "validation"]), None)  # spread out as parameters
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "geo-assign",
            "version": version,
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}, {"cookie": []}],
        "tags": [{"name": tag} for tag in dict.fromkeys(operation.tag for operation in operations)],
        "paths": {**paths, **extra_paths},
        "webhooks": webhooks_of(references),
        "components": {
            "schemas": {**schemas, "Problem": _PROBLEM, "ProblemField": _PROBLEM_FIELD},
            "responses": {**answers.components, **problems.components},
            "parameters": {**_SHARED_PARAMETERS, **SIGNATURE_HEADERS},
            "headers": _HEADERS,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "A session's token or an API key."},
                "basic": {"type": "http", "scheme": "basic", "description": "A tracker's token as the password."},
                "cookie": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": COOKIE,
                    "description": f"The console's session. Changes also want {HEADER}.",
                },
            },
        },
    }
    return _with_plain_names(orjson.dumps(document, default=str))


def access_of(access: Access) -> Json:
    """`x-access`: who may call. Programs rely on its three members, so each is there when it is empty, too."""
    shown: Json = {"roles": list(access.roles), "scopes": list(access.scopes), "permission": access.permission}
    if access.trackers:
        shown["trackers"] = True
    return {**shown, "public": True} if access.public else shown


def _operation(operation: Operation, references: References, schemas: Mapping[str, Json]) -> Json:
    item: Json = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": _described(operation),
        "deprecated": operation.deprecation is not None,
        "parameters": [*_path_parameters(operation), *_query_parameters(operation, references, schemas)],
        **_security(operation.access),
        "x-access": access_of(operation.access),
    }
    item["parameters"] += _header_parameters(operation)
    if operation.body is not None:
        item["requestBody"] = _request_body(operation, operation.body, references)
    return {name: value for name, value in item.items() if value or name == "security"}


def _security(access: Access) -> Json:
    if access.public:
        return {"security": []}
    return {"security": [{"bearer": []}, {"basic": []}]} if access.trackers else {}


def _described(operation: Operation) -> str:
    if operation.deprecation is None:
        return operation.description
    return f"{operation.description} {operation.deprecation.instead}".strip()


def _request_body(operation: Operation, body: type[BaseModel], references: References) -> Json:
    required = any(field.is_required() for field in body.model_fields.values())
    content: Json = {"schema": references[body, "validation"]}
    if operation.example is not None:
        content["example"] = operation.example
    return {"required": required, "content": dict.fromkeys(operation.reads.media_types, content)}


def _path_parameters(operation: Operation) -> Iterator[Json]:
    for name, kind in parameters_of(operation.path):
        parameter = {"name": name, "in": "path", "required": True, "schema": _PARAMETERS[kind]}
        yield reference("parameters", name) if parameter == _SHARED_PARAMETERS.get(name) else parameter


def _query_parameters(operation: Operation, references: References, schemas: Mapping[str, Json]) -> Iterator[Json]:
    if operation.query is None:
        return
    model = schemas[name_in(references[operation.query, "validation"])]
    for name, schema in model.get("properties", {}).items():
        parameter: Json = {"name": name, "in": "query"}
        if name in model.get("required", ()):
            parameter["required"] = True
        bare = {key: value for key, value in schema.items() if key not in {"description", "title"}}
        if "description" in schema:
            parameter["description"] = schema["description"]
        if schema.get("type") == "array":
            parameter |= {"style": "form", "explode": False}
        parameter["schema"] = _without_null(bare)
        yield reference("parameters", name) if parameter == _SHARED_PARAMETERS.get(name) else parameter


def _header_parameters(operation: Operation) -> Iterator[Json]:
    if operation.creates:
        yield reference("parameters", "Idempotency-Key")
    if operation.versioned:
        yield reference("parameters", "If-Match")


def _models(operations: Sequence[Operation]) -> Iterator[tuple[type[BaseModel], JsonSchemaMode]]:
    for operation in operations:
        for model in (operation.body, operation.query):
            if model is not None:
                yield model, "validation"
        if operation.answer is not None:
            yield operation.answer, "serialization"
    for event in list_sent_events():
        yield event.message, "serialization"
        if event.detail is not None:
            yield event.detail, "serialization"


def _without_null(schema: Json) -> Json:
    """A parameter is absent or has a value: there is no way to write null in a query string."""
    match schema:
        case {"type": [kind, "null"], **rest}:
            return {"type": kind, **rest}
        case {"anyOf": [branch, {"type": "null"}], **rest}:
            return {**branch, **rest}
    return schema


def _with_plain_names(document: bytes) -> bytes:
    """`Listing_StoreAnswer_` is what pydantic calls a list of stores; here it is a `StoreList`."""
    return re.sub(rb"\bListing_(\w+?)Answer_(?=[\"/])", rb"\1List", document)
