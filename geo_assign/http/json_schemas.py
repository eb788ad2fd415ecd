"""Models as JSON Schema, in the form that client generators read best."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

Json = dict[str, Any]
References = Mapping[tuple[Any, JsonSchemaMode], Json]
"""By model and mode: a `$ref` into the components."""


_CHOICES = frozenset({"enum", "const"})


class _Generator(GenerateJsonSchema):
    """Without titles, which repeat the names, and without `default: null`.

    A member with `default: null` counts as always present for generators of TypeScript: a caller would have to send it.
    """

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 - pydantic asks of each
        return False

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
    schemas: dict[str, Json] = found.get("$defs", {})
    for schema in schemas.values():
        schema.pop("title", None)
    return {(model, mode): reference for (model, mode), reference in references.items()}, schemas


def name_in(reference: Mapping[str, object]) -> str:
    """The last part of a `$ref`."""
    return str(reference["$ref"]).rpartition("/")[2]


def resolved(document: Mapping[str, Any], value: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a `$ref` of the document leads to; anything else is itself."""
    reference = value.get("$ref")
    if reference is None:
        return value
    found: Any = document
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return resolved(document, found)
