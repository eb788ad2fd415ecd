"""The dispatcher's lists of work orders: pages that hold together, and how many there are in all."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, literal, not_, select

from geo_assign.access.domain import EVERYTHING, Scope
from geo_assign.core.db import Tx
from geo_assign.core.paging import Page, page
from geo_assign.core.rows import AnySelect, ResultRow
from geo_assign.workorders.domain import Kind, WorkOrder
from geo_assign.workorders.queries.finding import (
    count_with_words,
    has_words,
    list_with_words,
    needs_skill,
    needs_skill_among,
)
from geo_assign.workorders.queries.list_filters import WorkOrderFilter, conditions_of, find_part_of_time
from geo_assign.workorders.queries.list_sorts import (
    Sort,
    is_sorted_by,
    place_of,
    ranges_behind,
    sorted_columns,
    start_of,
)
from geo_assign.workorders.queries.work_orders import select_work_orders, to_work_order
from geo_assign.workorders.search_texts import as_whole_phones, find_number, search_words
from geo_assign.workorders.tables import work_orders
from geo_assign.workorders.visibility import sees_work_order, viewer_of_lists

__all__ = ["MOST_COUNTED", "Sort", "WorkOrderFilter", "WorkOrderPage", "list_work_orders", "page_statements"]

MOST_COUNTED = 1_000
"""A list with more rows than this says that it has at least so many."""
# How many rows are looked through for words before the set of all rows with them is found: first a few, and where one
# in a hundred has them, more.
_LOOKED_THROUGH = (200, 1_000, 5_000)
_WORTH_MORE = 0.01
# From this share on they are counted by looking through, too.
_COMMON = 0.1
# Of a skill that many need so many are counted first, which with other filters may be too few to say.
_SOME_WITH_SKILL = 2_000

# A part of time with no more rows than this is read and sorted. In the order of another time, with which it goes along,
# all that came before it would be read.
_SORTED_ANEW = 20_000

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
    numbered = asked.numbered() if sort == "relevance" and cursor is None else []
    rows = [*numbered, *asked.rows(limit=max(0, limit - len(numbered)), cursor=cursor)]
    cut = page(rows, limit, lambda row: start_of(sort) if row in numbered else place_of(row, sort))
    items = [to_work_order(row, tx.clock) for row in cut.items]
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
    return _Asked(tx, scope, wanted, sort).statements(limit=limit, cursor=cursor)


class _Asked:
    """One list that is asked for."""

    def __init__(self, tx: Tx, scope: Scope, wanted: WorkOrderFilter, sort: Sort) -> None:
        self._tx, self._wanted, self._sort = tx, wanted, sort
        self._matching = conditions_of(tx, wanted)
        if not scope.everything:
            self._matching.append(sees_work_order(viewer_of_lists(tx, scope)))
        self._skill = None if wanted.skill is None else needs_skill(tx, wanted.skill)
        self._without_text = [*self._matching, *([] if self._skill is None else [self._skill.condition])]
        self._part = find_part_of_time(tx, wanted)
        self._anew = self._is_sorted_anew()
        self._number = find_number(wanted.text) if wanted.text is not None and sort == "relevance" else None
        if self._number is not None:
            self._without_text.append(not_(self._has_number(*self._number)))
        self._has_phone = False
        self._words = None if wanted.text is None else self._read(wanted.text)
        # Of the rows looked through for words the share that had them.
        self._share = 0.0

    def _read(self, text: str) -> list[str]:
        """The words to look for: a whole phone number is that and nothing else, where the list has an order with it.

        Its parts, each for itself, stand in many texts of a large organization.
        """
        words = search_words(text)
        phones = as_whole_phones(words)
        self._has_phone = phones != words and self._count([*self._without_text, has_words(phones)], at_most=1) > 0
        return phones if self._has_phone else words

    def rows(self, *, limit: int, cursor: str | None) -> list[ResultRow]:
        """Up to one more than the limit."""
        if self._words is None:
            return self._rows(self._without_text, limit, cursor)
        ids = None if self._has_phone else self._look_through(self._words, limit=limit, cursor=cursor)
        if ids is not None:
            return self._rows([_w.id.in_(ids)], limit, None)
        return self._rows([*self._without_text, has_words(self._words)], limit, cursor)

    def numbered(self) -> list[ResultRow]:
        """Those whose number is what is looked for: they come first, on the first page alone."""
        if self._number is None:
            return []
        found = [*self._without_text[:-1], self._has_number(*self._number)]
        return self._rows(found, len(Kind), None)

    @staticmethod
    def _has_number(kind: Kind | None, number: int) -> ColumnElement[bool]:
        return and_(_w.number == number, _w.kind.in_(list(Kind) if kind is None else [kind]))

    def statements(self, *, limit: int, cursor: str | None) -> list[AnySelect]:
        """The rows of the first, and of the next while there is room for more."""
        words = [] if self._words is None else [has_words(self._words)]
        return self._statements([*self._without_text, *words], limit, cursor)

    def _is_sorted_anew(self) -> bool:
        if self._part is None or is_sorted_by(self._sort, self._part.column):
            return False
        return self._count(self._part.conditions, at_most=_SORTED_ANEW + 1) <= _SORTED_ANEW

    def _statements(self, matching: Conditions, limit: int, cursor: str | None) -> list[AnySelect]:
        ranges: Sequence[Conditions] = [()] if cursor is None else ranges_behind(cursor, self._sort)
        ordered = select_work_orders(self._tx, EVERYTHING).order_by(*sorted_columns(self._sort, anew=self._anew))
        return [ordered.where(*matching, *behind).limit(limit) for behind in ranges]

    def count(self) -> int:
        """How many there are, but no more than one beyond the most that is counted."""
        if self._words is not None:
            return self._count_with_words(self._words)
        if self._skill is not None and self._skill.is_common:
            if not self._matching:
                return MOST_COUNTED + 1
            some = self._count([*self._matching, needs_skill_among(self._skill.skill, _SOME_WITH_SKILL)])
            if some > MOST_COUNTED:
                return some
        return self._count(self._without_text)

    def _rows(self, matching: Conditions, limit: int, cursor: str | None) -> list[ResultRow]:
        rows: list[ResultRow] = []
        for statement in self._statements(matching, limit + 1, cursor):
            rows += self._tx.conn.execute(statement.limit(limit + 1 - len(rows)))
            if len(rows) > limit:
                break
        return rows

    def _look_through(self, words: Sequence[str], *, limit: int, cursor: str | None) -> list[UUID] | None:
        """The page's ids, where the words are so common that the next rows of the list fill it."""
        for number in _LOOKED_THROUGH:
            ids = self._next_ids(number, cursor)
            having = list_with_words(self._tx, words, ids)
            self._share = len(having) / max(1, len(ids))
            if len(having) > limit or len(ids) < number:
                return [one for one in ids if one in having][: limit + 1]
            if self._share < _WORTH_MORE:
                break
        return None

    def _next_ids(self, number: int, cursor: str | None) -> list[UUID]:
        ids: list[UUID] = []
        for statement in self._statements(self._without_text, number, cursor):
            narrow = statement.with_only_columns(_w.id, maintain_column_froms=True)
            ids += self._tx.conn.execute(narrow.limit(number - len(ids))).scalars()
            if len(ids) == number:
                break
        return ids

    def _count_with_words(self, words: Sequence[str]) -> int:
        if self._number is not None:
            beside = [*self._without_text, has_words(words)]
            return len(self.numbered()) + self._count(beside)
        if self._share >= _COMMON:
            number = int(1.3 * MOST_COUNTED / self._share) + 1
            ids = self._next_ids(number, None)
            having = len(list_with_words(self._tx, words, ids))
            if having > MOST_COUNTED or len(ids) < number:
                return having
        if not self._without_text:
            return count_with_words(self._tx, words, MOST_COUNTED + 1)
        return self._count([*self._without_text, has_words(words)])

    def _count(self, matching: Conditions, *, at_most: int = MOST_COUNTED + 1) -> int:
        own = _w.org_id == self._tx.org_id
        some = select(literal(1).label("one")).select_from(work_orders).where(own, *matching).limit(at_most)
        if self._part is not None:
            # Rows lie in the table as time went by: of a part of time the planner, which takes them for scattered,
            # would read the table from its begin on. In order it reads an index from where that part begins.
            some = some.order_by(self._part.column)
        return self._tx.conn.execute(select(func.count()).select_from(some.subquery())).scalar_one()
