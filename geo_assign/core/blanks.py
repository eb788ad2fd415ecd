"""Members that say nothing: blank texts and nulls where a value may be left out count as absent.

A form sends the fields that were left empty as "". What is found here is taken out of plain data before a model sees
it, in every body, query and file alike.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, StringConstraints

_INVISIBLE = (
    "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)
_LISTS = frozenset({list, tuple, set, frozenset, Sequence})


@dataclass(frozen=True, slots=True)
class _Member:
    """What a model says of a member.

    `part`: the model of an object. `entry`: the model of a list's entries. `lists_texts`: its entries are neither
    models nor lists. `is_exact`: blanks are characters like others, as in a password.
    """

    required: bool
    nullable: bool
    part: type[BaseModel] | None
    entry: type[BaseModel] | None
    lists_texts: bool
    is_exact: bool


def is_blank(text: str) -> bool:
    """Whether a text shows nothing: blanks, line ends, and marks that are not seen."""
    while (shorter := text.strip().strip(_INVISIBLE)) != text:
        text = shorter
    return not text


def without_blanks(
    model: type[BaseModel], data: object, *, clears: bool = False, keeps_entries: bool = False
) -> object:
    """`data` for `model` without the optional members that say nothing; anything but an object is itself.

    Blank texts go, nulls where the member may not be null (unless the model `refuses_null`), objects whose members all
    say nothing, and blank entries of lists of texts. With `clears` a blank is a null where the member may be null, and
    a null stays: in a change, an absent member means "as it is", and a null "empty". `keeps_entries`: lists stay as
    long as they are.
    """
    if not isinstance(data, Mapping):
        return data
    keeps_null = clears or getattr(model, "refuses_null", False)
    return dict(_cleaned(_members_of(model), data, clears=clears, keeps_null=keeps_null, keeps_entries=keeps_entries))


def _cleaned(
    members: Mapping[str, _Member], data: Mapping[Any, object], *, clears: bool, keeps_null: bool, keeps_entries: bool
) -> Iterator[tuple[object, object]]:
    for name, value in data.items():
        member = members.get(name)
        if member is None or member.required:
            yield name, value if member is None else _inside(member, value, keeps_entries)
        elif _says_nothing(member, value):
            if clears and member.nullable:
                yield name, None
        elif value is not None or keeps_null or member.nullable:
            yield name, _inside(member, value, keeps_entries)


def _says_nothing(member: _Member, value: object) -> bool:
    if isinstance(value, str):
        return not value or (not member.is_exact and is_blank(value))
    if member.part is None or not isinstance(value, Mapping):
        return False
    return bool(value) and all(one is None or (isinstance(one, str) and is_blank(one)) for one in value.values())


def _inside(member: _Member, value: object, keeps_entries: bool) -> object:  # noqa: FBT001 - handed on
    if isinstance(value, Mapping) and member.part is not None:
        return without_blanks(member.part, value, keeps_entries=keeps_entries)
    if isinstance(value, list):
        if member.entry is not None:
            return [without_blanks(member.entry, one, keeps_entries=keeps_entries) for one in value]
        if member.lists_texts and not keeps_entries:
            return [one for one in value if not (isinstance(one, str) and is_blank(one))]
    return value


@cache
def _members_of(model: type[BaseModel]) -> Mapping[str, _Member]:
    return {
        field.alias or name: _member(field.annotation, required=field.is_required(), metadata=field.metadata)
        for name, field in model.model_fields.items()
    }


def _member(annotation: Any, *, required: bool, metadata: Sequence[object]) -> _Member:
    kinds = [*_kinds_in(annotation)]
    parts = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
    lists = [entry for kind in kinds if get_origin(kind) in _LISTS for entry in get_args(kind)[:1]]
    entries = [kind for entry in lists for kind in _kinds_in(entry)]
    entry_models = [kind for kind in entries if isinstance(kind, type) and issubclass(kind, BaseModel)]
    constraints = [*metadata, *_metadata_in(annotation)]
    return _Member(
        required=required,
        nullable=NoneType in kinds,
        part=parts[0] if len(parts) == 1 else None,
        entry=entry_models[0] if len(entry_models) == 1 else None,
        lists_texts=bool(entries) and not any(map(_has_parts, entries)),
        is_exact=any(isinstance(one, StringConstraints) and one.strip_whitespace is False for one in constraints),
    )


def _has_parts(kind: Any) -> bool:
    return get_origin(kind) is not None or (isinstance(kind, type) and issubclass(kind, (BaseModel, dict, list)))


def _kinds_in(annotation: Any) -> Iterator[Any]:
    """The types of a union, and what stands behind `Annotated`."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _kinds_in(get_args(annotation)[0])
    elif origin in {Union, UnionType}:
        for one in get_args(annotation):
            yield from _kinds_in(one)
    else:
        yield annotation


def _metadata_in(annotation: Any) -> Iterator[object]:
    for one in get_args(annotation) if get_origin(annotation) in {Annotated, Union, UnionType} else ():
        yield one
        yield from _metadata_in(one)
