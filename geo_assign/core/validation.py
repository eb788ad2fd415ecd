"""What is wrong with a member, in codes that stay the same when pydantic changes its names."""

from collections.abc import Mapping

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


def code_of(kind: str) -> str:
    """The stable code for pydantic's `type` of an error."""
    return _CODES.get(kind) or ("wrong_type" if kind.endswith("_type") else kind)
