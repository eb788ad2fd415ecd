"""The database decides, the library words it: a broken constraint becomes an error that callers know."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import IntegrityError

from geo_assign.core.errors import GeoAssignError

_TOLD = re.compile(r'constraint "(?P<name>\w+?)(?:_[0-9]{5,})?"')


@contextmanager
def refusing(**errors: GeoAssignError) -> Iterator[None]:
    """Raise `errors[name]` when the constraint or unique index of that name is broken inside.

    The transaction cannot go on afterwards: the error must leave it.
    """
    try:
        yield
    except (IntegrityError, psycopg.IntegrityError) as broken:
        error = broken.orig if isinstance(broken, IntegrityError) else broken
        name = broken_constraint(error) if isinstance(error, psycopg.Error) else None
        if name in errors:
            raise errors[name] from broken
        raise


def broken_constraint(error: psycopg.Error) -> str | None:
    """The name of the constraint that an error tells.

    A server that hands on the errors of another one, as Citus does, hands on the sentence alone; the table's part there
    has a number behind its name, and so have its constraints and indexes, but for those of the CHECK kind.
    """
    if error.diag.constraint_name is not None:
        return error.diag.constraint_name
    found = _TOLD.search(error.diag.message_primary or "")
    return None if found is None else found["name"]
