"""Identifiers: UUID version 7, so that new rows land side by side in an index. No meaning is ever read from them."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A fresh identifier."""
    return uuid7()
