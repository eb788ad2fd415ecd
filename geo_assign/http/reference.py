"""The OpenAPI document as rows for a page: what a reader looks for, in the order of the calls."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from geo_assign.http.json_schemas import flattened, resolved

Json = Mapping[str, Any]
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class ReferenceRow:
    """A parameter, or a member of a body."""

    name: str
    type: str
    description: str
    required: bool
    place: str = ""


def groups_of(spec: Json) -> dict[str, list[Json]]:
    """The calls by tag, each with its parameters, members and problems."""
    groups: dict[str, list[Json]] = {}
    for path, item in spec["paths"].items():
        for method in METHODS:
            if method in item:
                operation = item[method]
                groups.setdefault(operation["tags"][0], []).append(_operation(spec, method, path, operation=operation))
    return groups


def shapes_of(spec: Json) -> dict[str, Json]:
    """The objects that bodies and answers are made of, by name: what they mean and their members."""
    return {
        name: {"description": schema.get("description", ""), "members": list(_members(spec, schema))}
        for name, schema in sorted(spec["components"]["schemas"].items())
        if schema.keys() & {"properties", "allOf"}
    }


def _operation(spec: Json, method: str, path: str, *, operation: Json) -> Json:
    status, success = next((code, told) for code, told in operation["responses"].items() if code.startswith(("2", "3")))
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "description": operation.get("description", ""),
        "access": _access(operation.get("x-access", {"public": True})),
        "parameters": [_parameter(spec, resolved(spec, one)) for one in operation.get("parameters", ())],
        "body": list(_members(spec, _schema(operation.get("requestBody", {})))),
        "status": status,
        "answer": list(_members(spec, _schema(resolved(spec, success)))),
        "problems": _problems(spec, operation),
    }


def _problems(spec: Json, operation: Json) -> dict[int, list[str]]:
    """The codes that an operation may answer, by status."""
    codes: dict[str, int] = {}
    for response in operation["responses"].values():
        codes |= resolved(spec, response).get("x-codes", {})
    return {status: sorted(code for code in codes if codes[code] == status) for status in sorted({*codes.values()})}


def _access(access: Json) -> str:
    if access.get("public"):
        return "Everyone, without credentials."
    who = [*access.get("roles", ()), *(f"API key with {scope}" for scope in access.get("scopes", ()))]
    needs = f"; a dispatcher needs the permission {access['permission']}" if access.get("permission") else ""
    return f"{', '.join(who).replace('_', ' ')}{needs}."


def _parameter(spec: Json, parameter: Json) -> ReferenceRow:
    return ReferenceRow(
        parameter["name"],
        _type(spec, parameter["schema"]),
        parameter.get("description", ""),
        required=parameter.get("required", False),
        place=parameter["in"],
    )


def _schema(holder: Json) -> Json:
    content: Json = holder.get("content", {})
    schema: Json = content.get("application/json", {}).get("schema", {})
    return schema


def _members(spec: Json, schema: Json) -> Iterator[ReferenceRow]:
    shape = flattened(spec, schema)
    for name, member in shape.get("properties", {}).items():
        yield ReferenceRow(
            name, _type(spec, member), _meaning(spec, member), required=name in shape.get("required", ())
        )


def _meaning(spec: Json, member: Json) -> str:
    """Its own description, or that of the one shape it may have."""
    branches = [branch for branch in member.get("anyOf", [member]) if branch.get("type") != "null"]
    own = member.get("description") or branches[0].get("description")
    if own is None and len(branches) == 1:
        own = resolved(spec, branches[0]).get("description")
    return str(own or "")


def _type(spec: Json, schema: Json) -> str:
    """A type in a few words: `string (uuid)`, `array of State`, `integer or null`."""
    if "$ref" in schema:
        target = resolved(spec, schema)
        name = schema["$ref"].rpartition("/")[2]
        return " | ".join(map(str, target["enum"])) if "enum" in target else name
    if "anyOf" in schema:
        return " or ".join(_type(spec, branch) for branch in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        return " | ".join(map(str, schema.get("enum", [schema.get("const")])))
    if schema.get("type") == "array":
        return f"array of {_type(spec, schema.get('items', {}))}"
    kind = schema.get("type", "any")
    if isinstance(kind, list):
        return " or ".join(_type(spec, {**schema, "type": one}) for one in kind)
    return f"{kind} ({schema['format']})" if "format" in schema else kind + _bounds(schema)


def _bounds(schema: Json) -> str:
    low, high = schema.get("minimum", schema.get("minLength")), schema.get("maximum", schema.get("maxLength"))
    if low is None and high is None:
        return ""
    return f" {'' if low is None else low}…{'' if high is None else high}"
