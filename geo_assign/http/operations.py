"""Operations as data: one description of every call feeds routing, parsing, access, OpenAPI and the tests.

A route file makes a `Routes`, declares its operations on it and stays thin: parse (declared), call the use case,
render. What the framework around it does is in `geo_assign.http.dispatching`.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Literal

from pydantic import BaseModel

from geo_assign.access.domain import ApiScope, Caller, Permission, Role
from geo_assign.core.db import Tx
from geo_assign.core.errors import GeoAssignError, UnauthenticatedError
from geo_assign.core.idempotency import Attempt
from geo_assign.http.services import Services

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


class Lane(IntEnum):
    """Who goes first when there is more to do than the database can: lower numbers, which are also shed last."""

    CONTINUED = 0  # work that has begun, and must not be dropped half-way
    PHONES = 1  # accepts, rejects, pings
    ORDINARY = 2
    PICTURES = 3  # map reads and tiles: the next one comes anyway


@dataclass(frozen=True)
class Access:
    """Who may call an operation. `public`: anybody. Shown in OpenAPI as `x-access`.

    `permission` is wanted of dispatchers only: administrators have every one.
    """

    roles: tuple[Role, ...] = ()
    scopes: tuple[ApiScope, ...] = ()
    permission: Permission | None = None
    public: bool = False


ADMINISTRATORS = Access(roles=(Role.ADMINISTRATOR,))
STORE_SETTINGS = Access(roles=(Role.ADMINISTRATOR, Role.STORE_ADMINISTRATOR))
DISPATCHING = Access(roles=(Role.ADMINISTRATOR, Role.STORE_ADMINISTRATOR, Role.DISPATCHER))
READING = Access(roles=DISPATCHING.roles, scopes=(ApiScope.READ,))
LEAD_WRITING = Access(roles=DISPATCHING.roles, scopes=(ApiScope.LEADS_WRITE,))
OWN_WORK = Access(roles=tuple(Role), scopes=(ApiScope.READ,))
TECHNICIANS = Access(roles=(Role.TECHNICIAN,))
EVERYBODY = Access(roles=tuple(Role))


@dataclass(frozen=True)
class Stream:
    """An answer that goes on: `parts` is closed when the client leaves. Such an operation has `streams=True`."""

    parts: Iterable[bytes]
    content_type: str = "text/event-stream"


@dataclass(frozen=True)
class Reply:
    """What a handler answers.

    `body` is a pydantic model, JSON-able data, bytes already rendered, or a `Stream`. Bytes are JSON unless `headers`
    names another Content-Type. `version` becomes the ETag. `status` overrides the operation's.
    """

    body: Any = None
    status: int | None = None
    version: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Call:
    """One request, authenticated and parsed.

    `transaction()` gives an open transaction of the caller's organization; it commits at the end and rolls back on an
    exception. The first use continues the one in which the token was checked, so that a plain read costs one
    transaction; an operation declared with `own_transactions=True` has that one closed before its handler starts and
    opens fresh ones. `path` holds UUIDs, and what `{name:int}` and `{name:slug}` matched.
    """

    services: Services
    authenticated: Caller | None
    path: Mapping[str, Any]
    query: Any
    body: Any
    if_match: int | None
    attempt: Attempt | None
    request_id: str
    open_transaction: Callable[[], AbstractContextManager[Tx]]
    remote_address: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def caller(self) -> Caller:
        """Who calls. Always there unless the operation is public."""
        if self.authenticated is None:
            raise UnauthenticatedError
        return self.authenticated

    def transaction(self) -> AbstractContextManager[Tx]:
        """A transaction that commits at the end and rolls back on an exception."""
        return self.open_transaction()


Handler = Callable[[Call], Reply]


@dataclass(frozen=True)
class Operation:
    """One call of the API. `query` and `body` are pydantic models.

    A path parameter such as `{id}` is a UUID; `{z:int}` and `{name:slug}` are what they say. `creates`: honours
    Idempotency-Key. `versioned`: wants If-Match. `streams`: answers a `Stream` and holds no place among the requests.
    `media_types`: of answers that are not JSON. `errors`: the domain errors it may answer with, beyond those that
    every operation has.
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
    answer: type[BaseModel] | None = None
    status: int = 200
    creates: bool = False
    versioned: bool = False
    own_transactions: bool = False
    streams: bool = False
    lane: Lane = Lane.ORDINARY
    media_types: tuple[str, ...] = ("application/json",)
    max_body_bytes: int | None = None
    errors: tuple[type[GeoAssignError], ...] = ()

    @property
    def name(self) -> str:
        """The operation id: the handler's name."""
        return self.handler.__name__


class Routes:
    """The operations of one feature. Used as decorators: `@routes.post("/v1/leads", ...)`."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.operations: list[Operation] = []

    def get(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        return self._add("GET", path, options)

    def post(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        return self._add("POST", path, options)

    def put(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        return self._add("PUT", path, options)

    def patch(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        return self._add("PATCH", path, options)

    def delete(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        return self._add("DELETE", path, options)

    def _add(self, method: Method, path: str, options: dict[str, Any]) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            summary, _, description = (handler.__doc__ or "").strip().partition("\n")
            self.operations.append(
                Operation(
                    method=method,
                    path=path,
                    handler=handler,
                    tag=self.tag,
                    summary=summary.rstrip("."),
                    description=" ".join(description.split()),
                    **options,
                )
            )
            return handler

        return register
