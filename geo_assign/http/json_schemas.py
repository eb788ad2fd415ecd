"""Models as JSON Schema, in the form that client generators read best."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, GetJsonSchemaHandler
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

Json = dict[str, Any]
References = Mapping[tuple[Any, JsonSchemaMode], Json]
"""By model and mode: a `$ref` into the components."""


_NAMED = "x-named"  # a schema by the name of its type, until it is moved to the components
_BASE = "x-base"  # what a model inherits from, until the members of both are compared
_WORTH_SHARING = 4
_CHOICES = frozenset({"enum", "const"})


@dataclass(frozen=True)
class NamedSchema:
    """Describes a type that is no model once, by this name: `Annotated[str, ..., NamedSchema("Slug")]`."""

    name: str
    examples: tuple[str, ...] = ()

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        described = handler(schema)
        if self.examples:
            described["examples"] = list(self.examples)
        return {_NAMED: {self.name: described}}


class _Generator(GenerateJsonSchema):
    """Without titles, which repeat the names, and without `default: null`.

    A member with `default: null` counts as always present for generators of TypeScript: a caller would have to send it.
    """

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 - pydantic asks of each
        return False

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        shown = super().model_schema(schema)
        shown[_BASE] = schema["cls"].__mro__[1].__name__
        return shown

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        """`"type": ["string", "null"]` where that says it all."""
        shown = super().nullable_schema(schema)
        value, *null = shown.get("anyOf", [shown])
        if (
            null != [{"type": "null"}]
            or not isinstance(value.get("type"), str)
            or not value.keys().isdisjoint(_CHOICES)
        ):
            return shown
        return {**value, "type": [value["type"], "null"]}

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        shown = super().default_schema(schema)
        if shown.get("default", ...) is None:
            del shown["default"]
        return shown


def schemas_of(
    models: Iterable[tuple[type[BaseModel], JsonSchemaMode]],
) -> tuple[References, dict[str, Json]]:
    """A reference for each model, and the schemas by name that they lead to."""
    references, found = models_json_schema(
        list(dict.fromkeys(models)),
        ref_template="#/components/schemas/{model}",
        schema_generator=_Generator,
    )
    named: dict[str, Json] = {}
    schemas: dict[str, Json] = _without_named(found.get("$defs", {}), named)
    schemas |= named
    bases = {name: str(schema.pop(_BASE)) for name, schema in schemas.items() if _BASE in schema}
    for schema in schemas.values():
        schema.pop("title", None)
    shared = {name: _with_base(schema, bases.get(name, ""), schemas) for name, schema in schemas.items()}
    return {(model, mode): to for (model, mode), to in references.items()}, shared


def _without_named(value: Any, named: dict[str, Json]) -> Any:
    """The value with a `$ref` in place of each named type; their schemas are added to `named`."""
    if isinstance(value, list):
        return [_without_named(inner, named) for inner in value]
    if not isinstance(value, dict):
        return value
    plain = {key: _without_named(inner, named) for key, inner in value.items() if key != _NAMED}
    for name, schema in value.get(_NAMED, {}).items():
        described = _without_named(schema, named)
        if named.setdefault(name, described) != described:
            raise ValueError(f"two types are named {name}")
        plain = {**reference("schemas", name), **plain}
    return plain


def flattened(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """An object's schema with the members of the shapes that it is made of, and its own."""
    shape = resolved(document, schema)
    if "allOf" not in shape:
        return shape
    parts = [flattened(document, part) for part in shape["allOf"]]
    return {
        "type": "object",
        **{name: value for name, value in shape.items() if name != "allOf"},
        "properties": {name: member for part in parts for name, member in part.get("properties", {}).items()},
        "required": [name for part in parts for name in part.get("required", ())],
    }


def _with_base(schema: Json, base: str, schemas: Mapping[str, Json]) -> Json:
    """The schema as `allOf` its base's and its own members, where that is shorter and no part refuses the other's.

    An object that refuses unknown members can only be the same as its base: it would refuse those of another part.
    """
    inherited = schemas.get(base, {})
    members, of_base = schema.get("properties", {}), inherited.get("properties", {})
    required, of_base_required = schema.get("required", []), inherited.get("required", [])
    own = {name: member for name, member in members.items() if name not in of_base}
    is_alike = of_base.items() <= members.items() and set(of_base_required) <= set(required)
    if not is_alike or len(of_base) < _WORTH_SHARING or (own and "additionalProperties" in schema):
        return schema
    parts = [reference("schemas", base)]
    if own:
        own_required = [name for name in required if name not in of_base_required]
        parts.append({"type": "object", "properties": own, **({"required": own_required} if own_required else {})})
    kept = {name: schema[name] for name in ("description",) if name in schema}
    return {**kept, "allOf": parts}


def reference(kind: str, name: str) -> Json:
    """A `$ref` to one of the document's components."""
    return {"$ref": f"#/components/{kind}/{name}"}


def name_in(leading_to: Mapping[str, object]) -> str:
    """The last part of a `$ref`."""
    return str(leading_to["$ref"]).rpartition("/")[2]


def resolved(document: Mapping[str, Any], value: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a `$ref` of the document leads to; anything else is itself."""
    path = value.get("$ref")
    if path is None:
        return value
    found: Any = document
    for part in path.removeprefix("#/").split("/"):
        found = found[part]
    return resolved(document, found)
