"""The problems that operations may answer with, as shared responses of the OpenAPI document."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus

from geo_assign.access.domain import SecondFactorEnrolmentRequiredError
from geo_assign.core.errors import (
    ForbiddenError,
    GeoAssignError,
    InvalidError,
    StaleError,
    TooManyError,
    UnauthenticatedError,
    UnavailableError,
    VersionRequiredError,
)
from geo_assign.core.idempotency import KeyReusedError
from geo_assign.core.paging import BadCursorError
from geo_assign.http import errors as http_errors
from geo_assign.http.csrf import SAFE_METHODS
from geo_assign.http.json_schemas import Json, reference
from geo_assign.http.operations import Operation
from geo_assign.http.problems import MEDIA_TYPE, status_of

_MANY_CODES = 3
_ANY_OTHER = "default"

_Errors = Sequence[type[GeoAssignError]]
_Codes = frozenset[str]


class ProblemResponses:
    """A response for each set of errors, said once in `components` where several operations have it.

    `of` an operation gives, by status, the response or the reference to it.
    """

    def __init__(self, operations: Sequence[Operation]) -> None:
        self._names = _names_of_sets(operations)
        responses: Json = {}
        times: Counter[str] = Counter()
        for operation in operations:
            for status, errors in problems_of(operation).items():
                name = self._name(operation, status, errors)
                responses[name] = _response(errors)
                times[name] += 1
        self.components = {name: responses[name] for name in sorted(responses) if times[name] > 1}

    def of(self, operation: Operation) -> Json:
        """By status: what this operation may answer."""
        return {status: self._of(operation, status, errors) for status, errors in problems_of(operation).items()}

    def _of(self, operation: Operation, status: str, errors: _Errors) -> Json:
        name = self._name(operation, status, errors)
        return reference("responses", name) if name in self.components else _response(errors)

    def _name(self, operation: Operation, status: str, errors: _Errors) -> str:
        """What every call of a kind may meet is named after the kind: `ReadById`."""
        return _name_of_kind(operation) if status == _ANY_OTHER else self._names[_codes(errors)]


def problems_of(operation: Operation) -> Mapping[str, _Errors]:
    """The errors that an operation may answer with, by status; `default` holds what every such call may meet.

    A status that an operation has codes of its own for lists all of that status.
    """
    special, usual = [*_special_errors(operation)], [*_usual_errors(operation)]
    own = {status_of(error) for error in special if error.code in _own_codes(operation)}
    found: dict[str, list[type[GeoAssignError]]] = defaultdict(list)
    for error in usual:
        found[_ANY_OTHER].append(error)
    for error in [*special, *usual]:
        if status_of(error) in own:
            found[str(status_of(error))].append(error)
    return {status: _by_code(errors) for status, errors in sorted(found.items())}


def _by_code(errors: Iterable[type[GeoAssignError]]) -> _Errors:
    found: dict[str, type[GeoAssignError]] = {}
    for error in errors:
        found.setdefault(error.code, error)
    return [found[code] for code in sorted(found)]


def _special_errors(operation: Operation) -> Iterator[type[GeoAssignError]]:
    yield from operation.errors
    if operation.creates:
        yield KeyReusedError
    if operation.versioned:
        yield from (VersionRequiredError, StaleError)


def _usual_errors(operation: Operation) -> Iterator[type[GeoAssignError]]:
    """What calls of this kind may meet, whatever they do."""
    yield from (http_errors.BadQueryError, http_errors.InternalError, http_errors.OverloadedError, UnavailableError)
    if not operation.access.public:
        yield from (UnauthenticatedError, ForbiddenError, SecondFactorEnrolmentRequiredError, TooManyError)
    if operation.method not in SAFE_METHODS:
        yield http_errors.CsrfTokenError
        if not operation.access.public:
            yield http_errors.BadHeaderError
    if is_paged(operation):
        yield BadCursorError
    if "{" in operation.path:
        yield http_errors.NoSuchRouteError
    if operation.sends_body:
        yield from (InvalidError, http_errors.MalformedJsonError, http_errors.IncompleteBodyError)
        yield from (http_errors.BodyTooLargeError, http_errors.UnsupportedMediaTypeError, http_errors.BadHeaderError)


def is_paged(operation: Operation) -> bool:
    """Whether the operation answers one page of a longer list."""
    return operation.query is not None and "cursor" in operation.query.model_fields


def _own_codes(operation: Operation) -> _Codes:
    """Those that not every call of the kind may meet."""
    return _codes([*_special_errors(operation)]) - _codes([*_usual_errors(operation)])


def _codes(errors: _Errors) -> _Codes:
    return frozenset(error.code for error in errors)


def _names_of_sets(operations: Sequence[Operation]) -> Mapping[_Codes, str]:
    """A name for each set of codes of one status: after the operation's own codes, which the kind of call adds to.

    Many codes would make a long name: such a set is named after the first operation that has it.
    """
    names: dict[_Codes, str] = {}
    for operation in operations:
        own = _own_codes(operation)
        for status, errors in problems_of(operation).items():
            codes = _codes(errors)
            if status.isdigit() and codes not in names:
                names[codes] = _free_name(operation, int(status), own=codes & own, codes=codes, taken=names.values())
    return names


def _free_name(operation: Operation, status: int, *, own: _Codes, codes: _Codes, taken: Iterable[str]) -> str:
    of_operation = _in_one_word(operation.name) + _in_one_word(HTTPStatus(status).phrase.replace(" ", "_").lower())
    of_codes = ["Or".join(map(_in_one_word, sorted(some))) for some in (own, codes) if len(own) < _MANY_CODES]
    return next(name for name in [*of_codes, of_operation] if name not in taken)


def _in_one_word(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _name_of_kind(operation: Operation) -> str:
    kind = "Write" if operation.sends_body else "Delete" if operation.method == "DELETE" else "Read"
    public, by_id = "Public" if operation.access.public else "", "ById" if "{" in operation.path else ""
    return f"{public}{kind}{'Page' if is_paged(operation) else ''}{by_id}"


def _description(errors: _Errors) -> str:
    statuses = {status_of(error) for error in errors}
    return HTTPStatus(statuses.pop()).phrase if len(statuses) == 1 else "A problem."


def _response(errors: _Errors) -> Json:
    """`x-codes` are the codes with the status of each. Every answer has `X-Request-Id`: the introduction says so."""
    response: Json = {
        # What each code means is on the page of problems: to repeat it in every set would be a tenth of the document.
        "description": _description(errors),
        "content": {MEDIA_TYPE: {"schema": reference("schemas", "Problem")}},
        "x-codes": {error.code: status_of(error) for error in errors},
    }
    if any(status_of(error) in {429, 503} for error in errors):
        response["headers"] = {"Retry-After": reference("headers", "Retry-After")}
    return response
