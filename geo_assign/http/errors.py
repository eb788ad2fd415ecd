"""Errors that only HTTP knows. Their status is in `geo_assign.http.problems`, like that of all others."""

from geo_assign.core.errors import Family, ForbiddenError, GeoAssignError, InvalidError, NotFoundError, UnavailableError


class MalformedJsonError(InvalidError):
    """The body is not JSON."""

    code = "malformed_json"


class UnsupportedMediaTypeError(InvalidError):
    """Send JSON, in UTF-8, with Content-Type: application/json."""

    code = "unsupported_media_type"


class BodyTooLargeError(InvalidError):
    """The body is too large."""

    code = "body_too_large"


class IncompleteBodyError(InvalidError):
    """The body ended before the length that was announced."""

    code = "incomplete_body"


class BadQueryError(InvalidError):
    """The query string is not valid; pointers name its parameters."""

    code = "invalid_query"


class BadHeaderError(InvalidError):
    """A header is not valid."""

    code = "invalid_header"


class NoSuchRouteError(NotFoundError):
    """There is no such call in this API."""

    code = "no_such_route"


class MethodNotAllowedError(GeoAssignError):
    """This path is not called with this method."""

    code = "method_not_allowed"
    family = Family.NOT_FOUND


class CsrfTokenError(ForbiddenError):
    """Send X-CSRF-Token, as given at log-in, with every change that is authenticated by the cookie."""

    code = "csrf_token_wrong"


class OverloadedError(UnavailableError):
    """More requests than the service can take at the moment; try again."""

    code = "overloaded"


class InternalError(GeoAssignError):
    """Something went wrong on our side. It has been logged under the request's id."""

    code = "internal_error"
    family = Family.UNAVAILABLE
