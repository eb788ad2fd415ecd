"""Headers that answers carry beside what was asked for: what is left of the rate, and that a call is to go."""

import flask

from geo_assign.http.request import current_request


def give_notice(app: flask.Flask) -> None:
    """Have every answer of `app` to a call of a known caller carry its headers."""
    app.after_request(_give_notice)


def _give_notice(response: flask.Response) -> flask.Response:
    request = current_request()
    if request.allowance is not None:
        response.headers.update(request.allowance.headers())
    if request.operation is not None and request.operation.deprecation is not None:
        response.headers.update(request.operation.deprecation.headers())
    return response
