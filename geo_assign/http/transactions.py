"""The transactions of one request, each behind a permit of the pool."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from uuid import UUID

from geo_assign.core.db import Database, Tx
from geo_assign.core.direct import AnyOpening
from geo_assign.core.foresight import Foreseen
from geo_assign.http.admission import Admission
from geo_assign.http.operations import Lane


class RequestTransactions(AbstractContextManager[Tx]):
    """Lends a handler its transactions, one at a time.

    The first is begun to check the token, and the handler's first `with` goes on in it. Later ones are new, and wait
    as work that has begun.
    """

    __slots__ = ("_admission", "_database", "_open", "_org_id", "_tx", "_used")

    def __init__(self, database: Database, admission: Admission, org_id: UUID) -> None:
        self._database = database
        self._admission = admission
        self._org_id = org_id
        self._open: AbstractContextManager[Tx] | None = None
        self._tx: Tx | None = None
        self._used = False

    def begin(
        self,
        lane: Lane,
        opening: AnyOpening | None = None,
        arguments: Mapping[str, str] | None = None,
        foreseen: Foreseen | None = None,
    ) -> Tx:
        """Wait for a permit and open a transaction, with a question if there is one. Raises OverloadedError."""
        self._admission.enter(lane)
        try:
            opened = self._database.transaction(self._org_id, opening, arguments, foreseen)
            self._tx = opened.__enter__()
        except BaseException:
            self._admission.leave()
            raise
        self._open = opened
        return self._tx

    def close(self) -> None:
        """Commit the transaction that the handler did not use."""
        if self._open is not None:
            self._end(None, None, None)

    def abandon(self, error: BaseException) -> None:
        """Roll back what is open, because of `error`."""
        if self._open is not None:
            self._end(type(error), error, error.__traceback__)

    def __call__(self) -> "RequestTransactions":
        if self._used:
            raise RuntimeError("a request's transactions are used one after the other")
        return self

    def __enter__(self) -> Tx:
        self._used = True
        return self._tx if self._tx is not None else self.begin(Lane.CONTINUED)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._used = False
        self._end(kind, error, trace)

    def _end(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        opened, self._open, self._tx = self._open, None, None
        try:
            if opened is not None:
                opened.__exit__(kind, error, trace)
        finally:
            self._admission.leave()
