"""Rows as PostgreSQL keeps them: bytes that come as text are twice as long, and take time to write and to read."""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import Cursor
from psycopg.pq import Format
from sqlalchemy import Connection, event


@contextmanager
def binary_rows(conn: Connection) -> Iterator[None]:
    """What is asked on the connection meanwhile is answered so."""

    def ask(_conn: Connection, cursor: Cursor[object], *_statement: object) -> None:
        cursor.format = Format.BINARY

    event.listen(conn, "before_cursor_execute", ask)
    try:
        yield
    finally:
        event.remove(conn, "before_cursor_execute", ask)
