"""How many there are, counted up to a bound: from whom a walk had better start."""

from sqlalchemy import Text, column, func, select, true, union_all

from geo_assign.core.rows import AnySelect
from geo_assign.core.statements import Statement
from geo_assign.matching.filters import ASKED
from geo_assign.matching.places import FEW, HANDFUL, of_group, of_providers, of_store
from geo_assign.matching.rows import CountRow, SkillCountRow
from geo_assign.matching.sources import LIVE
from geo_assign.workforce.tables import technician_skills


def _skill_counts() -> AnySelect:
    wanted = func.unnest(ASKED.skills).table_valued(column("skill", Text())).render_derived(name="wanted")
    x = technician_skills.alias("x")
    holders = select(x.c.skill).where(x.c.org_id == ASKED.org_id, x.c.skill == wanted.c.skill).limit(FEW)
    k = holders.correlate(wanted).lateral("k")
    counted = select(k.c.skill, func.count().label("number")).select_from(wanted.join(k, true()))
    return counted.group_by(k.c.skill)


def _member_count() -> AnySelect:
    of_store_alone = of_store(ASKED, LIVE).where(ASKED.group_id.is_(None))
    both = union_all(of_store_alone, of_group(ASKED, LIVE)).subquery("m")
    return select(func.count().label("number")).select_from(both)


def _handful() -> AnySelect:
    counted = of_group(ASKED, LIVE).limit(HANDFUL).subquery("m")
    return select(func.count().label("number")).select_from(counted)


COUNT_SKILLS = Statement.of(SkillCountRow, _skill_counts(), steady=True)
"""How many technicians have each of `skills`, counted up to FEW; a skill that none has is absent."""


COUNT_MEMBERS = Statement.of(CountRow, _member_count())
"""How many belong to the question's group, or else its store, counted up to FEW."""


COUNT_HANDFUL = Statement.of(CountRow, _handful(), steady=True)
"""How many belong to the question's group, counted up to HANDFUL."""


COUNT_EXTERNALS = Statement.of(
    CountRow,
    select(func.count().label("number")).select_from(of_providers(ASKED, LIVE).limit(FEW).subquery("m")),
    steady=True,
)
"""How many belong to service providers, counted up to FEW."""
