"""The lists of work orders: each sort and filter of an organization's years, as the application role."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter
from uuid import UUID

from geo_assign.access.domain import EVERYTHING, Scope
from geo_assign.core.db import Database
from geo_assign.workorders.domain import Bucket, Kind, PendingReason, State
from geo_assign.workorders.queries.listing import Sort, WorkOrderFilter, list_work_orders
from scripts.benchmark.orders import Work

_PAGE = 50
_SORTS: tuple[Sort, ...] = ("created_at", "slot_start", "priority", "updated_at", "number")
_DESCENDING: tuple[Sort, ...] = ("-created_at", "-slot_start", "-priority", "-updated_at", "-number")
Question = tuple[WorkOrderFilter, Sort, Scope]


def questions(work: Work) -> Mapping[str, Question]:
    """Each by its name; all sorts alone, and each filter in the order in which the console or a program asks."""
    now = datetime.now(UTC)
    today, tomorrow = now - timedelta(hours=now.hour), now + timedelta(hours=24 - now.hour)
    year_ago, store = today - timedelta(days=365), _id(work, "s3")
    filters: dict[str, tuple[WorkOrderFilter, Sort]] = {
        "pending": (WorkOrderFilter(states=[State.PENDING]), "created_at"),
        "pending, urgent first": (WorkOrderFilter(states=[State.PENDING]), "-priority"),
        "pending, by slot": (WorkOrderFilter(states=[State.PENDING]), "slot_start"),
        "offered": (WorkOrderFilter(states=[State.OFFERED]), "created_at"),
        "cancelled, newest slot": (WorkOrderFilter(states=[State.CANCELLED]), "-slot_start"),
        "bucket needs_you": (WorkOrderFilter(buckets=[Bucket.NEEDS_YOU]), "-priority"),
        "bucket being_offered": (WorkOrderFilter(buckets=[Bucket.BEING_OFFERED]), "created_at"),
        "bucket closed": (WorkOrderFilter(buckets=[Bucket.CLOSED]), "-created_at"),
        "a pending reason": (WorkOrderFilter(pending_reasons=[PendingReason.SLOT_PASSED]), "created_at"),
        "today's slots": (WorkOrderFilter(slot_from=today, slot_to=tomorrow), "slot_start"),
        "today's slots, urgent first": (WorkOrderFilter(slot_from=today, slot_to=tomorrow), "-priority"),
        "slots of a day a year ago": (
            WorkOrderFilter(slot_from=year_ago, slot_to=year_ago + timedelta(days=1)),
            "created_at",
        ),
        "slots since a year ago": (WorkOrderFilter(slot_from=year_ago), "slot_start"),
        "slots until a year ago": (WorkOrderFilter(slot_to=year_ago), "-slot_start"),
        "a rare skill": (WorkOrderFilter(skill="heat-pump"), "created_at"),
        "a skill of one in a hundred": (WorkOrderFilter(skill="gas"), "-created_at"),
        "a common skill": (WorkOrderFilter(skill="phones"), "slot_start"),
        "a skill that none needs": (WorkOrderFilter(skill="welding"), "created_at"),
        "with an alarm": (WorkOrderFilter(alarm=True), "created_at"),
        "without an alarm": (WorkOrderFilter(alarm=False), "created_at"),
        "a technician's": (WorkOrderFilter(technician_id=_id(work, "t7")), "-created_at"),
        "a store's": (WorkOrderFilter(store_id=store), "created_at"),
        "a store's, by slot": (WorkOrderFilter(store_id=store), "-slot_start"),
        "a group's": (WorkOrderFilter(group_id=_id(work, "g7")), "created_at"),
        "tickets": (WorkOrderFilter(kind=Kind.TICKET), "created_at"),
        "an external id": (WorkOrderFilter(external_id=f"EXT-{work.number}"), "created_at"),
        "an unknown external id": (WorkOrderFilter(external_id="EXT-none"), "created_at"),
        "without a place": (WorkOrderFilter(has_location=False), "created_at"),
        "sent back to one": (WorkOrderFilter(returned_to=store), "created_at"),
        "changed today": (WorkOrderFilter(updated_since=today), "updated_at"),
        "created a year ago": (
            WorkOrderFilter(created_from=year_ago, created_to=year_ago + timedelta(days=1)),
            "-priority",
        ),
        "q: a number": (WorkOrderFilter(text=f"L-{work.number}"), "-created_at"),
        "q: digits of a number": (WorkOrderFilter(text=str(work.number)), "-created_at"),
        "q: a phone": (WorkOrderFilter(text=work.phone), "-created_at"),
        "q: the end of a phone": (WorkOrderFilter(text=work.phone.replace(" ", "")[-6:]), "-created_at"),
        "q: a name": (WorkOrderFilter(text=work.name), "-created_at"),
        "q: a part of a name": (WorkOrderFilter(text=work.name.split()[1][:4]), "-created_at"),
        "q: an external id": (WorkOrderFilter(text=f"EXT-{work.number}"), "-created_at"),
        "q: a common word": (WorkOrderFilter(text="porto"), "-created_at"),
        "q: a miss": (WorkOrderFilter(text="qqzzx"), "-created_at"),
        "q: a miss of common parts": (WorkOrderFilter(text="portoruaringtwice"), "-created_at"),
    }
    asked: dict[str, Question] = {f"by {sort}": (WorkOrderFilter(), sort, EVERYTHING) for sort in _SORTS + _DESCENDING}
    asked |= {name: (wanted, sort, EVERYTHING) for name, (wanted, sort) in filters.items()}
    desk = Scope(group_ids=frozenset({_id(work, "g7")}))
    shop = Scope(store_ids=frozenset({store}))
    for who, scope in (("a dispatcher", desk), ("a store's administrator", shop)):
        asked[f"{who}: everything"] = (WorkOrderFilter(), "-created_at", scope)
        asked[f"{who}: pending, urgent first"] = (WorkOrderFilter(states=[State.PENDING]), "-priority", scope)
        asked[f"{who}: today's slots"] = (WorkOrderFilter(slot_from=today, slot_to=tomorrow), "slot_start", scope)
    return asked


def measure(app_url: str, work: Work, rounds: int) -> dict[str, float]:
    """The median milliseconds of each first page with its count."""
    database = Database(app_url, pool_size=1)
    try:
        return {name: _time(database, work, question, rounds) for name, question in questions(work).items()}
    finally:
        database.close()


def comparison(few: Mapping[str, float], many: Mapping[str, float]) -> str:
    """The times among many orders as multiples of those among few, the largest first."""
    rows = sorted(((many[name] / few[name], name) for name in few), reverse=True)
    lines = [f"| {name} | {few[name]:.1f} ms | {many[name]:.1f} ms | {ratio:.1f} |" for ratio, name in rows]
    return "\n".join(["| list | few | many | ratio |", "|---|---|---|---|", *lines])


def _time(database: Database, work: Work, question: Question, rounds: int) -> float:
    wanted, sort, scope = question
    taken_ms = []
    for _ in range(rounds + 1):
        with database.transaction(work.org_id) as tx:
            began = perf_counter()
            list_work_orders(tx, scope, wanted, limit=_PAGE, sort=sort, counted=True)
            taken_ms.append((perf_counter() - began) * 1000)
    return median(taken_ms[1:])


def _id(work: Work, slug: str) -> UUID:
    return work.ids[slug]
