"""The e-mail address of an account: one rule for the API, files and the command line.

An address that a mail server would read as two, or as a name with an address, never brings its user a link.
"""

from typing import Annotated

from pydantic import StringConstraints, TypeAdapter, ValidationError

from geo_assign.core.errors import InvalidError
from geo_assign.core.validation import Written, code_of, words_of

# Not in an address as people write it: blanks, and what divides addresses or belongs to more than the address.
_OTHER = r'\s@<>"\(\),:;\[\]\\\x00-\x1f\x7f'

EmailAddress = Annotated[
    str,
    StringConstraints(max_length=254),
    Written(rf"^[^{_OTHER}]+@[^{_OTHER}]+\.[^{_OTHER}.]+$", "Write one e-mail address, such as ana@example.com"),
]
"""Kept as it was typed, and compared without regard to case."""

_RULE: TypeAdapter[str] = TypeAdapter(EmailAddress)


def require_email_address(text: str) -> None:
    """Raises InvalidError, at the member `email`, for a text that is not one e-mail address."""
    try:
        _RULE.validate_python(text)
    except ValidationError as error:
        (wrong, *_) = error.errors(include_url=False)
        raise InvalidError.at("/email", code_of(wrong["type"]), words_of(wrong)) from None
