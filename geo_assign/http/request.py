"""A request as Flask knows it, with what Flask does not tell: its id, who calls, and a body that is really whole."""

import re
import time
from collections.abc import Callable
from typing import cast

import flask
from werkzeug.utils import cached_property

from geo_assign.access.domain import Caller
from geo_assign.core.errors import GeoAssignError, InvalidError
from geo_assign.core.ids import new_id
from geo_assign.http.errors import BadHeaderError, BodyTooLargeError, IncompleteBodyError
from geo_assign.http.limits import Allowance
from geo_assign.http.line import Newcomer, Turn
from geo_assign.http.operations import Operation
from geo_assign.http.receiving import Source

Receive = Callable[[Source, int], bytes]
"""Reads at most so many bytes."""
PassOver = Callable[[Source, int], bool]
"""Reads at most so many bytes and keeps none; whether no reader waits for more."""
NEWCOMER, TURN, BEGUN_S = "geo_assign.newcomer", "geo_assign.turn", "geo_assign.begun_s"
"""Where the environment of a request keeps that it was let in, the turn that it has already, and when it came."""
EARLY_BODY = "geo_assign.early_body"
"""Where it keeps the body that was received in front of the application, or the error of that."""
_SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)


class Request(flask.Request):
    """`operation`, `caller` and `allowance` are set as soon as they are known, for log and headers.

    `web_origin`: the site whose page may read the answer.

    `body_given_up`: it was not there in time, and a reader still waits for it. `give_turn_back`: while it is worked on.
    """

    operation: Operation | None = None
    caller: Caller | None = None
    allowance: Allowance | None = None
    body_given_up = False
    web_origin: str | None = None
    give_turn_back: Callable[[], None] | None = None
    _is_received = False

    def __init__(self, environ: dict[str, object], populate_request: bool = True, shallow: bool = False) -> None:  # noqa: FBT001, FBT002 - werkzeug's signature
        super().__init__(environ, populate_request, shallow)
        begun_s: float | None = self.environ.get(BEGUN_S)
        self.begun_s = time.perf_counter() if begun_s is None else begun_s
        self._is_received = isinstance(self.environ.get(EARLY_BODY), bytes)

    @cached_property
    def request_id(self) -> str:
        """What the client calls this request in X-Request-Id if that is sane, otherwise a new id."""
        given: str | None = self.environ.get("HTTP_X_REQUEST_ID")
        return given if given and _SANE_REQUEST_ID.fullmatch(given) else new_id().hex

    @property
    def newcomer(self) -> Newcomer | None:
        """That it was let in, where it was looked at in front of the application."""
        found: Newcomer | None = self.environ.get(NEWCOMER)
        return found

    def keeps_turn(self, leave: Callable[[Turn], None]) -> bool:
        """Whether it was given a turn in front of the application: that ends there, unless it is given back before."""
        if TURN not in self.environ:
            return False
        self.give_turn_back = lambda: leave(self.environ.pop(TURN))
        return True

    @property
    def owes_body(self) -> bool:
        """Whether a body comes with the request that was not received to its end."""
        if self._is_received:
            return False
        environ = self.environ
        return environ.get("CONTENT_LENGTH", "") not in {"", "0"} or "HTTP_TRANSFER_ENCODING" in environ

    def read_body(self, limit: int, receive: Receive) -> bytes:
        """The whole body, at most `limit` bytes.

        Raises BodyTooLargeError, IncompleteBodyError, BadHeaderError, and what `receive` does.

        werkzeug's `data` takes a strange Content-Length for 0, and what arrived of a broken body for the whole.
        """
        announced = self.require_length(limit)
        early: bytes | GeoAssignError | None = self.environ.pop(EARLY_BODY, None)
        if early is None and not self.owes_body:
            return b""
        self.body_given_up = not isinstance(early, bytes)
        if isinstance(early, GeoAssignError):
            raise early
        most = limit + 1 if announced is None else announced
        body = receive(self.input_stream, most) if early is None else early
        self.body_given_up = False
        if announced is None and len(body) > limit:
            raise _too_large(limit)
        self._is_received = True
        if announced is not None and len(body) < announced:
            raise IncompleteBodyError
        return body

    def pass_over_body(self, most: int, pass_over: PassOver) -> None:
        """Read what is left of a body that is refused, unless more than `most` bytes are announced."""
        announced = self._announced_length()
        if self.owes_body and (announced is None or announced <= most):
            self.body_given_up = True
            self.body_given_up = not pass_over(self.input_stream, most if announced is None else announced)

    def require_length(self, limit: int) -> int | None:
        """The length that is announced, if one is. Raises BodyTooLargeError, BadHeaderError."""
        announced = self._announced_length()
        if announced is not None and announced > limit:
            raise _too_large(limit)
        return announced

    def note_allowance(self, allowance: Allowance) -> None:
        """Keep it to be told, if it binds before the one that is kept."""
        if self.allowance is None or allowance.binds_before(self.allowance):
            self.allowance = allowance

    def end_turn(self) -> None:
        """Give the turn back, if it has one still."""
        give_back, self.give_turn_back = self.give_turn_back, None
        if give_back is not None:
            give_back()

    def itself(self) -> "Request":
        """The request behind `flask.request`, whose every attribute is looked up anew."""
        return self

    def _announced_length(self) -> int | None:
        text: str | None = self.environ.get("CONTENT_LENGTH")
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) < 20):
            raise BadHeaderError("Content-Length is not a number.")
        return int(text)


def current_request() -> Request:
    """The request that is being answered."""
    return cast(Request, flask.request).itself()


def _too_large(limit: int) -> InvalidError:
    return BodyTooLargeError(f"A body here may have {limit:,} bytes.", max_bytes=limit)
