"""Headers that answers carry beside what was asked for: what is left of the rate, and that a call is to go."""

import flask

from geo_assign.http.limits import Allowance
from geo_assign.http.request import current_request


def give_notice(app: flask.Flask) -> None:
    """Have every answer of `app` to a call that is counted carry its headers."""
    app.after_request(_give_notice)


def note_allowance(allowance: Allowance) -> None:
    """Have the answer tell what is left of a limit; of several the one that binds."""
    if flask.has_request_context():
        current_request().note_allowance(allowance)


def _give_notice(response: flask.Response) -> flask.Response:
    request = current_request()
    if request.allowance is not None:
        response.headers.update(request.allowance.headers())
    if request.operation is not None and request.operation.deprecation is not None:
        response.headers.update(request.operation.deprecation.headers())
    return response
