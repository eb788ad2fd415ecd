"""What is wrong with a member: in codes that stay the same when pydantic changes its names, and in plain words.

A regular expression tells people nothing, so no message shows one: a text of a certain form is `Written`, with words
beside the pattern.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, ErrorDetails, PydanticCustomError, core_schema

UNKNOWN_MEMBER = "unknown_member"
"""The code of a member, parameter or entry that is not known, wherever it stands."""

_CODES: Mapping[str, str] = {
    "missing": "missing",
    "extra_forbidden": UNKNOWN_MEMBER,
    "finite_number": "not_finite",
    "enum": "unknown_value",
    "literal_error": "unknown_value",
    "string_pattern_mismatch": "bad_format",
    "datetime_format": "bad_format",
    "datetime_parsing": "bad_format",
    "datetime_from_date_parsing": "bad_format",
    "uuid_parsing": "bad_format",
    "int_parsing": "bad_format",
    "int_parsing_size": "out_of_range",
    "float_parsing": "bad_format",
    "bool_parsing": "bad_format",
    "string_too_long": "too_long",
    "too_long": "too_long",
    "string_too_short": "too_short",
    "too_short": "too_short",
    "greater_than": "out_of_range",
    "greater_than_equal": "out_of_range",
    "less_than": "out_of_range",
    "less_than_equal": "out_of_range",
    "datetime_range": "out_of_range",
    "int_from_float": "wrong_type",
    "value_error": "invalid",
    "assertion_error": "invalid",
}

_WORDS: Mapping[str, str] = {
    "missing": "Is required",
    "extra_forbidden": "Is not known here",
    "uuid_parsing": "Input should be an id (UUID) such as 01a2019c-3960-7b1d-9a52-6a0a5b3a8d20",
    "uuid_type": "Input should be an id (UUID) such as 01a2019c-3960-7b1d-9a52-6a0a5b3a8d20",
    "string_pattern_mismatch": "Input has another form than is wanted here",
    "json_type": "Input should be JSON",
    "model_type": "Input should be an object",
    "model_attributes_type": "Input should be an object",
    "dataclass_type": "Input should be an object",
    "dict_type": "Input should be an object",
    **dict.fromkeys(("tuple_type", "list_type", "set_type", "frozen_set_type"), "Input should be a list"),
}


@dataclass(frozen=True)
class Written:
    """A text of one form: `Annotated[str, Written(pattern, words)]`. `words` say what to write."""

    pattern: str
    words: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        form, refusal = re.compile(self.pattern), PydanticCustomError("bad_format", "{words}", {"words": self.words})

        def require_form(text: str) -> str:
            if form.search(text) is None:
                raise refusal
            return text

        return core_schema.no_info_after_validator_function(require_form, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(schema), "pattern": self.pattern}


def words_of(detail: ErrorDetails) -> str:
    """A sentence that says what is wanted."""
    kind, bounds = detail["type"], detail.get("ctx", {})
    if kind in {"string_too_short", "too_short"} and bounds.get("min_length") == 1:
        return "Should not be empty."
    if kind in {"too_long", "too_short"}:
        bound = f"at most {bounds['max_length']}" if kind == "too_long" else f"at least {bounds['min_length']}"
        return f"Should have {bound} {'entry' if bound.endswith(' 1') else 'entries'}."
    return f"{_WORDS.get(kind, detail['msg'])}.".replace("..", ".")


def code_of(kind: str) -> str:
    """The stable code for pydantic's `type` of an error."""
    return _CODES.get(kind) or ("wrong_type" if kind.endswith("_type") else kind)
