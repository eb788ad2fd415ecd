"""The dispatcher's lists of work orders: pages that hold together, and how many there are in all."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal, select

from geo_assign.access.domain import EVERYTHING, Scope
from geo_assign.core.db import Tx
from geo_assign.core.paging import Page, page
from geo_assign.core.rows import AnySelect, ResultRow
from geo_assign.workorders.domain import WorkOrder
from geo_assign.workorders.queries.finding import (
    count_with_words,
    has_words,
    list_with_words,
    needs_skill,
    needs_skill_among,
)
from geo_assign.workorders.queries.list_filters import WorkOrderFilter, conditions_of, range_columns
from geo_assign.workorders.queries.list_sorts import Sort, place_of, ranges_behind, sorted_columns
from geo_assign.workorders.queries.work_orders import select_work_orders, to_work_order
from geo_assign.workorders.tables import work_orders
from geo_assign.workorders.visibility import sees_work_order, viewer_of_lists

__all__ = ["MOST_COUNTED", "Sort", "WorkOrderFilter", "WorkOrderPage", "list_work_orders", "page_statements"]

MOST_COUNTED = 1_000
"""A list with more rows than this says that it has at least so many."""
# How many rows are looked through for words before the set of all rows with them is found: first a few, and where one
# in a hundred has them, more.
_LOOKED_THROUGH = (500, 5_000)
_WORTH_MORE = 0.01
# From this share on they are counted by looking through, too.
_COMMON = 0.1
# Of a skill that many need so many are counted first, which with other filters may be too few to say.
_SOME_WITH_SKILL = 2_000

_w = work_orders.c
Conditions = Sequence[ColumnElement[bool]]


@dataclass(frozen=True)
class WorkOrderPage(Page[WorkOrder]):
    """A page of work orders; the first one, if asked, with the `count` of all pages together.

    `count_is_at_least`: there are more than the `count`, which is then the most that is counted.
    """

    count: int | None = None
    count_is_at_least: bool = False


def list_work_orders(
    tx: Tx,
    scope: Scope,
    wanted: WorkOrderFilter,
    *,
    limit: int,
    cursor: str | None = None,
    sort: Sort = "created_at",
    counted: bool = False,
) -> WorkOrderPage:
    """Work orders of the scope. Raises BadCursorError, also for a cursor of another sort."""
    asked = _Asked(tx, scope, wanted, sort)
    rows = asked.rows(limit=limit, cursor=cursor)
    cut = page(rows, limit, lambda row: place_of(row, sort))
    items = [to_work_order(row) for row in cut.items]
    if not counted or cursor is not None:
        return WorkOrderPage(items, cut.next_cursor)
    # What a page holds needs no counting, and is what the badge says.
    number = max(asked.count(), len(rows)) if cut.next_cursor else len(rows)
    return WorkOrderPage(items, cut.next_cursor, min(number, MOST_COUNTED), number > MOST_COUNTED)


def page_statements(
    tx: Tx,
    scope: Scope,
    wanted: WorkOrderFilter,
    *,
    limit: int,
    cursor: str | None = None,
    sort: Sort = "created_at",
) -> list[AnySelect]:
    """One page and the row behind it: the rows of the first statement, and of the next while there is room."""
    matching = [sees_work_order(viewer_of_lists(tx, scope)), *conditions_of(tx, wanted)]
    if wanted.skill is not None:
        matching.append(needs_skill(tx, wanted.skill).condition)
    if wanted.text is not None:
        matching.append(has_words(wanted.text))
    return _page_statements(tx, matching, limit=limit, cursor=cursor, sort=sort)


def _page_statements(tx: Tx, matching: Conditions, *, limit: int, cursor: str | None, sort: Sort) -> list[AnySelect]:
    ranges: Sequence[Conditions] = [()] if cursor is None else ranges_behind(cursor, sort)
    ordered = select_work_orders(tx, EVERYTHING).order_by(*sorted_columns(sort)).limit(limit)
    return [ordered.where(*matching, *behind) for behind in ranges]


class _Asked:
    """One list that is asked for."""

    def __init__(self, tx: Tx, scope: Scope, wanted: WorkOrderFilter, sort: Sort) -> None:
        self._tx, self._wanted, self._sort = tx, wanted, sort
        self._text = wanted.text
        self._matching = conditions_of(tx, wanted)
        if not scope.everything:
            self._matching.append(sees_work_order(viewer_of_lists(tx, scope)))
        self._skill = None if wanted.skill is None else needs_skill(tx, wanted.skill)
        self._without_text = [*self._matching, *([] if self._skill is None else [self._skill.condition])]
        # Of the rows looked through for words the share that had them.
        self._share = 0.0

    def rows(self, *, limit: int, cursor: str | None) -> list[ResultRow]:
        """Up to one more than the limit."""
        if self._text is None:
            return self._rows(self._without_text, limit, cursor)
        ids = self._look_through(self._text, limit=limit, cursor=cursor)
        if ids is not None:
            return self._rows([_w.id.in_(ids)], limit, None)
        return self._rows([*self._without_text, has_words(self._text)], limit, cursor)

    def count(self) -> int:
        """How many there are, but no more than one beyond the most that is counted."""
        if self._text is not None:
            return self._count_with_words(self._text)
        if self._skill is not None and self._skill.is_common:
            if not self._matching:
                return MOST_COUNTED + 1
            some = self._count([*self._matching, needs_skill_among(self._skill.skill, _SOME_WITH_SKILL)])
            if some > MOST_COUNTED:
                return some
        return self._count(self._without_text)

    def _rows(self, matching: Conditions, limit: int, cursor: str | None) -> list[ResultRow]:
        statements = _page_statements(self._tx, matching, limit=limit + 1, cursor=cursor, sort=self._sort)
        rows: list[ResultRow] = []
        for statement in statements:
            rows += self._tx.conn.execute(statement.limit(limit + 1 - len(rows)))
            if len(rows) > limit:
                break
        return rows

    def _look_through(self, text: str, *, limit: int, cursor: str | None) -> list[UUID] | None:
        """The page's ids, where the words are so common that the next rows of the list fill it."""
        for number in _LOOKED_THROUGH:
            ids = self._next_ids(number, cursor)
            having = list_with_words(self._tx, text, ids)
            self._share = len(having) / max(1, len(ids))
            if len(having) > limit or len(ids) < number:
                return [one for one in ids if one in having][: limit + 1]
            if self._share < _WORTH_MORE:
                break
        return None

    def _next_ids(self, number: int, cursor: str | None) -> list[UUID]:
        statements = _page_statements(self._tx, self._without_text, limit=number, cursor=cursor, sort=self._sort)
        ids: list[UUID] = []
        for statement in statements:
            narrow = statement.with_only_columns(_w.id, maintain_column_froms=True)
            ids += self._tx.conn.execute(narrow.limit(number - len(ids))).scalars()
            if len(ids) == number:
                break
        return ids

    def _count_with_words(self, text: str) -> int:
        if self._share >= _COMMON:
            number = int(1.3 * MOST_COUNTED / self._share) + 1
            ids = self._next_ids(number, None)
            having = len(list_with_words(self._tx, text, ids))
            if having > MOST_COUNTED or len(ids) < number:
                return having
        if not self._without_text:
            return count_with_words(self._tx, text, MOST_COUNTED + 1)
        return self._count([*self._without_text, has_words(text)])

    def _count(self, matching: Conditions) -> int:
        own = _w.org_id == self._tx.org_id
        some = select(literal(1).label("one")).select_from(work_orders).where(own, *matching).limit(MOST_COUNTED + 1)
        # Rows lie in the table as time went by: of a part of time the planner, which takes them for scattered, would
        # read the table from its begin on. In order it reads an index from where that part begins.
        some = some.order_by(*range_columns(self._wanted))
        return self._tx.conn.execute(select(func.count()).select_from(some.subquery())).scalar_one()
