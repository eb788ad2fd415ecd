"""Use cases of several transactions, with the network in between.

A lead exists, with its idempotency key, before its address is looked up. It is geocoded with no transaction open; then
its location and what follows are written. An answer that frees a technician's time and the claim of another
technician's are two transactions as well, so that none waits for another while it keeps a third waiting. What breaks in
between is a due row that the worker goes on with.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TypeVar
from uuid import UUID

from geo_assign.access.allowances import QuotaExceededError
from geo_assign.access.commands import log_out
from geo_assign.access.domain import EVERYTHING, Caller, system_caller
from geo_assign.access.quotas import note_refused_lead
from geo_assign.core.db import Database, Tx
from geo_assign.core.idempotency import Attempt
from geo_assign.dispatch import batches, previews
from geo_assign.dispatch.commands import answering, converting, orders
from geo_assign.dispatch.commands.automation import evaluate, evaluate_if_due
from geo_assign.dispatch.commands.duty import go_off_duty, settle_duty
from geo_assign.dispatch.commands.expiring import ExpiredSet, expire_set
from geo_assign.dispatch.commands.handfuls import HandfulLeft, evaluate_handful
from geo_assign.dispatch.commands.impossible import judge_work, list_orders_to_judge
from geo_assign.dispatch.commands.locating import record_geocoding
from geo_assign.dispatch.commands.optimizing import BatchRequest
from geo_assign.dispatch.commands.ranking import DriveRanker, DriveTimesWantedError, Ranker, by_line
from geo_assign.dispatch.commands.waking import wake_unless_enough
from geo_assign.dispatch.domain import LEASE
from geo_assign.dispatch.solved import Optimized
from geo_assign.geocoding.domain import AddressQuery, GeocodeResult
from geo_assign.geocoding.questions import address_question
from geo_assign.matching.driving import rank_by_drive_time
from geo_assign.routing.finder import DriveFinder
from geo_assign.workforce.commands.work_checks import note_end_of_agreement, settle_work_checks
from geo_assign.workforce.domain import CheckedKind
from geo_assign.workforce.store_rules import get_store_rules
from geo_assign.workforce.work_checks import find_work_check
from geo_assign.workorders.commands import find_and_lock_ungeocoded, set_deadlines
from geo_assign.workorders.domain import (
    DuplicateExternalIdError,
    NewOrder,
    Offer,
    PendingReason,
    RejectReason,
    State,
    WorkOrder,
)
from geo_assign.workorders.queries import get_work_order

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class GeocodeRequest:
    """An address to find with the map key of a store, or else of its group or organization."""

    org_id: UUID
    store_id: UUID
    group_id: UUID | None
    address: AddressQuery


# So often drive times are asked for one evaluation: each time those who were free had been taken meanwhile.
_ASKED_ANEW = 3
# A call that changes technicians judges so many orders before it answers; the worker takes so many at a time.
_JUDGED_AT_ONCE = 20

Geocode = Callable[[GeocodeRequest], GeocodeResult]
"""Asks a geocoder, within its deadline, outside any transaction; problems are results, never exceptions."""


@dataclass(frozen=True, slots=True)
class DispatchService:
    """The flows with what they need: the application's database, a geocoder, and what asks routers.

    Without `drives` the straight line ranks everywhere.
    """

    database: Database
    geocode: Geocode
    drives: DriveFinder | None = None

    def create(
        self, caller: Caller, new: NewOrder, attempt: Attempt | None, *, also: Callable[[Tx], None] | None = None
    ) -> tuple[WorkOrder, bool]:
        """Create an order, locate it, assign it as its trigger says. Returns it and whether it existed before.

        `also` is done in the transaction that writes a new order: what it raises leaves nothing behind.
        """

        def first(tx: Tx) -> tuple[UUID, bool]:
            order_id, earlier = orders.create(tx, caller, new, attempt)
            if also is not None and not earlier:
                also(tx)
            return order_id, earlier

        with self._noting_refusal(caller.org_id):
            order_id, replayed = self.database.run(caller.org_id, first)
        if not replayed:
            self.locate(caller.org_id, order_id)
            self.evaluate(caller.org_id, order_id)
        return self.read(caller, order_id), replayed

    def create_for_worker(self, caller: Caller, new: NewOrder, attempt: Attempt | None) -> tuple[WorkOrder, bool]:
        """Create an order that the worker locates and assigns. Returns it and whether it existed before.

        An order that the store has under this external id already is the one. Raises as `orders.create` does.
        """
        try:
            with self._noting_refusal(caller.org_id):
                order_id, existed = self.database.run(
                    caller.org_id, lambda tx: orders.create(tx, caller, new, attempt, due_in=timedelta(0))
                )
        except DuplicateExternalIdError as error:
            if "work_order_id" not in error.facts:
                raise
            order_id, existed = UUID(error.facts["work_order_id"]), True
        return self.read(caller, order_id), existed

    @contextmanager
    def _noting_refusal(self, org_id: UUID) -> Iterator[None]:
        """Count a lead that the quota refuses, in a transaction of its own: that of the lead is undone."""
        try:
            yield
        except QuotaExceededError:
            self.database.run(org_id, note_refused_lead)
            raise

    def edit(self, caller: Caller, order_id: UUID, changes: orders.Edit, version: int | None) -> WorkOrder:
        """Edit an order; a new address is geocoded, and what waits for a place or a time is looked at again."""
        to_geocode = self.database.run(
            caller.org_id, lambda tx: orders.edit(tx, caller, order_id, changes, version=version)
        )
        if to_geocode:
            self.locate(caller.org_id, order_id)
        if "skills" in changes.fields:
            self._judge(caller.org_id, order_id)
        if to_geocode or changes.location is not None or changes.slot is not None:
            self.evaluate(caller.org_id, order_id)
        return self.read(caller, order_id)

    def convert(self, caller: Caller, lead_id: UUID, version: int | None) -> WorkOrder:
        """Make a ticket of a lead and evaluate it as its trigger says. Repeating it answers the same ticket."""
        ticket_id, again = self.database.run(
            caller.org_id, lambda tx: converting.convert(tx, caller, lead_id, version=version)
        )
        if not again:
            self.evaluate(caller.org_id, ticket_id)
        return self.read(caller, ticket_id)

    def run_then_reassign(self, caller: Caller, order_id: UUID, change: Callable[[Tx], bool]) -> WorkOrder:
        """Run `change` in a transaction; if it returns True, geocode and evaluate the work order."""
        if self.database.run(caller.org_id, change):
            self.locate(caller.org_id, order_id)
            self.evaluate(caller.org_id, order_id)
        return self.read(caller, order_id)

    def locate(self, org_id: UUID, order_id: UUID, *, evaluate_later: bool = False) -> None:
        """Geocode an order's address and write what came of it. Nothing to do where a location is known and kept.

        `evaluate_later`: leave the order due for evaluation.
        """
        question = self.database.run(org_id, lambda tx: _to_geocode(tx, order_id))
        if question is None:
            return
        request, attempts = question
        result = self.geocode(request)
        asked = request.address.text

        def record(tx: Tx) -> None:
            order = record_geocoding(tx, system_caller(org_id), order_id, asked, result, attempts=attempts)
            if evaluate_later and order.state in (State.NEW, State.PENDING):
                set_deadlines(tx, order_id, evaluate_due_at=tx.now())

        self.database.run(org_id, record)

    def evaluate(self, org_id: UUID, order_id: UUID, *, caller: Caller | None = None, forced: bool = False) -> None:
        """Run automatic assignment on one order."""
        who = caller or system_caller(org_id)
        order = self._ranked(org_id, lambda tx, ranker: evaluate(tx, who, order_id, forced=forced, ranker=ranker))
        self._solve_collected(org_id, order)

    def _solve_collected(self, org_id: UUID, order: WorkOrder) -> None:
        if order.pending_reason is PendingReason.TO_BE_SOLVED:
            for solved_id in batches.solve_collected(self.database, org_id, order.store_id, finder=self.drives):
                self._evaluate_collected(org_id, solved_id)

    def _evaluate_collected(self, org_id: UUID, order_id: UUID) -> None:
        who = system_caller(org_id)
        self._ranked(org_id, lambda tx, ranker: evaluate(tx, who, order_id, collected=True, ranker=ranker))

    def _ranked(self, org_id: UUID, command: Callable[[Tx, Ranker], T]) -> T:
        """Run a command in a transaction; the drive times that it comes to want are asked with none open.

        What a command began before it wanted them is undone, and done anew with them. It holds no lock meanwhile.
        """
        prepared = None
        for asked in range(_ASKED_ANEW + 1):
            ranker = DriveRanker(prepared, may_ask=asked < _ASKED_ANEW) if self.drives else by_line
            try:
                return self._run(org_id, command, ranker)
            except DriveTimesWantedError as wanted:
                assert self.drives is not None
                begin = partial(self.database.transaction, org_id)
                prepared = rank_by_drive_time(begin, self.drives, wanted.choice, wanted.question)
        raise AssertionError("unreachable")

    def _run(self, org_id: UUID, command: Callable[[Tx, Ranker], T], ranker: Ranker) -> T:
        return self.database.run(org_id, lambda tx: command(tx, ranker))

    def optimize(
        self, caller: Caller, wanted: BatchRequest, *, commit: bool, attempt: Attempt | None = None
    ) -> tuple[Optimized, bool]:
        """Solve many waiting orders together, for a preview or to give them out; see `batches.optimize`."""
        if not commit:
            return previews.preview(self.database, caller, wanted, finder=self.drives), False
        return batches.optimize(self.database, caller, wanted, attempt=attempt, finder=self.drives)

    def give_out_preview(
        self, caller: Caller, preview_id: UUID, *, attempt: Attempt | None = None
    ) -> tuple[Optimized, bool]:
        """Give out what was shown; see `previews.give_out_preview`."""
        return previews.give_out_preview(self.database, caller, preview_id, attempt=attempt)

    def go_off_duty(self, caller: Caller, technician_id: UUID) -> None:
        """Off duty at once; each work order that loses its offer is given to the next in a transaction of its own."""
        due = self.database.run(caller.org_id, lambda tx: go_off_duty(tx, caller, technician_id))
        for order_id in due:
            self.evaluate(caller.org_id, order_id)

    def log_out(self, caller: Caller) -> None:
        """End the caller's session, and a technician's duty if no other session carries it on."""
        due = self.database.run(caller.org_id, lambda tx: _log_out(tx, caller))
        for order_id in due:
            self.evaluate(caller.org_id, order_id)

    def settle_duty(self, org_id: UUID, technician_id: UUID) -> None:
        """A session has ended otherwise than by a log-out: end the duty that it alone carried."""
        due = self.database.run(org_id, lambda tx: settle_duty(tx, system_caller(org_id), technician_id))
        for order_id in due:
            self.evaluate(org_id, order_id)

    def reject(self, caller: Caller, offer_id: UUID, reason: RejectReason, note: str | None = None) -> Offer:
        """The technician says no, and the next one is asked."""
        offer = self.database.run(caller.org_id, lambda tx: answering.reject(tx, caller, offer_id, reason, note))
        self.evaluate(caller.org_id, offer.work_order_id)
        return offer

    def expire(self, org_id: UUID, offer_id: UUID) -> bool:
        """Expire one overdue offer and ask the next. False: there was nothing (left) to do."""
        order_id = self.close_expired(org_id, offer_id)
        if order_id is not None:
            self.evaluate(org_id, order_id)
        return order_id is not None

    def close_overdue(self, org_id: UUID, store_id: UUID) -> ExpiredSet:
        """Expire a set of a store's overdue offers; their work orders are due. Who became free is to be woken for."""
        done = self.database.run(org_id, lambda tx: expire_set(tx, store_id))
        for offer_id in done.with_crew:
            self.close_expired(org_id, offer_id)
        return done

    def wake_for_freed(self, org_id: UUID, technician_id: UUID) -> bool:
        """Have a few orders looked at again that a technician who is free now could take; False: later."""
        return self.database.run(org_id, lambda tx: wake_unless_enough(tx, technician_id))

    def evaluate_due(self, org_id: UUID, order_id: UUID) -> None:
        """Run automatic assignment on one order, if it still is due and no other transaction holds it."""
        who = system_caller(org_id)
        order = self._ranked(org_id, lambda tx, ranker: evaluate_if_due(tx, who, order_id, ranker=ranker))
        if order is not None:
            self._solve_collected(org_id, order)

    def evaluate_all_due(self, org_id: UUID, order_ids: Sequence[UUID]) -> None:
        """The same for several orders of an organization, in this order, those that can be in one transaction.

        What fails holds up no other: where a handful does, its orders are evaluated by themselves. Raises
        ExceptionGroup at the end, of those that failed then.
        """
        left, failed = HandfulLeft(rest=order_ids), []
        while left.alone or left.rest:
            for order_id in left.alone:
                try:
                    self.evaluate_due(org_id, order_id)
                except Exception as error:  # noqa: BLE001 - whatever it is, the other orders are evaluated
                    failed.append(error)
            left = self._evaluate_handful(org_id, left.rest) if left.rest else HandfulLeft()
        if failed:
            raise ExceptionGroup("work orders that could not be evaluated", failed)

    def _evaluate_handful(self, org_id: UUID, order_ids: Sequence[UUID]) -> HandfulLeft:
        try:
            return self.database.run(org_id, lambda tx: evaluate_handful(tx, order_ids))
        except Exception:  # noqa: BLE001 - which of them it was shows where each is evaluated by itself
            return HandfulLeft(alone=order_ids)

    def close_expired(self, org_id: UUID, offer_id: UUID) -> UUID | None:
        """Expire one overdue offer; returns its work order, which is due. None: there was nothing (left) to do."""
        return self.database.run(org_id, lambda tx: answering.expire(tx, system_caller(org_id), offer_id))

    def judge_work_of(self, org_id: UUID, kind: CheckedKind, subject_id: UUID) -> None:
        """Judge the work of technicians of whom something has changed, each order in a transaction of its own.

        What is more than a few orders is left to the worker, which is told by a row (`check_work_of`).
        """
        looked_at, wrong, void = self.database.run(
            org_id, lambda tx: (tx.now(), *list_orders_to_judge(tx, kind, subject_id))
        )
        for order_id in wrong[:_JUDGED_AT_ONCE]:
            self._judge(org_id, order_id)
        if len(wrong) > _JUDGED_AT_ONCE:
            return
        for order_id in void:
            self._judge(org_id, order_id)
        self.database.run(org_id, lambda tx: settle_work_checks(tx, kind, subject_id, looked_at=looked_at))

    def check_work(self, org_id: UUID, check_id: UUID) -> None:
        """Judge the work of those whom a row notes, if it is still due."""
        check, now = self.database.run(org_id, lambda tx: (find_work_check(tx, check_id), tx.now()))
        if check is not None and check.due_at <= now:
            self.judge_work_of(org_id, check.kind, check.subject_id)

    def end_agreement(self, org_id: UUID, provider_id: UUID) -> None:
        """A provider's agreement is over by the mere passing of time: judge the work of its staff."""
        if self.database.run(org_id, lambda tx: note_end_of_agreement(tx, provider_id)):
            self.judge_work_of(org_id, CheckedKind.PROVIDER, provider_id)

    def _judge(self, org_id: UUID, order_id: UUID) -> None:
        if self.database.run(org_id, lambda tx: judge_work(tx, order_id)):
            self.evaluate(org_id, order_id)

    def read(self, caller: Caller, order_id: UUID) -> WorkOrder:
        """The order in its present state. It was in scope when it was written."""
        return self.database.run(caller.org_id, lambda tx: get_work_order(tx, EVERYTHING, order_id))


def _log_out(tx: Tx, caller: Caller) -> list[UUID]:
    log_out(tx, caller)
    if caller.technician_id is None:
        return []
    return settle_duty(tx, caller, caller.technician_id, logged_out=caller.device)


def _to_geocode(tx: Tx, order_id: UUID) -> tuple[GeocodeRequest, int] | None:
    """Take an order for geocoding if it waits for it: moves its deadline so that no other process asks meanwhile."""
    waiting = find_and_lock_ungeocoded(tx, order_id)
    if waiting is None:
        return None
    set_deadlines(tx, order_id, geocode_due_at=tx.now() + LEASE)
    address = address_question(waiting.address, get_store_rules(tx, EVERYTHING, waiting.store_id))
    return GeocodeRequest(tx.org_id, waiting.store_id, waiting.group_id, address), waiting.geocode_attempts
