"""What waits for a dispatcher: filtered, sorted, page by page, and as many as the badge says."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from geo_assign.access.domain import EVERYTHING, Scope
from geo_assign.core.paging import BadCursorError
from geo_assign.workorders.domain import Bucket, Kind, PendingReason, State
from geo_assign.workorders.queries.listing import Sort, WorkOrderFilter, list_work_orders
from tests.dispatch.desks import Desks

SORTS: tuple[Sort, ...] = (
    "created_at",
    "-created_at",
    "slot_start",
    "-slot_start",
    "priority",
    "-priority",
    "updated_at",
    "-updated_at",
    "number",
    "-number",
)


@pytest.fixture
def board(desks: Desks) -> Desks:
    """Seven jobs that wait for a dispatcher, one that a technician has and one that is offered."""
    day = desks.day
    desks.set("centre", lead_auto_user_assignment="off")
    for letter, priority, slot in (("L", 0, "16:00-17:00"), ("M", 5, "15:00-16:00"), ("N", 5, "14:00-15:00")):
        post(desks, letter, "phones", priority=priority, slot=slot)
    post(desks, "O", "ovens", priority=0, slot="14:00-15:00", skills=("gas",), external_id="shop-41")
    post(desks, "P", None, priority=-5, slot="15:00-16:00")
    for letter in "QR":
        day.later("1 min")
        day.ticket(letter, slot="tomorrow 09:00-10:00", priority=0)
    desks.set("centre")
    post(desks, "S", "phones", slot="18:00-19:00")
    post(desks, "T", "phones", slot="13:00-14:00", assignee="A")
    return desks


def test_it_is_sorted_as_the_dispatcher_likes_and_what_is_alike_comes_oldest_first(board: Desks) -> None:
    wanted: dict[Sort, str] = {
        "created_at": "LMNOPQR",
        "-created_at": "RQPONML",
        "priority": "PLOQRMN",
        "-priority": "MNLOQRP",
        "slot_start": "NOMPLQR",
        "-slot_start": "QRLMPNO",
        "number": "LMNOPQR",
        "-number": "RQPONML",
    }
    assert {sort: names(board, sort=sort, states=[State.PENDING]) for sort in wanted} == wanted


def test_pages_neither_skip_nor_repeat_and_the_badge_counts_them(board: Desks) -> None:
    for sort in SORTS:
        whole = names(board, sort=sort)
        for limit in (1, 2, 3, 8, 9):
            seen = list(pages(board, sort=sort, limit=limit))
            assert "".join(letters for letters, _ in seen) == whole
            assert [count for _, count in seen] == [len(whole), *[None] * (len(seen) - 1)]


def test_an_item_that_goes_away_between_two_pages_leaves_no_gap(board: Desks) -> None:
    turning = pages(board, sort="-priority", limit=2, states=[State.PENDING])
    assert next(turning)[0] == "MN"
    board.day.cancel("N")
    board.day.cancel("L")
    assert [letters for letters, _ in turning] == ["OQ", "RP"]


def test_a_cursor_belongs_to_its_sort(board: Desks) -> None:
    with board.day.database.transaction(board.day.org_id) as tx:
        page = list_work_orders(tx, EVERYTHING, WorkOrderFilter(), limit=1, sort="priority")
        with pytest.raises(BadCursorError):
            list_work_orders(tx, EVERYTHING, WorkOrderFilter(), limit=1, sort="-priority", cursor=page.next_cursor)


def test_it_shows_what_is_asked_for(board: Desks, admin: Connection) -> None:
    admin.execute(
        text(
            'UPDATE work_orders SET customer = customer || \'{"phone": "+351 910-000-111"}\' '
            "WHERE customer->>'name' = 'Customer M'"
        )
    )
    asked: list[tuple[dict[str, Any], str]] = [
        ({"buckets": [Bucket.NEEDS_YOU]}, "LMNOPQR"),
        ({"buckets": [Bucket.BEING_OFFERED, Bucket.TAKEN]}, "ST"),
        ({"pending_reasons": [PendingReason.UNASSIGNED]}, "QR"),
        ({"kind": Kind.TICKET}, "QR"),
        ({"skill": "gas"}, "O"),
        ({"has_location": False}, "QR"),
        ({"has_location": True, "states": [State.PENDING]}, "LMNOP"),
        ({"text": "l-0002"}, "M"),
        ({"text": "T-1"}, "Q"),
        ({"text": "1"}, "LOQ"),
        ({"text": "stomer n"}, "N"),
        ({"text": "SHOP-4"}, "O"),
        ({"text": "910 000"}, "M"),
        ({"text": "%"}, ""),
    ]
    assert [(wanted, names(board, **wanted)) for wanted, _ in asked] == asked


def test_it_shows_what_meets_a_time(board: Desks) -> None:
    start, end = board.day.slot("14:30-15:00")
    assert names(board, slot_from=start, slot_to=end) == "NO"
    assert names(board, slot_from=end, slot_to=end + timedelta(hours=1)) == "MP"


def test_it_shows_the_work_of_one_technician(board: Desks) -> None:
    assert names(board, technician_id=board.day.people["A"]) == "ST"
    board.day.accept("A", board.day.offer("S"))
    assert names(board, technician_id=board.day.people["A"]) == "ST"
    assert names(board, technician_id=board.day.people["B"]) == ""


def test_it_shows_alarms(board: Desks, admin: Connection) -> None:
    statement = text("UPDATE work_orders SET alarm = CAST(:alarm AS jsonb) WHERE id = :id")
    admin.execute(statement, {"alarm": '{"code": "group_loop"}', "id": board.day.jobs["N"]})
    admin.execute(statement, {"alarm": "null", "id": board.day.jobs["O"]})
    assert names(board, alarm=True) == "N"
    assert names(board, alarm=False, states=[State.PENDING]) == "LMOPQR"


def test_it_shows_what_came_back_to_me(board: Desks) -> None:
    board.day.later("1 min")
    board.reassign("L", "ovens", by="Pia")
    board.day.later("1 min")
    board.reject("L", by="Ole")
    assert names(board, returned_to=board.callers["Pia"].id) == "L"
    assert names(board, returned_to=board.callers["Ole"].id) == ""
    board.day.assign("L", "A")
    assert names(board, returned_to=board.callers["Pia"].id) == ""


def test_a_dispatcher_sees_and_counts_own_groups_and_what_no_group_has(board: Desks) -> None:
    ovens = board.callers["Ole"].scope
    assert names(board, scope=ovens, states=[State.PENDING]) == "OPQR"
    both = board.dispatcher("Uma", "phones", "ovens").scope
    assert names(board, scope=both, states=[State.PENDING]) == "LMNOPQR"
    assert names(board, scope=board.callers["Tess"].scope) == ""


# Short words --------------------------------------------------------------------------------------------------------


def post(desks: Desks, letter: str, group: str | None, **more: Any) -> None:
    """A lead a minute after the last, near Ana."""
    desks.day.later("1 min")
    desks.day.places[letter] = desks.day.places["J"]
    desks.day.ping("A")
    desks.day.lead(letter, **({"group": group} if group else {}), **more)


def pages(
    desks: Desks, *, sort: Sort = "created_at", limit: int, scope: Scope = EVERYTHING, **wanted: Any
) -> Iterator[tuple[str, int | None]]:
    """One page after the other: the letters on it, and the count that came with it."""
    letters = {job_id: letter for letter, job_id in desks.day.jobs.items()}
    cursor = None
    while True:
        with desks.day.database.transaction(desks.day.org_id) as tx:
            filters = WorkOrderFilter(**wanted)
            page = list_work_orders(tx, scope, filters, limit=limit, cursor=cursor, sort=sort, counted=True)
        yield "".join(letters[order.id] for order in page.items), page.count
        cursor = page.next_cursor
        if cursor is None:
            return


def names(desks: Desks, **wanted: Any) -> str:
    """The letters of a list in its order; the badge is right."""
    ((letters, count),) = pages(desks, limit=50, **wanted)
    assert count == len(letters)
    return letters
