"""From a request to an answer: what happens around every handler, in one place and in this order.

Credentials are read and the body is received and parsed before a database connection is taken, so that slow clients
and large bodies hold none; what is wrong with a body is told only to callers who may call at all.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from pydantic import BaseModel

from geo_assign.access.domain import Caller
from geo_assign.access.queries import opening_of
from geo_assign.core.db import Tx
from geo_assign.core.errors import GeoAssignError, VersionRequiredError
from geo_assign.http.admission import Capacity
from geo_assign.http.authentication import Credentials, authenticate, credentials_of, require_access
from geo_assign.http.decoding import decode_body, decode_query, require_json
from geo_assign.http.errors import BadHeaderError
from geo_assign.http.idempotency import attempt_of
from geo_assign.http.incoming import Incoming
from geo_assign.http.operations import Call, Operation, Reply
from geo_assign.http.rendering import HeldParts, Outgoing, render
from geo_assign.http.schemas import Body
from geo_assign.http.services import Services
from geo_assign.http.transactions import RequestTransactions

_VERSION = re.compile(r'(?:W/)?"(\d{1,9})"', re.ASCII)
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


Parsed = tuple[BaseModel | None, BaseModel | None]
"""Query and body."""


class NoBody(Body):
    """Of calls that need none: empty, or `{}`."""


def _no_transaction() -> AbstractContextManager[Tx]:
    raise RuntimeError("a public operation has no organization: it opens its own transactions")


class Dispatcher:
    """Answers requests for operations."""

    def __init__(self, services: Services, capacity: Capacity) -> None:
        self._services = services
        self._capacity = capacity
        self._max_body_bytes = services.settings.max_body_bytes

    def answer(self, operation: Operation, path: Mapping[str, Any], incoming: Incoming) -> Outgoing:
        """The rendered answer. Raises whatever is wrong: the caller turns it into a problem."""
        credentials = None if operation.access.public else credentials_of(incoming)
        raw = self._receive(operation, incoming)
        places = self._capacity.streams if operation.streams else self._capacity.requests
        places.take()
        streaming = False
        try:
            outgoing = self._outgoing(
                operation, incoming, self._reply(operation, path, incoming, raw=raw, credentials=credentials)
            )
            if operation.streams:
                outgoing = replace(outgoing, parts=HeldParts(outgoing.parts, places.give_back))
                streaming = True
            return outgoing
        finally:
            if not streaming:
                places.give_back()

    def _reply(
        self,
        operation: Operation,
        path: Mapping[str, Any],
        incoming: Incoming,
        *,
        raw: bytes,
        credentials: Credentials | None,
    ) -> Reply:
        if credentials is None:
            parsed = self._parse(operation, incoming, raw)
            return operation.handler(self._call(operation, path, incoming, parsed=parsed))
        parsed_or_wrong = self._try_to_parse(operation, incoming, raw)
        pool = self._capacity.pool
        transactions = RequestTransactions(self._services.database, pool, credentials.token.org_id)
        try:
            tx = transactions.begin(operation.lane, *opening_of(credentials.token))
            caller = authenticate(tx, credentials, incoming, settings=self._services.settings)
            incoming.caller = caller
            require_access(caller, operation.access)
            self._services.limits.call(caller.id, operation.name)
            if isinstance(parsed_or_wrong, GeoAssignError):
                raise parsed_or_wrong
            call = self._call(
                operation, path, incoming, parsed=parsed_or_wrong, caller=caller, transactions=transactions
            )
            if operation.own_transactions or operation.streams:
                transactions.close()
            reply = operation.handler(call)
        except BaseException as error:
            transactions.abandon(error)
            raise
        transactions.close()
        return reply

    def _outgoing(self, operation: Operation, incoming: Incoming, reply: Reply) -> Outgoing:
        return render(
            reply,
            reply.status or operation.status,
            request_id=incoming.request_id,
            if_none_match=incoming.header("HTTP_IF_NONE_MATCH") if operation.method == "GET" else None,
            head=incoming.method == "HEAD",
        )

    def _call(
        self,
        operation: Operation,
        path: Mapping[str, Any],
        incoming: Incoming,
        *,
        parsed: Parsed,
        caller: Caller | None = None,
        transactions: Callable[[], AbstractContextManager[Tx]] = _no_transaction,
    ) -> Call:
        query, body = parsed
        attempt = None
        if operation.creates and caller is not None:
            key = incoming.header("HTTP_IDEMPOTENCY_KEY")
            attempt = attempt_of(key, caller_id=caller.id, route=operation.name, path=path, body=body)
        return Call(
            services=self._services,
            authenticated=caller,
            path=path,
            query=query,
            body=body,
            if_match=_if_match(operation, incoming),
            attempt=attempt,
            request_id=incoming.request_id,
            open_transaction=transactions,
            remote_address=incoming.remote_address,
            headers=incoming.headers,
        )

    def _receive(self, operation: Operation, incoming: Incoming) -> bytes:
        if operation.method not in _WITH_BODY:
            return b""
        with self._capacity.receiving:
            raw = incoming.read_body(operation.max_body_bytes or self._max_body_bytes)
        if raw:
            require_json(incoming.header("CONTENT_TYPE"))
        return raw

    def _try_to_parse(self, operation: Operation, incoming: Incoming, raw: bytes) -> Parsed | GeoAssignError:
        try:
            return self._parse(operation, incoming, raw)
        except GeoAssignError as error:
            return error

    def _parse(self, operation: Operation, incoming: Incoming, raw: bytes) -> tuple[BaseModel | None, BaseModel | None]:
        query = decode_query(operation.query, incoming.query_string)
        if operation.body is not None:
            return query, decode_body(operation.body, raw)
        if raw:
            decode_body(NoBody, raw)
        return query, None


def _if_match(operation: Operation, incoming: Incoming) -> int | None:
    text = incoming.header("HTTP_IF_MATCH")
    if text is None:
        if operation.versioned:
            raise VersionRequiredError
        return None
    match = _VERSION.fullmatch(text.strip())
    if match is None:
        raise BadHeaderError('If-Match is an ETag that we gave, such as "3".')
    return int(match.group(1))
