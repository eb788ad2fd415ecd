"""Versions: two people who edit the same thing notice each other."""

from datetime import datetime
from typing import Protocol

from geo_assign.core.errors import StaleError


class Versioned(Protocol):
    """Something that counts its changes."""

    @property
    def version(self) -> int: ...

    @property
    def updated_at(self) -> datetime: ...


def require_version(current: Versioned, expected: int | None) -> None:
    """Raises StaleError, with the present state, when it is not the version the caller saw; None asks nothing."""
    if expected is not None and current.version != expected:
        raise StaleError(current=current, changed_at=current.updated_at)
