"""The log of who saw where a technician was: one for a process, told by every reader, written about once a second.

A reader only leaves a note in memory, so that no search waits for the log and no read costs a commit. A process that
is killed takes the last second's notes with it; one that is told to stop writes them first.
"""

import threading
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from geo_assign.access.domain import Caller
from geo_assign.core.db import Database
from geo_assign.core.errors import UnavailableError
from geo_assign.core.telemetry import get_logger
from geo_assign.privacy.commands import record_live_views
from geo_assign.privacy.domain import How, Look
from geo_assign.privacy.live_looks import LiveLooks
from geo_assign.privacy.looks import record_looks

EVERY_S = 1.0
# Hundreds of viewers of hundreds of technicians are ten thousands of rows at the beginning of each minute: they are
# written over some seconds, so that pings beside them are not held up.
LIVE_AT_ONCE = 4_000
# How often while the process ends: what is read meanwhile is written too.
_ENDING_S = 0.05
# Notes kept while the database cannot be reached; a note is one look, at however many people.
_KEPT = 100_000
_ALL = 10_000_000
_log = get_logger()


class ViewLog:
    """Takes notes of looks and writes them in the background."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._notes: deque[Look] = deque()
        self._live = LiveLooks()
        self._lost = 0
        self._takes_notes = False
        self._of_thread = threading.local()
        self._writing = threading.Lock()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._hurry = threading.Event()
        self._end = threading.Event()

    def note(self, caller: Caller, how: How, technician_ids: Collection[UUID], *, at: datetime) -> None:
        """`caller` was shown at `at` where these technicians are. A technician's look at the own place is not noted."""
        seen = tuple(one for one in technician_ids if one != caller.technician_id)
        if not seen:
            return
        if len(self._notes) >= _KEPT:
            self._lost += 1
            self._takes_notes = False
            self._of_thread.noted = True
            return
        self._notes.append(Look(caller, how, seen, at))
        self._of_thread.noted = True
        if self._thread is None:
            self._start()

    def watch(self) -> None:
        """A request begins in this thread: what it notes from here on is what `assure` is about."""
        self._of_thread.noted = False

    def assure(self, *, written: bool = False) -> None:
        """To be called before a look is answered: see to it that the log takes it.

        The first look of a process is written at once, each one after something could not be written, and with
        `written` any. Raises UnavailableError where that is impossible: what cannot be logged is not shown.
        """
        noted = getattr(self._of_thread, "noted", False)
        self.watch()
        if noted and (written or not self._takes_notes) and not self.flush():
            raise UnavailableError("A look at a location is logged before it is answered, and the log takes no entry.")

    def note_live(self, caller: Caller, technician_ids: frozenset[UUID], *, at: datetime) -> None:
        """The live stream told `caller` at `at` where these are. In an hour that is one row for each of them."""
        self._of_thread.noted = True
        if self._live.note(caller, technician_ids, at=at) and self._thread is None:
            self._start()

    def flush(self, *, at_most: int | None = None) -> bool:
        """Write what was noted so far, of live looks no more than so many; whether all that was tried was written.

        The rest is kept for the next time.
        """
        with self._writing:
            written = self._flush_live(at_most)
            notes = [self._notes.popleft() for _ in range(len(self._notes))]
            if self._lost:
                _log.error("location_views_lost", count=self._lost)
                self._lost = 0
            written += [self._write(org_id, of_organization) for org_id, of_organization in _by_organization(notes)]
            if written:
                self._takes_notes = all(written)
            return all(written)

    def _flush_live(self, at_most: int | None) -> list[bool]:
        written = []
        for org_id, views in self._live.take(at_most or _ALL).items():
            try:
                with self._database.transaction(org_id) as tx:
                    record_live_views(tx, views)
                written.append(True)
            except Exception:  # noqa: BLE001 - whatever is wrong, they are kept
                _log.exception("location_views_not_written", org_id=str(org_id), count=len(views))
                self._live.put_back(org_id, views)
                written.append(False)
        return written

    def hasten(self) -> None:
        """The process is about to end: write at once, and again as long as it lives."""
        self._hurry.set()

    def close(self) -> None:
        """Write what is left and end."""
        self._end.set()
        self._hurry.set()
        if self._thread is not None:
            self._thread.join()
        self.flush()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None and not self._end.is_set():
                self._thread = threading.Thread(target=self._run, name="location-views", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while not self._end.is_set():
            if self._hurry.wait(EVERY_S):
                self._end.wait(_ENDING_S)
            self.flush(at_most=None if self._hurry.is_set() else LIVE_AT_ONCE)

    def _write(self, org_id: UUID, notes: Sequence[Look]) -> bool:
        try:
            with self._database.transaction(org_id) as tx:
                record_looks(tx, notes)
        except Exception:  # noqa: BLE001 - whatever is wrong, the notes are kept
            _log.exception("location_views_not_written", org_id=str(org_id), count=len(notes))
            self._notes.extendleft(reversed(notes))
            return False
        return True


def _by_organization(notes: Sequence[Look]) -> Iterator[tuple[UUID, list[Look]]]:
    grouped: dict[UUID, list[Look]] = {}
    for note in notes:
        grouped.setdefault(note.caller.org_id, []).append(note)
    yield from grouped.items()
