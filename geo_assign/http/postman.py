"""The API document as a Postman collection, format 2.1: a request for each operation, in folders by tag."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

Collection = dict[str, Any]

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
BASE_URL = "http://127.0.0.1:8080"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_METHODS = ("get", "post", "put", "patch", "delete")
_FILES = "image/"


def collection_of(document: Mapping[str, Any]) -> Collection:
    """The collection of an OpenAPI document. Fill in its variables `base_url` and `token`."""
    folders: dict[str, list[Collection]] = {tag["name"]: [] for tag in document.get("tags", ())}
    for path, operations in document["paths"].items():
        for method in _METHODS:
            if method in operations:
                operation = operations[method]
                tag = (operation.get("tags") or ["Other"])[0]
                folders.setdefault(tag, []).append(_item(document, path, method, operation))
    info = document["info"]
    return {
        "info": {
            "_postman_id": str(uuid5(NAMESPACE_URL, f"{info['title']}/{info['version']}")),
            "name": info["title"],
            "description": info.get("description", ""),
            "version": info["version"],
            "schema": SCHEMA,
        },
        "item": [{"name": tag, "item": items} for tag, items in folders.items() if items],
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{token}}", "type": "string"}]},
        "variable": [
            {"key": "base_url", "value": BASE_URL, "type": "string"},
            {"key": "token", "value": "", "type": "string"},
        ],
    }


def _item(document: Mapping[str, Any], path: str, method: str, operation: Mapping[str, Any]) -> Collection:
    parameters = [_resolved(document, one) for one in operation.get("parameters", ())]
    request: Collection = {
        "method": method.upper(),
        "header": list(_headers(parameters, operation)),
        "url": _url(path, parameters),
        "description": operation.get("description") or operation["summary"],
    }
    if (body := _body(operation)) is not None:
        request["body"] = body
    if operation.get("security") == []:
        request["auth"] = {"type": "noauth"}
    return {"name": operation["summary"], "request": request, "response": []}


def _url(path: str, parameters: list[Mapping[str, Any]]) -> Collection:
    """A placeholder that is a whole segment is a variable of the path, another one of the collection."""
    segments = [re.sub(r"^\{(\w+)\}$", r":\1", part) for part in path.strip("/").split("/")]
    segments = [_PLACEHOLDER.sub(r"{{\1}}", part) for part in segments]
    query = [
        {
            "key": one["name"],
            "value": _text(one.get("example", one.get("schema", {}).get("default"))),
            "description": one.get("description", ""),
            "disabled": not one.get("required", False),
        }
        for one in parameters
        if one["in"] == "query"
    ]
    asked = "&".join(f"{one['key']}={one['value']}" for one in query if not one["disabled"])
    url: Collection = {
        "raw": "{{base_url}}/" + "/".join(segments) + (f"?{asked}" if asked else ""),
        "host": ["{{base_url}}"],
        "path": segments,
    }
    if query:
        url["query"] = query
    variables = [
        {"key": one["name"], "value": "", "description": one.get("description", "")}
        for one in parameters
        if one["in"] == "path" and f":{one['name']}" in segments
    ]
    if variables:
        url["variable"] = variables
    return url


def _headers(parameters: list[Mapping[str, Any]], operation: Mapping[str, Any]) -> Iterator[Collection]:
    kind = _media_type(operation)
    if kind is not None:
        yield {"key": "Content-Type", "value": kind}
    for one in parameters:
        if one["in"] == "header":
            yield {
                "key": one["name"],
                "value": _text(one.get("example")),
                "description": one.get("description", ""),
                "disabled": not one.get("required", False),
            }


def _body(operation: Mapping[str, Any]) -> Collection | None:
    kind = _media_type(operation)
    if kind is None:
        return None
    example = operation["requestBody"]["content"][kind].get("example")
    if kind.startswith(_FILES):
        return {"mode": "file", "file": {}}
    if kind == "application/x-www-form-urlencoded":
        pairs = [{"key": name, "value": _text(value), "type": "text"} for name, value in (example or {}).items()]
        return {"mode": "urlencoded", "urlencoded": pairs}
    raw = json.dumps({} if example is None else example, indent=2, ensure_ascii=False)
    return {"mode": "raw", "raw": raw, "options": {"raw": {"language": "json"}}}


def _media_type(operation: Mapping[str, Any]) -> str | None:
    kinds = list(operation.get("requestBody", {}).get("content", {}))
    return "application/json" if "application/json" in kinds else next(iter(kinds), None)


def _resolved(document: Mapping[str, Any], parameter: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in parameter:
        return parameter
    found: Mapping[str, Any] = document["components"]["parameters"][parameter["$ref"].rpartition("/")[2]]
    return found


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)
