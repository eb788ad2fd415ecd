"""What a failing database says, in words: by the class of its SQLSTATE.

Callers, logs, metrics, readiness and doctor all name a trouble by this one table.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import psycopg
from psycopg import errors as pg_errors
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout


@dataclass(frozen=True, slots=True)
class Trouble:
    """One kind of trouble: its name, a sentence, and after how many seconds trying again makes sense.

    `retry_after_s` None: it is a defect of the service, or of what it was asked, and does not pass by itself.
    """

    kind: str
    words: str
    retry_after_s: float | None


@dataclass(frozen=True, slots=True)
class SeenTrouble:
    """A trouble with the SQLSTATE that told it; None where the connection itself failed."""

    trouble: Trouble
    sqlstate: str | None

    @property
    def label(self) -> str:
        """The SQLSTATE for a metric: of the states that are not known only the class, so that labels are few."""
        if self.sqlstate is None:
            return "none"
        try:
            pg_errors.lookup(self.sqlstate)
        except KeyError:
            return f"{self.sqlstate[:2]}xxx" if self.sqlstate[:2] in _BY_CLASS else "other"
        return self.sqlstate

    def __str__(self) -> str:
        return self.trouble.words + (f" (SQLSTATE {self.sqlstate})" if self.sqlstate else "")


CONNECTION = Trouble("connection", "There is no connection to the database.", 2.0)
READ_ONLY = Trouble("read_only", "The database takes no changes: it is read-only, a standby perhaps.", 30.0)
DISK_FULL = Trouble("disk_full", "The disk of the database is full.", 60.0)
RESOURCES = Trouble("resources", "The database is short of memory, connections or other resources.", 10.0)
BUSY = Trouble("busy", "Others are changing the same thing; try again.", 1.0)
IN_USE = Trouble("in_use", "The database is not in the state that this needs; try again.", 5.0)
TIMEOUT = Trouble("timeout", "The database took too long.", 2.0)
SHUTDOWN = Trouble("shutdown", "The database is being stopped or started.", 5.0)
SYSTEM = Trouble("system", "The database has a fault of its own: its files, its libraries or its data.", 30.0)
PRIVILEGE = Trouble("privilege", "The database does not allow this to the service's role.", 30.0)
LOG_IN = Trouble("log_in", "The database refuses the log-in of the service.", 30.0)
UNSUPPORTED = Trouble("unsupported", "The database cannot do this as it is set up now.", 30.0)
POOL = Trouble("pool", "All connections to the database are in use.", 1.0)
DEFECT = Trouble("defect", "The database refused a statement of the service.", None)

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_BY_STATE: Mapping[str, Trouble] = {
    "25006": READ_ONLY,
    "25P03": TIMEOUT,
    "25P04": TIMEOUT,
    "3D000": LOG_IN,
    "40001": BUSY,
    "40P01": BUSY,
    "42501": PRIVILEGE,
    "53100": DISK_FULL,
    "55P03": BUSY,
    "57014": TIMEOUT,
}
_BY_CLASS: Mapping[str, Trouble] = {
    "08": CONNECTION,
    "0A": UNSUPPORTED,
    "28": LOG_IN,
    "53": RESOURCES,
    "55": IN_USE,
    "57": SHUTDOWN,
    "58": SYSTEM,
    "F0": SYSTEM,
    "XX": SYSTEM,
}


def find_trouble(error: BaseException | None) -> SeenTrouble | None:
    """The trouble that an exception of the database tells, or one that was raised from it; None for any other."""
    if error is None:
        return None
    if isinstance(error, PoolTimeout):
        return SeenTrouble(POOL, None)
    cause = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(cause, psycopg.Error):
        return find_trouble(error.__cause__)
    state = cause.sqlstate
    if state is None:
        lost = isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError)
        return SeenTrouble(CONNECTION if lost else DEFECT, None)
    return SeenTrouble(_BY_STATE.get(state) or _BY_CLASS.get(state[:2], DEFECT), state)
