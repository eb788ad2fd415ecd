"""The OpenAPI 3.1 document, written from the operations that are really served."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus

import orjson
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode

from geo_assign.core.errors import (
    ForbiddenError,
    GeoAssignError,
    InvalidError,
    StaleError,
    TooManyError,
    UnauthenticatedError,
    UnavailableError,
    VersionRequiredError,
)
from geo_assign.core.idempotency import KeyReusedError
from geo_assign.core.paging import DEFAULT_LIMIT, MAX_LIMIT, BadCursorError
from geo_assign.http import errors as http_errors
from geo_assign.http.csrf import COOKIE, HEADER, SAFE_METHODS
from geo_assign.http.idempotency import REPLAYED
from geo_assign.http.json_schemas import Json, References, name_in, schemas_of
from geo_assign.http.operations import Access, Operation
from geo_assign.http.paths import parameters_of, template_of
from geo_assign.http.problems import MEDIA_TYPE, status_of
from geo_assign.http.webhook_events import SIGNATURE_HEADERS, list_sent_events, webhooks_of

_DESCRIPTION = """\
Knows where technicians are and decides who should go.

Times are RFC 3339 with an offset, `_m` are metres, `_s` seconds, ids UUIDs. Lists are pages: pass `next_cursor` as
`cursor`. Errors are problem details (RFC 9457) with a stable `code`; [every code is explained](/docs/problems).
A POST that creates honours `Idempotency-Key`; what two people may edit carries an `ETag` and wants it back in
`If-Match`. Unknown members and parameters are refused. Every answer names its request in `X-Request-Id`."""
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
    "X-Request-Id": {"schema": {"type": "string"}, "description": "Names this request in the logs."},
    REPLAYED: {"schema": {"const": "true"}, "description": "An earlier request created this."},
}
_TEXT: Json = {"type": "string", "minLength": 1, "maxLength": 200}
_SHARED_PARAMETERS: Mapping[str, Json] = {
    "id": {"name": "id", "in": "path", "required": True, "schema": _PARAMETERS["uuid"]},
    "limit": {
        "name": "limit",
        "in": "query",
        "required": False,
        "description": "Items on a page.",
        "schema": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
    },
    "cursor": {
        "name": "cursor",
        "in": "query",
        "required": False,
        "description": "`next_cursor` of the page before.",
        "schema": {"type": "string", "maxLength": 1_000},
    },
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
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
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_NOT_MODIFIED = "You already have this version."


def render_document(operations: Sequence[Operation], *, version: str, extra_paths: Mapping[str, object]) -> bytes:
    """The document as JSON. `extra_paths` are Path Items of what is not an operation."""
    references, schemas = schemas_of(_models(operations))
    paths: dict[str, Json] = defaultdict(dict)
    for operation in operations:
        described = _operation(operation, references, schemas)
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
            "responses": _problem_responses(operations),
            "parameters": {**_SHARED_PARAMETERS, **SIGNATURE_HEADERS},
            "headers": _HEADERS,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "A session's token or an API key."},
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


def problems_of(operation: Operation) -> Mapping[str, Sequence[type[GeoAssignError]]]:
    """The errors that an operation may answer with, by status; `4XX` and `5XX` hold what every such call may meet.

    A status that an operation has errors of its own for lists all of that status.
    """
    special, usual = [*_special_errors(operation)], [*_usual_errors(operation)]
    own = {status_of(error) for error in special}
    found: dict[str, list[type[GeoAssignError]]] = defaultdict(list)
    for error in usual:
        found[f"{status_of(error) // 100}XX"].append(error)
    for error in [*special, *(error for error in usual if status_of(error) in own)]:
        found[str(status_of(error))].append(error)
    return {status: _by_code(errors) for status, errors in sorted(found.items())}


def _by_code(errors: Iterable[type[GeoAssignError]]) -> Sequence[type[GeoAssignError]]:
    found: dict[str, type[GeoAssignError]] = {}
    for error in errors:
        found.setdefault(error.code, error)
    return [found[code] for code in sorted(found)]


def access_of(access: Access) -> Json:
    """`x-access`: who may call."""
    shown: Json = {"roles": list(access.roles), "scopes": list(access.scopes), "permission": access.permission}
    return {**shown, "public": True} if access.public else shown


def _special_errors(operation: Operation) -> Iterator[type[GeoAssignError]]:
    yield from operation.errors
    if operation.creates:
        yield KeyReusedError
    if operation.versioned:
        yield from (VersionRequiredError, StaleError)


def _usual_errors(operation: Operation) -> Iterator[type[GeoAssignError]]:
    """What calls of this kind may meet, whatever they do."""
    yield from (http_errors.BadQueryError, http_errors.InternalError, http_errors.OverloadedError, UnavailableError)
    if not operation.access.public:
        yield from (UnauthenticatedError, ForbiddenError, TooManyError)
    if operation.method not in SAFE_METHODS:
        yield http_errors.CsrfTokenError
        if not operation.access.public:
            yield http_errors.BadHeaderError
    if _is_paged(operation):
        yield BadCursorError
    if "{" in operation.path:
        yield http_errors.NoSuchRouteError
    if operation.method in WITH_BODY:
        yield from (InvalidError, http_errors.MalformedJsonError, http_errors.IncompleteBodyError)
        yield from (http_errors.BodyTooLargeError, http_errors.UnsupportedMediaTypeError, http_errors.BadHeaderError)


def _is_paged(operation: Operation) -> bool:
    return operation.query is not None and "cursor" in operation.query.model_fields


def _operation(operation: Operation, references: References, schemas: Mapping[str, Json]) -> Json:
    item: Json = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.description,
        "parameters": [*_path_parameters(operation), *_query_parameters(operation, references, schemas)],
        "responses": {**_success(operation, references), **_failures(operation)},
        **({"security": []} if operation.access.public else {}),
        "x-access": access_of(operation.access),
    }
    item["parameters"] += _header_parameters(operation)
    if operation.body is not None:
        item["requestBody"] = _request_body(operation, operation.body, references)
    return {name: value for name, value in item.items() if value or name == "security"}


def _request_body(operation: Operation, body: type[BaseModel], references: References) -> Json:
    required = any(field.is_required() for field in body.model_fields.values())
    content: Json = {"schema": references[body, "validation"]}
    if operation.example is not None:
        content["example"] = operation.example
    return {"required": required, "content": dict.fromkeys(operation.reads.media_types, content)}


def _path_parameters(operation: Operation) -> Iterator[Json]:
    for name, kind in parameters_of(operation.path):
        parameter = {"name": name, "in": "path", "required": True, "schema": _PARAMETERS[kind]}
        yield _ref("parameters", name) if parameter == _SHARED_PARAMETERS.get(name) else parameter


def _query_parameters(operation: Operation, references: References, schemas: Mapping[str, Json]) -> Iterator[Json]:
    if operation.query is None:
        return
    model = schemas[name_in(references[operation.query, "validation"])]
    for name, schema in model.get("properties", {}).items():
        parameter: Json = {"name": name, "in": "query", "required": name in model.get("required", ())}
        bare = {key: value for key, value in schema.items() if key not in {"description", "title"}}
        if "description" in schema:
            parameter["description"] = schema["description"]
        if schema.get("type") == "array":
            parameter |= {"style": "form", "explode": False}
        parameter["schema"] = _without_null(bare)
        yield _ref("parameters", name) if parameter == _SHARED_PARAMETERS.get(name) else parameter


def _header_parameters(operation: Operation) -> Iterator[Json]:
    if operation.creates:
        yield _ref("parameters", "Idempotency-Key")
    if operation.versioned:
        yield _ref("parameters", "If-Match")


def _success(operation: Operation, references: References) -> Json:
    headers: Json = {}
    has_version = operation.answer is not None and "version" in operation.answer.model_fields
    if has_version:
        headers["ETag"] = _ref("headers", "ETag")
    if operation.creates:
        headers[REPLAYED] = _ref("headers", REPLAYED)
    answer: Json = {"description": HTTPStatus(operation.status).phrase}
    if headers:
        answer["headers"] = headers
    if operation.status != 204:
        known = operation.answer is not None and "application/json" in operation.media_types
        schema: Json = {"type": "string"}
        if known and operation.answer is not None:
            schema = references[operation.answer, "serialization"]
        answer["content"] = {media_type: {"schema": schema} for media_type in operation.media_types}
    responses = {str(operation.status): answer}
    if operation.method == "GET" and has_version:
        responses["304"] = {"description": _NOT_MODIFIED}
    return responses


def _failures(operation: Operation) -> Json:
    return {
        status: _ref("responses", _response_name(operation, status, errors))
        for status, errors in problems_of(operation).items()
    }


def _problem_responses(operations: Sequence[Operation]) -> Json:
    """One response for each set of errors. `x-codes` are their codes with the status of each."""
    responses: Json = {}
    for operation in operations:
        for status, errors in problems_of(operation).items():
            responses.setdefault(_response_name(operation, status, errors), _problem_response(errors))
    return dict(sorted(responses.items()))


def _problem_response(errors: Sequence[type[GeoAssignError]]) -> Json:
    headers = {"X-Request-Id": _ref("headers", "X-Request-Id")}
    if any(status_of(error) in {429, 503} for error in errors):
        headers["Retry-After"] = _ref("headers", "Retry-After")
    return {
        # What each means is on the page of problems: to repeat it in every set would be a tenth of the document.
        "description": ", ".join(f"`{error.code}`" for error in errors),
        "headers": headers,
        "content": {MEDIA_TYPE: {"schema": _ref("schemas", "Problem")}},
        "x-codes": {error.code: status_of(error) for error in errors},
    }


def _response_name(operation: Operation, status: str, errors: Sequence[type[GeoAssignError]]) -> str:
    """`NotFoundOrNoSuchRoute`; what every call of a kind may meet is named after the kind: `ReadByIdProblem`."""
    if status == "5XX":
        return "ServiceProblem"
    if status != "4XX":
        return "Or".join("".join(word.capitalize() for word in error.code.split("_")) for error in errors)
    kind = "Write" if operation.method in WITH_BODY else "Delete" if operation.method == "DELETE" else "Read"
    public, by_id = "Public" if operation.access.public else "", "ById" if "{" in operation.path else ""
    return f"{public}{kind}{'Page' if _is_paged(operation) else ''}{by_id}Problem"


def _ref(kind: str, name: str) -> Json:
    return {"$ref": f"#/components/{kind}/{name}"}


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
