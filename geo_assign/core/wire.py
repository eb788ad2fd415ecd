"""Frozen values as JSON: how events, alarms and reasons are stored, shown and sent.

A dataclass is an object of its fields, in their order. A field that defaults to None is left out while it is None; any
other is always there. A name that Python reserves carries an underscore in Python alone: `from_` is written `from`.
What a field means stands beside its type: `Annotated[UUID, "Who is asked."]`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import Field, dataclass, fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated, NewType, TypeAlias, get_args, get_origin, get_type_hints
from uuid import UUID

Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | str | int | float | bool | None"
"""What JSON can say."""
JsonObject: TypeAlias = Mapping[str, Json]

FreeText = NewType("FreeText", str)
"""What people or other services wrote in their own words. It may name a customer, so no other system is sent it."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a JSON object. `optional`: it may be missing. `free_text`: it may hold a `FreeText`."""

    name: str
    annotation: object
    meaning: str
    optional: bool
    free_text: bool

    @property
    def leaves_the_house(self) -> bool:
        """Whether it may be sent to another system: free text is not, a code beside it is."""
        return not self.free_text or any(_is_code(one) for one in get_args(self.annotation))


_KNOWN: dict[type, tuple[Member, ...]] = {}


def members(kind: type) -> tuple[Member, ...]:
    """The members that a dataclass has as JSON."""
    if kind not in _KNOWN:
        assert is_dataclass(kind)
        hints = get_type_hints(kind, include_extras=True)
        _KNOWN[kind] = tuple(_member(field, hints[field.name]) for field in fields(kind))
    return _KNOWN[kind]


def dump(value: object, *, sent: bool = False) -> dict[str, Json]:
    """A dataclass as a JSON object; `sent` to another system it holds no `FreeText`."""
    assert is_dataclass(value)
    told: dict[str, Json] = {}
    for member, field in zip(members(type(value)), fields(value), strict=True):
        content = getattr(value, field.name)
        if content is None and member.optional:
            continue
        if sent and member.free_text and not isinstance(content, Enum):
            continue
        told[member.name] = to_json(content)
    return told


def to_json(value: object) -> Json:
    """A value as JSON: ids and instants are strings, enums their values. Raises TypeError for what it does not know."""
    if isinstance(value, Enum):
        return to_json(value.value)
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(to_json(name)): to_json(content) for name, content in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(one) for one in value]
    if is_dataclass(value):
        return dump(value)
    raise TypeError(f"no JSON for {type(value).__name__}")


def _member(field: "Field[object]", annotation: object) -> Member:
    kept, *notes = get_args(annotation) if get_origin(annotation) is Annotated else [annotation]
    return Member(
        name=field.name.rstrip("_"),
        annotation=kept,
        meaning=" ".join(note for note in notes if isinstance(note, str)),
        optional=field.default is None,
        free_text=_is_free_text(kept),
    )


def _is_free_text(annotation: object) -> bool:
    return annotation is FreeText or any(_is_free_text(one) for one in get_args(annotation))


def _is_code(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Enum)
