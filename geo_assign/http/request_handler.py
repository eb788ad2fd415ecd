"""From a request to an answer: what happens around every handler, in one place and in this order.

Credentials are read, and looked up if they are not known, before the body is received; then it is parsed, and only then
a database connection is taken, so that slow clients and large bodies hold none. What is wrong with a body is told only
to callers who may call at all.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from functools import partial

import psycopg
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from geo_assign.access.commands import note_session_use, note_use, renew_session
from geo_assign.access.commands.api_keys import USES_NOTED_EVERY
from geo_assign.access.domain import SESSION_USES_NOTED_EVERY, ActorKind, ApiScope, Caller
from geo_assign.access.queries import opening_of
from geo_assign.core import telemetry
from geo_assign.core.db import Tx
from geo_assign.core.errors import GeoAssignError, UnauthenticatedError, UnavailableError, VersionRequiredError
from geo_assign.core.foresight import NOTHING_BESIDES, Foreseen, LastKnown
from geo_assign.http.admission import Capacity
from geo_assign.http.authentication import (
    Credentials,
    authenticate,
    credentials_of,
    find_credentials_in,
    find_tracker_credentials,
    require_access,
)
from geo_assign.http.content_encoding import decompressed
from geo_assign.http.decoding import decode_body, decode_query
from geo_assign.http.errors import BadHeaderError, BodyTooLargeError, MalformedJsonError, UnsupportedMediaTypeError
from geo_assign.http.idempotency import attempt_of
from geo_assign.http.known import KnownTokens
from geo_assign.http.noted_uses import NotedUses
from geo_assign.http.operations import Call, Operation, Reply
from geo_assign.http.paths import PathValue
from geo_assign.http.proxies import client_address_in
from geo_assign.http.replica_reads import ReplicaReads
from geo_assign.http.request import Request, current_request
from geo_assign.http.response import Response, StreamResponse, render
from geo_assign.http.schemas import Body
from geo_assign.http.services import Services
from geo_assign.http.transactions import RequestTransactions
from geo_assign.http.web_origins import find_key_in_address, require_origin

NOT_WRITTEN = (UnavailableError, DBAPIError, psycopg.Error, PoolTimeout)
"""What is noted beside an answer may fail without costing the answer: the database takes no changes, for example."""

_VERSION = re.compile(r'(?:W/)?"(\d{1,9})"', re.ASCII)
_KEPT_CALLERS = 10_000
# A photo as a camera takes it, or days of positions: who sends that much by mistake is told so.
_PASSED_OVER_BYTES = 32_000_000


Parsed = tuple[BaseModel | None, BaseModel | None]
"""Query and body."""
PathValues = Mapping[str, PathValue]


class EmptyBody(Body):
    """Of calls that need none: empty, or `{}`."""


def _no_transaction() -> AbstractContextManager[Tx]:
    raise RuntimeError("a public operation has no organization: it opens its own transactions")


class RequestHandler:
    """Answers requests for operations: the view behind every one of them."""

    def __init__(self, services: Services, capacity: Capacity, known: KnownTokens) -> None:
        self._services = services
        self._capacity = capacity
        self._known = known
        self._callers = LastKnown[bytes, Caller](_KEPT_CALLERS)
        self._replica_reads = ReplicaReads(services, capacity)
        self._key_uses = NotedUses(USES_NOTED_EVERY)
        self._session_uses = NotedUses(SESSION_USES_NOTED_EVERY)
        self._max_body_bytes = services.settings.max_body_bytes
        self._trusted = services.settings.trusted_networks

    def respond(self, operation: Operation, path: PathValues) -> Response:
        """The answer to the current request. Raises whatever is wrong; Flask's error handlers make a problem of it."""
        request = current_request()
        request.operation = operation
        named = telemetry.request_id.set(request.request_id)
        try:
            return self._within_places(operation, path, request)
        finally:
            telemetry.request_id.reset(named)

    def _within_places(self, operation: Operation, path: PathValues, request: Request) -> Response:
        credentials = _credentials_before_body(operation, request)
        raw = self._receive(operation, request, credentials)
        if credentials is None and operation.access.trackers:
            credentials = find_credentials_in(raw)
            if credentials is None:
                raise UnauthenticatedError
        places = self._capacity.streams if operation.streams else self._capacity.requests
        places.take()
        response = None
        try:
            response = self._in_turn(operation, path, request, raw=raw, credentials=credentials)
        finally:
            # A stream keeps its place for as long as the client listens.
            if isinstance(response, StreamResponse):
                response.on_end = places.give_back
            else:
                places.give_back()
        return response

    def _in_turn(
        self, operation: Operation, path: PathValues, request: Request, *, raw: bytes, credentials: Credentials | None
    ) -> Response:
        work = self._capacity.work
        if request.keeps_turn(work.leave):
            return self._respond(operation, path, request, raw=raw, credentials=credentials)
        turn = work.enter(operation.lane, operation.name, request.newcomer)
        request.give_turn_back = partial(work.leave, turn)
        try:
            return self._respond(operation, path, request, raw=raw, credentials=credentials)
        finally:
            request.end_turn()

    def _respond(
        self, operation: Operation, path: PathValues, request: Request, *, raw: bytes, credentials: Credentials | None
    ) -> Response:
        reply = self._reply(operation, path, request, raw=raw, credentials=credentials)
        return render(
            reply,
            reply.status or operation.status,
            request_id=request.request_id,
            if_none_match=request.if_none_match if reply.version is not None and operation.method == "GET" else None,
        )

    def _reply(
        self, operation: Operation, path: PathValues, request: Request, *, raw: bytes, credentials: Credentials | None
    ) -> Reply:
        if credentials is None:
            parsed = self._parse(operation, request, raw)
            if operation.own_transactions:
                request.end_turn()
            return operation.handler(self._call(operation, path, request, parsed=parsed), **path)
        parsed_or_wrong = self._try_to_parse(operation, request, raw)
        pool = self._capacity.pool
        transactions = RequestTransactions(self._services.database, pool, credentials.token.org_id)
        self._services.views.watch()
        try:
            replica = self._replica_reads.find(operation)
            foreseen = (
                self._foresee(operation, path, request, parsed_or_wrong, credentials)
                if replica is None
                else replica.written
            )
            tx = transactions.begin(operation.lane, *opening_of(credentials.token), foreseen)
            caller = self._authenticate(tx, credentials, request)
            request.caller = caller
            require_access(caller, operation.access)
            require_origin(caller, request)
            self._count_call(request, caller, operation)
            if isinstance(parsed_or_wrong, GeoAssignError):
                raise parsed_or_wrong
            call = self._call(
                operation, path, request, parsed=parsed_or_wrong, caller=caller, transactions=transactions
            )
            reply = None
            if replica is not None:
                arguments = replica.arguments(tx)
                # Its permit is given back: the standby's transaction takes one.
                transactions.close()
                reply = self._replica_reads.answer(
                    replica, arguments, lambda there: operation.handler(replace(call, open_transaction=there), **path)
                )
            if operation.own_transactions or operation.streams:
                transactions.close()
                # What it waits for now, such as a geocoder, is no work of ours; its transactions have permits.
                request.end_turn()
            if reply is None:
                reply = operation.handler(call, **path)
        except BaseException as error:
            # Who is refused is not asked for beforehand next time.
            self._callers.forget(credentials.token.hash)
            transactions.abandon(error)
            raise
        transactions.close()
        self._services.views.assure()
        if operation.rehearse is not None:
            self._callers.keep(credentials.token.hash, caller)
        self._renew(caller, transactions)
        self._note_use(caller, transactions)
        return reply

    def _foresee(
        self,
        operation: Operation,
        path: PathValues,
        request: Request,
        parsed: Parsed | GeoAssignError,
        credentials: Credentials,
    ) -> Foreseen | None:
        """What the handler will ask, if the caller is still the one whom the token was last seen to be."""
        if operation.own_transactions or operation.streams:
            return NOTHING_BESIDES
        rehearse, caller = operation.rehearse, self._callers.find(credentials.token.hash)
        if rehearse is None or caller is None or isinstance(parsed, GeoAssignError):
            return None
        call = self._call(operation, path, request, parsed=parsed, caller=caller)
        return self._services.database.foresee(caller.org_id, lambda tx: rehearse(tx, call, **path))

    def _count_call(self, request: Request, caller: Caller, operation: Operation) -> None:
        """Raises TooManyError. What is left is told in either case."""
        limits = self._services.limits
        try:
            limits.call(caller.id, operation.name)
        finally:
            left = limits.left(caller.id, operation.name)
            if left is not None:
                request.note_allowance(left)

    @staticmethod
    def _renew(caller: Caller, transactions: RequestTransactions) -> None:
        """Move the end of a session on that was used: seldom, and in a transaction that holds no other lock."""
        if caller.renewable_until is None:
            return
        with suppress(*NOT_WRITTEN), transactions() as tx:  # the next request renews it
            renew_session(tx, caller)

    @contextmanager
    def _waiting(self, request: Request) -> Iterator[None]:
        """Wait in a place among the streams, and leave one's own to other requests. Raises OverloadedError."""
        request.end_turn()
        with self._capacity.streams:
            self._capacity.requests.give_back()
            try:
                yield
            finally:
                self._capacity.requests.take_again()

    def _note_use(self, caller: Caller, transactions: RequestTransactions) -> None:
        """Write now and then that an API key or a session is in use."""
        if caller.kind is ActorKind.API_KEY and self._key_uses.is_due(caller.id):
            with suppress(*NOT_WRITTEN), transactions() as tx:  # a later request notes it
                note_use(tx, caller.id)
        if caller.session_id is not None and self._session_uses.is_due(caller.session_id):
            with suppress(*NOT_WRITTEN), transactions() as tx:
                note_session_use(tx, caller.session_id)

    def _call(
        self,
        operation: Operation,
        path: PathValues,
        request: Request,
        *,
        parsed: Parsed,
        caller: Caller | None = None,
        transactions: Callable[[], AbstractContextManager[Tx]] = _no_transaction,
    ) -> Call[BaseModel | None, BaseModel | None]:
        query, body = parsed
        attempt = None
        if operation.creates and caller is not None:
            key = request.headers.get("Idempotency-Key")
            attempt = attempt_of(key, caller_id=caller.id, route=operation.name, path=path, body=body)
        return Call(
            services=self._services,
            authenticated=caller,
            query=query,
            body=body,
            if_match=_if_match(operation, request),
            attempt=attempt,
            request_id=request.request_id,
            open_transaction=transactions,
            remote_address=request.remote_addr or "",
            headers=request.headers,
            open_waiting=partial(self._waiting, request),
            end_turn=request.end_turn,
        )

    def _authenticate(self, tx: Tx, credentials: Credentials, request: Request) -> Caller:
        try:
            caller = authenticate(tx, credentials, request, settings=self._services.settings)
        except UnauthenticatedError:
            self._known.forget(credentials.token.hash)
            raise
        self._known.add(credentials.token.hash)
        return caller

    def _receive(self, operation: Operation, request: Request, credentials: Credentials | None) -> bytes:
        if not operation.sends_body:
            return b""
        limit = operation.max_body_bytes or self._max_body_bytes
        if credentials is not None and request.owes_body and not self._known.has(credentials.token.hash):
            self._look_up(operation, request, credentials)
        address = client_address_in(request.environ, self._trusted)
        receiving = self._capacity.receiving
        try:
            raw = request.read_body(limit, partial(receiving.receive, address=address))
        except BodyTooLargeError:
            if credentials is not None:
                request.pass_over_body(_PASSED_OVER_BYTES, partial(receiving.pass_over, address=address))
            raise
        try:
            raw = decompressed(raw, request.environ.get("HTTP_CONTENT_ENCODING"), limit=limit)
        except (MalformedJsonError, UnsupportedMediaTypeError):
            if not operation.reads.takes_any_encoding:
                raise
        if raw:
            operation.reads.require(request.environ.get("CONTENT_TYPE"))
        return raw

    def _look_up(self, operation: Operation, request: Request, credentials: Credentials) -> None:
        """Raises UnauthenticatedError: who has no valid token is told so without waiting for the body."""
        with self._capacity.lookups:
            transactions = RequestTransactions(self._services.database, self._capacity.pool, credentials.token.org_id)
            try:
                tx = transactions.begin(operation.lane, *opening_of(credentials.token), NOTHING_BESIDES)
                self._authenticate(tx, credentials, request)
            except BaseException as error:
                transactions.abandon(error)
                raise
            transactions.close()

    def _try_to_parse(self, operation: Operation, request: Request, raw: bytes) -> Parsed | GeoAssignError:
        try:
            return self._parse(operation, request, raw)
        except GeoAssignError as error:
            return error

    def _parse(self, operation: Operation, request: Request, raw: bytes) -> Parsed:
        query = _query_of(operation, request.query_string.decode("latin-1"))
        if operation.body is not None:
            return query, operation.reads.decode(operation.body, raw)
        if raw:
            decode_body(EmptyBody, raw)
        return query, None


def _credentials_before_body(operation: Operation, request: Request) -> Credentials | None:
    """None where none are wanted, and where a tracker's can only be in the body."""
    if operation.access.public:
        return None
    if ApiScope.WIDGET in operation.access.scopes and "HTTP_AUTHORIZATION" not in request.environ:
        token = find_key_in_address(request.query_string)
        if token is not None:
            return Credentials(token, by_cookie=False)
    return find_tracker_credentials(request) if operation.access.trackers else credentials_of(request)


def _query_of(operation: Operation, query_string: str) -> BaseModel | None:
    if operation.query is None:
        return decode_query(None, query_string)
    return operation.reads_query(operation.query, query_string)


def _if_match(operation: Operation, request: Request) -> int | None:
    text: str | None = request.environ.get("HTTP_IF_MATCH")
    if text is None:
        if operation.versioned:
            raise VersionRequiredError
        return None
    match = _VERSION.fullmatch(text.strip())
    if match is None:
        raise BadHeaderError('If-Match is an ETag that we gave, such as "3".')
    return int(match.group(1))
