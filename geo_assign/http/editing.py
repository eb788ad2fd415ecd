"""What every route that creates or changes something does alike."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, Field

from geo_assign.access.domain import Scope
from geo_assign.core.db import Tx
from geo_assign.core.errors import StaleError
from geo_assign.core.idempotency import Attempt, SecretShownError, claim
from geo_assign.core.ids import new_id
from geo_assign.http.idempotency import replayed
from geo_assign.http.operations import Reply
from geo_assign.workforce.domain import CheckedKind, InUseError
from geo_assign.workforce.work_checks import list_checked_technicians
from geo_assign.workorders.queries import list_held_work, named

T = TypeVar("T")


def create_once(
    tx: Tx,
    attempt: Attempt | None,
    *,
    create: Callable[[UUID], T],
    read: Callable[[UUID], T],
    reply: Callable[[T], Reply],
) -> Reply:
    """`create` under a fresh id, or, for a retry under its Idempotency-Key, `read` what the first attempt made."""
    row_id = new_id()
    known = claim(tx, attempt, row_id) if attempt is not None else None
    return reply(create(row_id)) if known is None else replayed(reply(read(known)))


def create_with_secret(
    tx: Tx,
    attempt: Attempt | None,
    *,
    create: Callable[[UUID], T],
    reply: Callable[[T], Reply],
    instead: str,
) -> Reply:
    """`create` something whose secret is shown once. `instead`: what a caller does who has lost it.

    A retry under the Idempotency-Key is told that it was shown: an answer without it would pass for the real one.
    Raises SecretShownError.
    """
    row_id = new_id()
    known = claim(tx, attempt, row_id) if attempt is not None else None
    if known is not None:
        raise SecretShownError(f"An earlier attempt under this Idempotency-Key made it. {instead}", id=known)
    return reply(create(row_id))


@contextmanager
def stale_as(answer: Callable[[Any], BaseModel]) -> Iterator[None]:
    """Tell the present state in a 412 in the words of the API."""
    try:
        yield
    except StaleError as error:
        facts = {**error.facts, "current": answer(error.facts["current"])}
        raise StaleError(error.detail, **facts) from error


@contextmanager
def naming_work(tx: Tx, scope: Scope, kind: CheckedKind, subject_id: UUID) -> Iterator[None]:
    """Have a refusal because of technicians name the work orders of the scope that they have to do."""
    try:
        yield
    except InUseError as error:
        work = list_held_work(tx, scope, list_checked_technicians(tx, kind, subject_id))
        if not work:
            raise
        detail = f"{error.detail} They have {named(work)} to do."
        raise InUseError(detail, **error.facts, work_orders=[asdict(one) for one in work]) from error


def unsent(description: str | None = None) -> Any:
    """The default of a PATCH's member that may be left out but not be null."""
    if description is None:  # the one of the member's type stays
        return Field(default_factory=lambda: None)
    return Field(default_factory=lambda: None, description=description)
