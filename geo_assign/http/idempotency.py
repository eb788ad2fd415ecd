"""Idempotency-Key: read from the request here, written by the use case in the transaction of what it creates."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from pydantic import BaseModel

from geo_assign.core.idempotency import Attempt
from geo_assign.http.errors import BadHeaderError
from geo_assign.http.operations import Reply
from geo_assign.http.paths import PathValue

REPLAYED = "Idempotency-Replayed"
_KEY = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,198}[\x21-\x7e])?", re.ASCII)


def attempt_of(
    key: str | None, *, caller_id: UUID, route: str, path: Mapping[str, PathValue], body: BaseModel | None
) -> Attempt | None:
    """The attempt under `key`, or None without one. Raises BadHeaderError.

    The body is hashed as it was understood: other white space or another order of its members is the same request.
    """
    if key is None:
        return None
    if _KEY.fullmatch(key) is None:
        raise BadHeaderError("Idempotency-Key has 1 to 200 visible ASCII characters.")
    digest = hashlib.sha256(repr(sorted((name, str(value)) for name, value in path.items())).encode())
    if body is not None:
        digest.update(body.__pydantic_serializer__.to_json(body))
    return Attempt(caller_id=caller_id, route=route, key=key, request_hash=digest.digest())


def replayed(reply: Reply) -> Reply:
    """`reply` for a request that was made before under its key: the same thing, in its present state."""
    return replace(reply, headers={**reply.headers, REPLAYED: "true"})
