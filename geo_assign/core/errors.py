"""The errors of the library: a small tree with stable codes.

An error says *what* is wrong in a `code` that callers may rely on and a sentence for people. How a `Family` is told
over HTTP is a table in `geo_assign.http.problems`; nothing here knows status numbers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar


class Family(Enum):
    """What a caller can do about an error."""

    INVALID = "invalid"  # change the request
    UNAUTHENTICATED = "unauthenticated"  # log in
    FORBIDDEN = "forbidden"  # ask for the right
    NOT_FOUND = "not_found"  # absent, or outside the caller's scope
    CONFLICT = "conflict"  # the present state does not allow it
    GONE = "gone"  # it was possible once, not any more
    STALE = "stale"  # it was changed meanwhile
    VERSION_REQUIRED = "version_required"  # say which version you saw
    TOO_MANY = "too_many"  # slow down
    UNAVAILABLE = "unavailable"  # try again later


@dataclass(frozen=True)
class FieldProblem:
    """One thing wrong in a request body: `pointer` is an RFC 6901 pointer into it."""

    pointer: str
    code: str
    detail: str


class GeoAssignError(Exception):
    """Base of every error that a caller is told. Subclasses set `code`; their docstring's first line is the title."""

    code: ClassVar[str]
    family: ClassVar[Family]

    def __init__(
        self,
        detail: str = "",
        *,
        errors: Sequence[FieldProblem] = (),
        retry_after_s: float | None = None,
        **facts: object,
    ) -> None:
        super().__init__(detail or self.title())
        self.detail = detail or self.title()
        self.errors = tuple(errors)
        self.retry_after_s = retry_after_s
        self.facts: Mapping[str, Any] = facts

    @classmethod
    def title(cls) -> str:
        return (cls.__doc__ or cls.__name__).strip().splitlines()[0]


class InvalidError(GeoAssignError):
    """The request is not valid.

    `errors` lists what is wrong and where.
    """

    code = "invalid_request"
    family = Family.INVALID

    @classmethod
    def at(cls, pointer: str, code: str, detail: str) -> "InvalidError":
        """One field is wrong."""
        return cls(detail, errors=[FieldProblem(pointer, code, detail)])


class UnauthenticatedError(GeoAssignError):
    """Log in, or send a valid token.

    There is no token, or it is unknown, expired or revoked.
    """

    code = "unauthenticated"
    family = Family.UNAUTHENTICATED


class ForbiddenError(GeoAssignError):
    """Your role does not allow this.

    The caller's role, or the scopes of the API key, do not allow this call. For a key `missing_scopes` names those of
    which one would do.
    """

    code = "forbidden"
    family = Family.FORBIDDEN


class NotFoundError(GeoAssignError):
    """There is no such thing here.

    It does not exist, or lies outside the caller's scope.
    """

    code = "not_found"
    family = Family.NOT_FOUND


class ConflictError(GeoAssignError):
    """The present state does not allow this.

    `detail` says why.
    """

    code = "conflict"
    family = Family.CONFLICT


class GoneError(GeoAssignError):
    """This is over."""

    code = "gone"
    family = Family.GONE


class StaleError(GeoAssignError):
    """It was changed after you read it.

    `current` is how it is now.
    """

    code = "stale_version"
    family = Family.STALE


class VersionRequiredError(GeoAssignError):
    """Send `If-Match` with the `ETag` you saw."""

    code = "version_required"
    family = Family.VERSION_REQUIRED


class TooManyError(GeoAssignError):
    """This caller calls too often.

    Try again after `Retry-After` seconds.
    """

    code = "too_many_requests"
    family = Family.TOO_MANY


class UnavailableError(GeoAssignError):
    """Not available at the moment; try again.

    `detail` says what is the matter: no connection to the database, or it took too long, or takes no changes, or other
    requests change the same thing.
    """

    code = "unavailable"
    family = Family.UNAVAILABLE


class UnusableSettingError(ValueError):
    """A setting has a value that nothing can be made of. The message names it and says what is wanted."""
