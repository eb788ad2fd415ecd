"""Two stores with their groups, and the dispatchers who pass work between them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from geo_assign.access.commands.sessions import end_sessions, open_session
from geo_assign.access.commands.users import NewUser
from geo_assign.access.domain import ActorKind, Caller, Role, Scope
from geo_assign.dispatch.commands import moving, progress, reallocating
from geo_assign.workforce.commands.staff import create_staff, update_staff
from geo_assign.workforce.commands.stores import NewStore, create_store, set_store_settings
from geo_assign.workforce.domain import Duties
from geo_assign.workforce.store_settings import StoreSettings
from geo_assign.workorders.domain import GroupStay, State, WorkOrder
from geo_assign.workorders.queries import list_group_stays
from tests.day import ORIGIN, Day, shifted


@dataclass
class Desks:
    """A day with more than one desk. People and groups go by name; `by` is the dispatcher who acts, else the boss."""

    day: Day
    stores: dict[str, UUID] = field(default_factory=dict)
    callers: dict[str, Caller] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.stores["centre"] = self.day.store_id

    def store(self, name: str, *, timezone: str = "UTC", **settings: Any) -> UUID:
        """Open another store, ten kilometres away."""
        self.stores[name] = uuid4()
        with self.day.database.transaction(self.day.org_id) as tx:
            place = shifted(ORIGIN, south_m=10_000)
            new = NewStore(name=name, slug=name, timezone=timezone, location=place)
            create_store(tx, self.day.boss, new, store_id=self.stores[name])
        self.set(name, **settings)
        return self.stores[name]

    def set(self, store: str, **settings: Any) -> None:
        with self.day.database.transaction(self.day.org_id) as tx:
            set_store_settings(tx, self.day.boss, self.stores[store], settings=StoreSettings(**settings))

    @contextmanager
    def at(self, store: str) -> Iterator[Day]:
        """What is hired, grouped or posted inside belongs to this store."""
        before, self.day.store_id = self.day.store_id, self.stores[store]
        try:
            yield self.day
        finally:
            self.day.store_id = before

    def dispatcher(self, name: str, *groups: str, permissions: tuple[str, ...] = ()) -> Caller:
        """A dispatcher of these groups, who is logged in."""
        group_ids = tuple(self.day.groups[group] for group in groups)
        new = NewUser(email=f"{name}@desk.example", name=name, role=Role.DISPATCHER, permissions=permissions)
        with self.day.database.transaction(self.day.org_id) as tx:
            user = create_staff(tx, self.day.boss, new, duties=Duties(group_ids=group_ids))
            session = open_session(tx, user, kind="bearer", device=None)
        self.callers[name] = Caller(
            org_id=self.day.org_id,
            kind=ActorKind.USER,
            id=user.id,
            name=name,
            role=Role.DISPATCHER,
            scope=Scope(group_ids=frozenset(group_ids)),
            permissions=frozenset(permissions),
            session_id=session.id,
        )
        return self.callers[name]

    def goes_home(self, name: str) -> None:
        with self.day.database.transaction(self.day.org_id) as tx:
            end_sessions(tx, self.callers[name].id)

    def leaves(self, name: str) -> None:
        """The dispatcher loses all groups, and stays logged in."""
        with self.day.database.transaction(self.day.org_id) as tx:
            update_staff(tx, self.day.boss, self.callers[name].id, changes={"group_ids": ()})

    def transfer(self, job: str, store: str, *, by: str | None = None, version: int | None = None, **more: Any) -> Any:
        """Send a job to another store; `group` by name."""
        if "group" in more:
            more["group_id"] = self.day.groups[more.pop("group")]
        goal = moving.Goal(self.stores[store], **({"group_id": None} | more))
        caller, job_id = self._who(by), self.day.jobs[job]
        step = lambda tx: moving.transfer(tx, caller, job_id, goal, version=version)  # noqa: E731
        return self._followed(caller, job, step)

    def reassign(self, job: str, group: str, *, by: str | None = None, version: int | None = None, **more: Any) -> Any:
        """Give a job to another group."""
        caller, job_id, group_id = self._who(by), self.day.jobs[job], self.day.groups[group]
        how = {"note": None, "force": False} | more
        step = lambda tx: moving.reassign_group(tx, caller, job_id, group_id, version=version, **how)  # noqa: E731
        return self._followed(caller, job, step)

    def reject(self, job: str, *, by: str | None = None, version: int | None = None, **more: Any) -> Any:
        """Send a job back to the group it came from."""
        caller, job_id = self._who(by), self.day.jobs[job]
        how = {"note": None, "force": False} | more
        step = lambda tx: moving.reject_group(tx, caller, job_id, version=version, **how)  # noqa: E731
        return self._followed(caller, job, step)

    def reallocate(self, job: str, letter: str, *, by: str | None = None, **more: Any) -> WorkOrder:
        """Give a job that a technician has to another technician."""
        how: Any = {"mode": "assign", "force": False, "reason": None, "version": None} | more
        person = self.day.people[letter]
        with self.day.database.transaction(self.day.org_id) as tx:
            return reallocating.reallocate(tx, self._who(by), self.day.jobs[job], person, **how)

    def stays(self, job: str) -> list[GroupStay]:
        with self.day.database.transaction(self.day.org_id) as tx:
            return list_group_stays(tx, self.day.jobs[job])

    def drive(self, letter: str, job: str, state: State = State.TRAVELLING) -> None:
        """The technician reports progress on a job."""
        with self.day.database.transaction(self.day.org_id) as tx:
            progress.advance(tx, self.day.as_(letter), self.day.jobs[job], state)

    def _who(self, name: str | None) -> Caller:
        return self.day.boss if name is None else self.callers[name]

    def _followed(self, caller: Caller, job: str, step: Any) -> Any:
        self.day.dispatch.run_then_reassign(caller, self.day.jobs[job], step)
        return self.day.outcome(job)
