"""Operations as data: one description of every call feeds routing, parsing, access, OpenAPI and the tests.

A route file makes a `Routes`, declares its operations on it and stays thin: parse (declared), call the use case,
render. Each operation is a view of Flask's, on a blueprint of its route file; what is done around every handler is in
`geo_assign.http.request_handler`.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import format_datetime
from enum import IntEnum
from typing import Concatenate, Generic, Literal, ParamSpec, Protocol, Required, TypedDict, TypeVar, Unpack, overload

import flask
from pydantic import BaseModel
from werkzeug.datastructures import Headers

from geo_assign.access.domain import SECRET_SCOPES, ApiScope, Caller, Permission, Role
from geo_assign.core.db import Tx
from geo_assign.core.errors import GeoAssignError, UnauthenticatedError
from geo_assign.core.idempotency import Attempt
from geo_assign.http.bodies import STRICT_JSON, STRICT_QUERY, BodyFormat, DecodeQuery
from geo_assign.http.paths import TYPE_OF_KIND, PathValue, parameters_of, rule_of
from geo_assign.http.services import Services

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
Query_co = TypeVar("Query_co", covariant=True)
Body_co = TypeVar("Body_co", covariant=True)


class Lane(IntEnum):
    """Who goes first when there is more to do than the database can: lower numbers, which are also shed last."""

    CONTINUED = 0  # work that has begun, and must not be dropped half-way
    PHONES = 1  # accepts, rejects, pings
    ORDINARY = 2
    PICTURES = 3  # map reads and tiles: the next one comes anyway


@dataclass(frozen=True)
class Access:
    """Who may call an operation. `public`: any client, without credentials. Shown in OpenAPI as `x-access`.

    `permission` is wanted of dispatchers only: administrators have every one. `enrolling`: also of sessions that are
    good for nothing until their user has a second factor. `trackers`: also of a technician's tracker app, with its
    token where the app can put it.
    """

    roles: tuple[Role, ...] = ()
    scopes: tuple[ApiScope, ...] = ()
    permission: Permission | None = None
    public: bool = False
    enrolling: bool = False
    trackers: bool = False


ADMINISTRATORS = Access(roles=(Role.ADMINISTRATOR,))
STORE_SETTINGS = Access(roles=(Role.ADMINISTRATOR, Role.STORE_ADMINISTRATOR))
LISTENING = Access(roles=STORE_SETTINGS.roles, scopes=(ApiScope.WEBHOOKS,))
DISPATCHING = Access(roles=(Role.ADMINISTRATOR, Role.STORE_ADMINISTRATOR, Role.DISPATCHER))
READING = Access(roles=DISPATCHING.roles, scopes=(ApiScope.READ,))
LEAD_WRITING = Access(roles=DISPATCHING.roles, scopes=(ApiScope.LEADS_WRITE,))
OWN_WORK = Access(roles=tuple(Role), scopes=(ApiScope.READ, ApiScope.LEADS_WRITE))
OWN_STORES = Access(roles=tuple(Role), scopes=SECRET_SCOPES)
RULES_OF_STORES = Access(roles=STORE_SETTINGS.roles, scopes=SECRET_SCOPES)
TECHNICIANS_OF_STORES = Access(roles=STORE_SETTINGS.roles, scopes=(ApiScope.TECHNICIANS_READ,))
TECHNICIANS = Access(roles=(Role.TECHNICIAN,))
TRACKERS = Access(roles=(Role.TECHNICIAN,), trackers=True)
POSITIONS = Access(roles=(Role.TECHNICIAN,), scopes=(ApiScope.POSITIONS_WRITE,))
BOOKING_PAGES = Access(scopes=(ApiScope.WIDGET,))
ALL_ROLES = Access(roles=tuple(Role))
EVEN_ENROLLING = Access(roles=tuple(Role), enrolling=True)
SECOND_FACTOR = Access(roles=DISPATCHING.roles, enrolling=True)


@dataclass(frozen=True)
class Deprecation:
    """A call that is to go: old from `since` on, perhaps gone from `sunset` on, a year later at the earliest.

    `instead` is a sentence for the document.
    """

    since: date
    sunset: date
    instead: str

    def headers(self) -> Mapping[str, str]:
        """As RFC 9745 and RFC 8594 have it."""
        since, sunset = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (self.since, self.sunset))
        return {"Deprecation": f"@{since.timestamp():.0f}", "Sunset": format_datetime(sunset, usegmt=True)}


@dataclass(frozen=True)
class Stream:
    """An answer that goes on: `parts` is closed when the client leaves. Such an operation has `streams=True`."""

    parts: Iterable[bytes]
    content_type: str = "text/event-stream"


@dataclass(frozen=True)
class Reply:
    """What a handler answers.

    `body` is a pydantic model, JSON-able data, bytes already rendered, or a `Stream`. Bytes are JSON unless `headers`
    names another Content-Type. `version` becomes the ETag. `status` overrides the operation's. `cookies` are values of
    Set-Cookie.
    """

    body: object = None
    status: int | None = None
    version: int | str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()


@dataclass(slots=True)
class Call(Generic[Query_co, Body_co]):
    """One request, authenticated and parsed: `query` and `body` are what the operation declares, or None.

    `transaction()` gives an open transaction of the caller's organization; it commits at the end and rolls back on an
    exception. The first use continues the one in which the token was checked, so that a plain read costs one
    transaction; an operation declared with `own_transactions=True` has that one closed before its handler starts and
    opens fresh ones.
    """

    services: Services
    authenticated: Caller | None
    query: Query_co
    body: Body_co
    if_match: int | None
    attempt: Attempt | None
    request_id: str
    open_transaction: Callable[[], AbstractContextManager[Tx]]
    remote_address: str
    headers: Headers
    open_waiting: Callable[[], AbstractContextManager[None]] = nullcontext
    end_turn: Callable[[], None] = lambda: None

    @property
    def caller(self) -> Caller:
        """Who calls. Always there unless the operation is public."""
        if self.authenticated is None:
            raise UnauthenticatedError
        return self.authenticated

    def transaction(self) -> AbstractContextManager[Tx]:
        """A transaction that commits at the end and rolls back on an exception."""
        return self.open_transaction()

    def leave_turn(self) -> None:
        """Let other requests work while another server is waited for; later transactions have permits of their own."""
        self.end_turn()

    def waiting(self) -> AbstractContextManager[None]:
        """A place to wait in for long, with no transaction open; what is worked on meanwhile has the request's own.

        Raises OverloadedError.
        """
        return self.open_waiting()


AnyCall = Call[object, object]
"""For helpers that look at neither the query nor the body."""
Handler = Callable[..., Reply]
Rehearse = Callable[..., object]
"""Asks in a transaction what the handler of a call will ask, as far as one follows from the other."""
Respond = Callable[["Operation", Mapping[str, PathValue]], flask.Response]
"""Answers the current request, which is for this operation with these path parameters."""


@dataclass(frozen=True)
class Operation:
    """One call of the API. `query` and `body` are pydantic models.

    A path parameter such as `{id}` is a UUID; `{z:int}` and `{name:slug}` are what they say. The handler has them as
    keyword arguments. `reads`: how the body is written, `reads_query` the query. `creates`: honours Idempotency-Key.
    `versioned`: wants If-Match. `tagged`: answers an ETag though its answer shows no version. `streams`: answers a
    `Stream` and holds no place among the requests. `media_types`: of answers that are not JSON. `errors`: the domain
    errors it may answer with, beyond those that every operation has. `example`: a body, for the document. `rehearse`
    reads what the handler will read, so that it is asked together with who calls (`core.foresight`). `replica`: it only
    reads, so a standby may answer it (`http.replica_reads`).
    """

    method: Method
    path: str
    handler: Handler
    tag: str
    summary: str
    description: str
    access: Access
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    reads: BodyFormat = STRICT_JSON
    reads_query: DecodeQuery = STRICT_QUERY
    answer: type[BaseModel] | None = None
    status: int = 200
    creates: bool = False
    versioned: bool = False
    tagged: bool = False
    own_transactions: bool = False
    streams: bool = False
    lane: Lane = Lane.ORDINARY
    media_types: tuple[str, ...] = ("application/json",)
    max_body_bytes: int | None = None
    errors: tuple[type[GeoAssignError], ...] = ()
    deprecation: Deprecation | None = None
    example: Mapping[str, object] | None = field(default=None, compare=False)
    rehearse: Rehearse | None = None
    replica: bool = False

    @property
    def name(self) -> str:
        """The operation id: the handler's name."""
        return self.handler.__name__

    @property
    def sends_body(self) -> bool:
        """Whether a body comes with its method."""
        return self.method in _WITH_BODY


class Options(TypedDict, total=False):
    """What an operation says beside its path and its models: see `Operation`."""

    access: Required[Access]
    reads: BodyFormat
    reads_query: DecodeQuery
    answer: type[BaseModel]
    status: int
    creates: bool
    versioned: bool
    tagged: bool
    own_transactions: bool
    streams: bool
    lane: Lane
    media_types: tuple[str, ...]
    max_body_bytes: int
    errors: tuple[type[GeoAssignError], ...]
    deprecation: Deprecation
    example: Mapping[str, object]
    rehearse: Rehearse
    replica: bool


QueryModel = TypeVar("QueryModel", bound=BaseModel)
BodyModel = TypeVar("BodyModel", bound=BaseModel)
Path = ParamSpec("Path")
QueryT = TypeVar("QueryT")
BodyT = TypeVar("BodyT")


class Declared(Protocol[QueryT, BodyT]):
    """A decorator for handlers of a `Call` with just these models."""

    def __call__(
        self, handler: Callable[Concatenate[Call[QueryT, BodyT], Path], Reply], /
    ) -> Callable[Concatenate[Call[QueryT, BodyT], Path], Reply]: ...


class Declare:
    """Declares operations of one method on `operations`."""

    def __init__(self, method: Method, tag: str, operations: list[Operation]) -> None:
        self._method = method
        self._tag = tag
        self._operations = operations

    @overload
    def __call__(self, path: str, **options: Unpack[Options]) -> Declared[None, None]: ...
    @overload
    def __call__(
        self, path: str, *, query: type[QueryModel], **options: Unpack[Options]
    ) -> Declared[QueryModel, None]: ...
    @overload
    def __call__(
        self, path: str, *, body: type[BodyModel], **options: Unpack[Options]
    ) -> Declared[None, BodyModel]: ...
    @overload
    def __call__(
        self, path: str, *, query: type[QueryModel], body: type[BodyModel], **options: Unpack[Options]
    ) -> Declared[QueryModel, BodyModel]: ...
    def __call__(
        self,
        path: str,
        *,
        query: type[BaseModel] | None = None,
        body: type[BaseModel] | None = None,
        **options: Unpack[Options],
    ) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            _require_path_parameters(handler, path)
            summary, _, description = (handler.__doc__ or "").strip().partition("\n")
            self._operations.append(
                Operation(
                    method=self._method,
                    path=path,
                    handler=handler,
                    tag=self._tag,
                    summary=summary.rstrip("."),
                    description=" ".join(description.split()),
                    query=query,
                    body=body,
                    **options,
                )
            )
            return handler

        return register


class Routes:
    """The operations of one route file. Used as decorators: `@routes.post("/v1/leads", ...)`."""

    def __init__(self, tag: str) -> None:
        self.operations: list[Operation] = []
        self.get = Declare("GET", tag, self.operations)
        self.post = Declare("POST", tag, self.operations)
        self.put = Declare("PUT", tag, self.operations)
        self.patch = Declare("PATCH", tag, self.operations)
        self.delete = Declare("DELETE", tag, self.operations)

    def blueprint(self, respond: Respond) -> flask.Blueprint:
        """A blueprint named like the route file, with a view for each operation: its endpoint is `stores.get_store`."""
        module = self.operations[0].handler.__module__
        blueprint = flask.Blueprint(module.rpartition(".")[2], module)
        for operation in self.operations:
            blueprint.add_url_rule(
                rule_of(operation.path),
                endpoint=operation.name,
                view_func=_view(operation, respond),
                methods=[operation.method],
            )
        return blueprint


def _view(operation: Operation, respond: Respond) -> Callable[..., flask.Response]:
    def view(**path: PathValue) -> flask.Response:
        return respond(operation, path)

    return view


def _require_path_parameters(handler: Handler, path: str) -> None:
    """Raises TypeError unless the handler's arguments after the call are the path's parameters, by name and type."""
    _, *arguments = inspect.signature(handler).parameters.values()
    taken = {argument.name: argument.annotation for argument in arguments}
    wanted = {name: TYPE_OF_KIND[kind] for name, kind in parameters_of(path)}
    if taken != wanted:
        raise TypeError(f"{handler.__name__} takes {taken}, where {path} has {wanted}")
