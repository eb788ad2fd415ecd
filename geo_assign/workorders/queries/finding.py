"""Work orders found by what they need or by words: through functions of the owner, who may use those indexes.

What few have is found as a set. What many have is met while the list is read in its order: then the set, of which a
page shows fifty, is not needed.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Text, Uuid, any_, cast, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from geo_assign.core.db import Tx
from geo_assign.workorders.tables import work_orders

FEW = 2_000
"""Up to so many work orders with a skill are found as a set."""


@dataclass(frozen=True, slots=True)
class SkillNeeded:
    """The condition that a work order needs a skill; `is_common` where it is judged row by row."""

    skill: str
    condition: ColumnElement[bool]
    is_common: bool


def needs_skill(tx: Tx, skill: str) -> SkillNeeded:
    """By the set of those that need it, unless they are many."""
    number = select(func.count()).select_from(func.find_work_orders_by_skill(skill, FEW + 1).alias("found"))
    if tx.conn.execute(number).scalar_one() > FEW:
        return SkillNeeded(skill, literal(skill) == any_(work_orders.c.skills), is_common=True)
    return SkillNeeded(skill, needs_skill_among(skill, FEW), is_common=False)


def needs_skill_among(skill: str, at_most: int) -> ColumnElement[bool]:
    """Whether a work order is of a set of those that need the skill: of any `at_most` of them."""
    found = select(func.find_work_orders_by_skill(skill, at_most).label("id")).cte("with_skill")
    return work_orders.c.id.in_(select(found.c.id))


def has_words(words: Sequence[str]) -> ColumnElement[bool]:
    """Whether a work order has all of these words: by the set of those that do."""
    found = select(func.find_work_orders(cast(words, ARRAY(Text))).label("id")).cte("found")
    return work_orders.c.id.in_(select(found.c.id))


def list_with_words(tx: Tx, words: Sequence[str], among: Collection[UUID]) -> set[UUID]:
    """Those of these work orders that have all of the words."""
    ids = literal(list(among), ARRAY(Uuid()))
    return set(tx.conn.execute(select(func.find_work_orders_among(cast(words, ARRAY(Text)), ids))).scalars())


def count_with_words(tx: Tx, words: Sequence[str], at_most: int) -> int:
    """How many work orders of the organization have all of the words, up to a number."""
    found = func.find_work_orders(cast(words, ARRAY(Text)), at_most).alias("found")
    return tx.conn.execute(select(func.count()).select_from(found)).scalar_one()
