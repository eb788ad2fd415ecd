"""Errors that only HTTP knows. Their status is in `geo_assign.http.problems`, like that of all others."""

from geo_assign.core.errors import Family, ForbiddenError, GeoAssignError, InvalidError, NotFoundError, UnavailableError


class MalformedJsonError(InvalidError):
    """The body is not JSON."""

    code = "malformed_json"


class UnsupportedMediaTypeError(InvalidError):
    """Send the Content-Type that this operation reads: `application/json` in UTF-8, if not said otherwise."""

    code = "unsupported_media_type"


class BodyTooLargeError(InvalidError):
    """The body is too large.

    `max_bytes` is the limit.
    """

    code = "body_too_large"


class IncompleteBodyError(InvalidError):
    """The body ended before the length that was announced."""

    code = "incomplete_body"


class BodyTooSlowError(GeoAssignError):
    """The body took too long to arrive.

    Nothing was done, and the connection is closed. Send the request again, or in smaller parts.
    """

    code = "body_too_slow"
    family = Family.UNAVAILABLE


class BadQueryError(InvalidError):
    """The query string is not valid.

    A parameter is unknown or wrong; `errors` names it.
    """

    code = "invalid_query"


class BadHeaderError(InvalidError):
    """A header is not valid.

    `If-Match`, `Idempotency-Key` or `Content-Length` has another form than documented.
    """

    code = "invalid_header"


class NoSuchRouteError(NotFoundError):
    """There is no such call in this API."""

    code = "no_such_route"


class MethodNotAllowedError(GeoAssignError):
    """This path is not called with this method.

    The header `Allow` lists the methods that it has.
    """

    code = "method_not_allowed"
    family = Family.NOT_FOUND


class CsrfTokenError(ForbiddenError):
    """The `X-CSRF-Token` is missing or wrong.

    Send the one given at log-in with every change that is authenticated by the console's cookie.
    """

    code = "csrf_token_wrong"


class OverloadedError(UnavailableError):
    """There are more requests than the service can take at the moment; try again."""

    code = "overloaded"


class InternalError(GeoAssignError):
    """This is a defect of the service.

    It is in the log under the request's id.
    """

    code = "internal_error"
    family = Family.UNAVAILABLE
