"""The statements that a database is sent, whichever way they go there."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import PoolProxiedConnection

from geo_assign.core import clock, db, foresight
from geo_assign.core.statements import Statement


@contextmanager
def statements_sent(engine: Engine | Connection) -> Iterator[list[str]]:
    """The texts of all that is sent meanwhile: by SQLAlchemy on `engine`, and of the statements that are kept compiled.

    Those go past SQLAlchemy and are seen whatever connection they are sent on.
    """
    sent: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_more: object) -> None:
        sent.append(statement)

    fetch_all = db.fetch_all

    def fetch(connection: PoolProxiedConnection, statement: Statement[Any], values: Mapping[str, object]) -> list[Any]:
        sent.append(statement.text.decode())
        return fetch_all(connection, statement, values)

    event.listen(engine, "before_cursor_execute", note)
    try:
        with pytest.MonkeyPatch.context() as patch:
            for module in (clock, db, foresight):
                patch.setattr(module, "fetch_all", fetch)
            yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)
