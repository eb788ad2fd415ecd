"""Ends the connection of a request whose body was not received to its end.

What follows such an answer on the connection would be the rest of the body. Mostly it is enough to say `Connection:
close`: the server reads no more once nothing of ours does. A body that was given up while a reader waits for it keeps
the server reading, though, for as long as the client likes. The server ends a connection at once when an answer turns
out shorter than its Content-Length; so that answer announces one byte more than it has, a line's end after the JSON.
"""

from collections.abc import Iterator
from threading import Event

import flask

from geo_assign.http.request import current_request
from geo_assign.http.response import Response

# The server sends what it has as soon as nothing more is there: long enough for that.
_SENT_WITHIN_S = 0.05


def close_what_was_not_read(app: flask.Flask) -> None:
    """Have `app` end connections that still owe the body of an answered request."""
    app.after_request(_close)


def _close(response: flask.Response) -> flask.Response:
    request = current_request()
    if not request.owes_body:
        return response
    response.headers["Connection"] = "close"
    if request.body_given_up and isinstance(response, Response) and response.is_sequence:
        body = response.get_data()
        response.headers["Content-Length"] = str(len(body) + 1)
        response.response = _cut_short(body)
    return response


def _cut_short(body: bytes) -> Iterator[bytes]:
    yield body
    Event().wait(_SENT_WITHIN_S)
