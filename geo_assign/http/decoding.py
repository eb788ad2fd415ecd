"""The one strict decoder: every body and every query string becomes its model here, or a 4xx that says where.

pydantic validates a body from its raw bytes, which keeps JSON's types apart and bounds the depth. What it lets pass
in members without a type, such as NaN or a NUL that PostgreSQL cannot store, is looked for afterwards, and only in
bodies that contain such a thing at all; odd numbers only where the model leaves room for them, because looking at every
digit of a large body takes longer than validating it.
"""

import codecs
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TypeVar, get_args, get_origin, overload
from urllib.parse import parse_qsl

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, from_json, to_json

from geo_assign.core.blanks import is_blank, without_blanks
from geo_assign.core.errors import FieldProblem, InvalidError
from geo_assign.core.validation import UNKNOWN_MEMBER, code_of, words_of
from geo_assign.http.errors import BadQueryError, MalformedJsonError, UnsupportedMediaTypeError
from geo_assign.http.schemas import Patch

M = TypeVar("M", bound=BaseModel)

FORM = "application/x-www-form-urlencoded"
MAX_ERRORS = 50
_MAX_PARAMETERS = 100
_LARGEST_INTEGER = 2**63
_SUSPECT_NUMBER = re.compile(rb"NaN|Infinity|\d[eE]\+?\d{3}|\d{19}")
# A null, or a text without a letter or digit that does not stand in an escape.
_SUSPECT_BLANK = re.compile(rb'[:\[,]\s*(?:null|"(?:[^"\\0-9A-Za-z]|\\u[0-9a-fA-F]{4}|\\[^u])*")')
_TYPED = frozenset({"type", "$ref", "anyOf", "oneOf", "allOf", "enum", "const"})
_JSON = re.compile(r"application/(json|[a-z0-9.+-]+\+json)(\s*;\s*charset=\"?utf-8\"?)?\s*", re.IGNORECASE)


def require_json(content_type: str | None) -> None:
    """Raises UnsupportedMediaTypeError."""
    if content_type is None or _JSON.fullmatch(content_type) is None:
        raise UnsupportedMediaTypeError


def require_form(content_type: str | None) -> None:
    """Raises UnsupportedMediaTypeError."""
    if content_type is None or content_type.partition(";")[0].strip().lower() != FORM:
        raise UnsupportedMediaTypeError(f"Send Content-Type: {FORM}.")


def decode_body(model: type[M], raw: bytes) -> M:
    """The body as `model`, without members that say nothing; an empty one counts as `{}`.

    A byte order mark is passed over. Raises InvalidError, MalformedJsonError.
    """
    raw = raw.removeprefix(codecs.BOM_UTF8) or b"{}"
    try:
        decoded = model.__pydantic_validator__.validate_json(_without_blanks(model, raw))
    except ValidationError as error:
        raise _refusal(raw, _as_sent(model, raw, error)) from None
    if b"\\u0000" in raw or (_takes_any_number(model) and _SUSPECT_NUMBER.search(raw) is not None):
        _refuse_unstorable(raw)
    return decoded  # type: ignore[no-any-return]


def _without_blanks(model: type[BaseModel], raw: bytes, *, keeps_entries: bool = False) -> bytes:
    """The JSON without members that say nothing; what is no JSON stays, for its refusal."""
    if _SUSPECT_BLANK.search(raw) is None:
        return raw
    try:
        data = from_json(raw)
    except ValueError:
        return raw
    cleaned = without_blanks(model, data, clears=issubclass(model, Patch), keeps_entries=keeps_entries)
    return to_json(cleaned, inf_nan_mode="constants")


def _as_sent(model: type[BaseModel], raw: bytes, error: ValidationError) -> ValidationError:
    """The refusal with the places that entries of lists have in the body as it was sent."""
    try:
        model.__pydantic_validator__.validate_json(_without_blanks(model, raw, keeps_entries=True))
    except ValidationError as of_all:
        return of_all
    return error


def decode_form(model: type[M], raw: bytes) -> M:
    """A body that is written like a query string, as `model`. Raises InvalidError."""
    try:
        return decode_query(model, raw.decode("ascii"))
    except UnicodeDecodeError as error:
        raise InvalidError("The body is not URL-encoded.") from error
    except BadQueryError as error:
        raise InvalidError(error.detail, errors=error.errors) from None


@overload
def decode_query(model: None, query_string: str) -> None: ...
@overload
def decode_query(model: type[M], query_string: str) -> M: ...
@overload
def decode_query(model: type[BaseModel] | None, query_string: str) -> BaseModel | None: ...
def decode_query(model: type[BaseModel] | None, query_string: str) -> BaseModel | None:
    """The query string as `model`; without one, no parameter is known. Raises BadQueryError."""
    if not query_string and model is None:
        return None
    given = {name: values for name, values in _parameters(query_string).items() if not all(map(is_blank, values))}
    lists = frozenset() if model is None else _list_fields(model)
    for name, values in given.items():
        if len(values) > 1 and name not in lists:
            raise _bad_query([FieldProblem(_pointer([name]), "repeated", "Given more than once.")])
    if model is None:
        if given:
            raise _bad_query([FieldProblem(_pointer([name]), UNKNOWN_MEMBER, "Not known here.") for name in given])
        return None
    try:
        return model.model_validate({k: v if k in lists else v[0] for k, v in given.items()})
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        raise _bad_query(_field_problems(details, given)) from None


def _parameters(query_string: str) -> dict[str, list[str]]:
    try:
        pairs = parse_qsl(query_string, keep_blank_values=True, errors="strict", max_num_fields=_MAX_PARAMETERS)
    except ValueError as error:
        raise BadQueryError("The query string is not URL-encoded UTF-8.") from error
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        if "\0" in name or "\0" in value:
            raise _bad_query([FieldProblem(_pointer([name]), "nul_character", "Contains a NUL character.")])
        given.setdefault(name, []).append(value)
    return given


@lru_cache(maxsize=256)
def _list_fields(model: type[BaseModel]) -> frozenset[str]:
    def is_list(annotation: object) -> bool:
        return get_origin(annotation) in {list, tuple, set, frozenset} or any(map(is_list, get_args(annotation)))

    return frozenset(field.alias or name for name, field in model.model_fields.items() if is_list(field.annotation))


def _bad_query(problems: Sequence[FieldProblem]) -> BadQueryError:
    return BadQueryError(_sentence(problems), errors=problems)


def _refusal(raw: bytes, error: ValidationError) -> InvalidError:
    details = error.errors(include_url=False, include_input=False)
    if details[0]["type"] == "json_invalid":
        return _not_json(raw, details[0]["msg"])
    data = from_json(raw)
    problems = _field_problems(details, data)
    return InvalidError(_sentence(problems), errors=problems)


def _not_json(raw: bytes, reason: str) -> InvalidError:
    """Half of a surrogate pair is JSON, but no character: that much of the difference is worth telling."""
    try:
        data = json.loads(raw)
        problems = [problem for problem in _unstorable(data) if problem.code == "lone_surrogate"]
    except (ValueError, RecursionError):
        problems = []
    if problems:
        return InvalidError(_sentence(problems), errors=problems)
    return MalformedJsonError(reason.removeprefix("Invalid JSON: ").capitalize() + ".")


@lru_cache(maxsize=256)
def _takes_any_number(model: type[BaseModel]) -> bool:
    return _is_open(model.model_json_schema())


def _is_open(schema: object) -> bool:
    """Whether a number without bounds fits somewhere: in a member without a type, or as a plain integer."""
    if not isinstance(schema, Mapping):
        return bool(schema)
    kind = schema.get("type")
    if _TYPED.isdisjoint(schema) or (kind == "object" and "properties" not in schema):
        return True
    if kind == "integer" and schema.keys().isdisjoint({"maximum", "exclusiveMaximum"}):
        return True
    parts = [schema.get("items", False), schema.get("additionalProperties", False)]
    parts += [part for name in ("properties", "$defs") for part in schema.get(name, {}).values()]
    parts += [part for name in ("anyOf", "oneOf", "allOf", "prefixItems") for part in schema.get(name, ())]
    return any(map(_is_open, parts))


def _refuse_unstorable(raw: bytes) -> None:
    problems = list(_unstorable(from_json(raw)))
    if problems:
        raise InvalidError(_sentence(problems), errors=problems[:MAX_ERRORS])


def _unstorable(data: object) -> Iterator[FieldProblem]:
    """Values that are no characters or numbers to a database, anywhere in `data`."""
    waiting: list[tuple[tuple[int | str, ...], object]] = [((), data)]
    while waiting:
        loc, value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(((*loc, key), item) for key, item in value.items())
            waiting.extend(((*loc, key), key) for key in value)
        elif isinstance(value, list):
            waiting.extend(((*loc, index), item) for index, item in enumerate(value))
        elif (found := _what_is_wrong(value)) is not None:
            yield FieldProblem(_pointer(loc), *found)


def _what_is_wrong(value: object) -> tuple[str, str] | None:
    if isinstance(value, str):
        if "\0" in value:
            return "nul_character", "Contains a NUL character."
        if any("\ud800" <= character <= "\udfff" for character in value):
            return "lone_surrogate", "Contains half of a surrogate pair."
    elif isinstance(value, float) and not math.isfinite(value):
        return "not_finite", "Is not a finite number."
    elif isinstance(value, int) and not -_LARGEST_INTEGER <= value < _LARGEST_INTEGER:
        return "out_of_range", "Does not fit into 64 bits."
    return None


def _field_problems(details: Sequence[ErrorDetails], data: object) -> list[FieldProblem]:
    """What to tell, MAX_ERRORS at most.

    Where entries of a list are wrong, pydantic also counts the right ones alone, and names the branches of a union that
    are no list: neither helps to mend the entries.
    """
    located = [(tuple(_located(detail["loc"], data)), detail) for detail in details]
    parents = {where[:length] for where, _ in located for length in range(len(where))}
    return [
        FieldProblem(_pointer(where), code_of(detail["type"]), words_of(detail))
        for where, detail in located
        if where not in parents or not _follows_from_entries(detail, _value_at(where, data))
    ][:MAX_ERRORS]


def _follows_from_entries(detail: ErrorDetails, value: object) -> bool:
    """Whether a problem of a list is none of its own, but comes of its wrong entries."""
    if not isinstance(value, list):
        return False
    if detail["type"] == "too_short":
        return len(value) >= int(detail["ctx"]["min_length"])
    return detail["type"] == "literal_error" or detail["type"].endswith("_type")


def _value_at(where: Sequence[int | str], data: object) -> object:
    """What stands in `data` at a place that `_located` found; None for a member that is missing."""
    for part in where:
        match data, part:
            case Mapping(), _:
                data = data.get(part)
            case list(), int():
                data = data[part]
    return data


def _located(loc: Sequence[int | str], data: object) -> Iterator[int | str]:
    """The parts of pydantic's location that name something in `data`: it also names branches of a union there."""
    for index, part in enumerate(loc):
        match data, part:
            case Mapping(), _ if part in data:
                data = data[part]
            case list(), int() if part < len(data):
                data = data[part]
            case Mapping(), _ if index == len(loc) - 1:
                pass
            case _:
                continue
        yield part


def _pointer(parts: Sequence[int | str] | Iterator[int | str]) -> str:
    """An RFC 6901 pointer; a surrogate in a name, which no answer could carry, is replaced."""
    texts = (str(part).encode("utf-8", "replace").decode() for part in parts)
    return "".join("/" + text.replace("~", "~0").replace("/", "~1") for text in texts)


def _sentence(problems: Sequence[FieldProblem]) -> str:
    first = problems[0]
    more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"{first.pointer or 'The whole'}: {first.detail}{more}"
