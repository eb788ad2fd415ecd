"""The database decides, the library words it: a broken constraint becomes an error that callers know."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import IntegrityError

from geo_assign.core.errors import GeoAssignError


@contextmanager
def refusing(**errors: GeoAssignError) -> Iterator[None]:
    """Raise `errors[name]` when the constraint or unique index of that name is broken inside.

    The transaction cannot go on afterwards: the error must leave it.
    """
    try:
        yield
    except IntegrityError as broken:
        name = broken.orig.diag.constraint_name if isinstance(broken.orig, psycopg.Error) else None
        if name in errors:
            raise errors[name] from broken
        raise
