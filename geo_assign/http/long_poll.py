"""Answers with an ETag that a client may wait for: 304 while nothing is new, or the wait until something is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from pydantic import Field
from werkzeug.datastructures import ETags
from werkzeug.http import parse_etags

from geo_assign.core.db import Tx
from geo_assign.http.errors import OverloadedError
from geo_assign.http.operations import AnyCall, Reply
from geo_assign.http.schemas import PageQuery, Query
from geo_assign.workorders.queries import NOTHING, OwnVersions, get_own_versions

MOST_S = 25
# Phones that find no place to wait ask again so much later: at once, they would keep the service from the others.
_AGAIN_AFTER_S = 5
_WAIT = Field(0, ge=0, le=MOST_S, description="Seconds to wait for what `If-None-Match` does not know.")


class WaitQuery(Query):
    """How long to wait."""

    wait_s: float = _WAIT


class WaitingPageQuery(PageQuery):
    """Which page, and how long to wait."""

    wait_s: float = _WAIT


def reply_when_new(
    call: AnyCall,
    technician_id: UUID,
    *,
    wait_s: float,
    version_of: Callable[[OwnVersions], str],
    build: Callable[[Tx], object],
) -> Reply:
    """What `build` makes, unless the client has it already: then 304, after at most `wait_s` seconds without news.

    A client that names no version is told at once what there is, and waits while there is nothing. Raises
    OverloadedError when there is nothing new and no place to wait, UnauthenticatedError when the session ends.
    """
    tags = parse_etags(call.headers.get("If-None-Match"))

    def is_news(versions: OwnVersions) -> bool:
        version = version_of(versions)
        return not tags.contains_weak(version) if tags else version != NOTHING

    with call.transaction() as tx:
        versions = get_own_versions(tx, technician_id)
        if wait_s == 0 or is_news(versions):
            return _reply(tx, tags, version_of(versions), build)
    with waiting_place(call):
        call.services.phones.wait(call.caller, technician_id, is_news=is_news, wait_s=wait_s)
    with call.transaction() as tx:
        return _reply(tx, tags, version_of(get_own_versions(tx, technician_id)), build)


@contextmanager
def waiting_place(call: AnyCall) -> Iterator[None]:
    """A place to wait in. Raises OverloadedError, with the time after which to ask again, where none is left."""
    try:
        with call.waiting():
            yield
    except OverloadedError:
        raise OverloadedError(
            "There is nothing new, and no place left to wait.", retry_after_s=_AGAIN_AFTER_S
        ) from None


def _reply(tx: Tx, tags: ETags, version: str, build: Callable[[Tx], object]) -> Reply:
    return Reply(None if tags.contains_weak(version) else build(tx), version=version)
