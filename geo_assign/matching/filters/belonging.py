"""Filters of whom a technician works for, and of skills."""

from sqlalchemy import ColumnElement, Text, and_, not_, or_
from sqlalchemy.dialects.postgresql import ARRAY

from geo_assign.matching.domain import ExclusionCode, Question
from geo_assign.matching.filters.declaration import Facts, Filter, Needed, Subject, plain
from geo_assign.matching.parameters import Given, given
from geo_assign.matching.rows import ExplainedRow
from geo_assign.workforce.tables import provider_groups, service_groups, service_providers, technician_groups


def _is_inactive(one: Subject) -> ColumnElement[bool]:
    return not_(one.technician.c.active)


def _belongs_elsewhere(one: Subject) -> ColumnElement[bool]:
    """A group may have members from other stores: for a group its members count, wherever they work."""
    return _is_of_other_group(one) if one.by_group else _is_of_other_store(one)


def _is_of_other_store(one: Subject) -> ColumnElement[bool]:
    t, asked = one.technician.c, one.asked
    linked, g = provider_groups.alias("l"), service_groups.alias("g")
    works_for_store = one.has(
        linked.join(g, and_(g.c.org_id == linked.c.org_id, g.c.id == linked.c.group_id)),
        linked.c.org_id == asked.org_id,
        linked.c.provider_id == t.provider_id,
        g.c.store_id == asked.store_id,
    )
    return or_(t.store_id != asked.store_id, and_(t.provider_id.is_not(None), ~works_for_store))


def _is_of_other_group(one: Subject) -> ColumnElement[bool]:
    """A provider's technicians work for the groups that the provider is linked to, whichever they are members of."""
    t, asked = one.technician.c, one.asked
    m, linked = technician_groups.alias("m"), provider_groups.alias("l")
    is_member = one.has(m, m.c.org_id == asked.org_id, m.c.technician_id == t.id, m.c.group_id == asked.group_id)
    works_for_group = one.has(
        linked,
        linked.c.org_id == asked.org_id,
        linked.c.provider_id == t.provider_id,
        linked.c.group_id == asked.group_id,
    )
    return or_(~is_member, and_(t.provider_id.is_not(None), ~works_for_group))


def _has_no_agreement(one: Subject) -> ColumnElement[bool]:
    t, v, asked = one.technician.c, service_providers.alias("v"), one.asked
    over = or_(not_(v.c.active), v.c.valid_until <= asked.slot_start, v.c.valid_from > asked.slot_start)
    return and_(t.provider_id.is_not(None), one.has(v, v.c.org_id == asked.org_id, v.c.id == t.provider_id, over))


def _lacks_a_skill(one: Subject) -> ColumnElement[bool]:
    has_all: ColumnElement[bool] = one.technician.c.skills.op("@>", is_comparison=True)(one.asked.skills)
    return not_(has_all)


def _missing_skills(question: Question, row: ExplainedRow) -> tuple[str, Needed]:
    missing = sorted(set(question.skills) - set(row.skills))
    return f"lacks {', '.join(missing)}", {"skills": missing}


def _wanted_team(question: Question, _facts: Facts) -> Needed:
    wanted = {"store_id": question.store_id} if question.group_id is None else {"group_id": question.group_id}
    return {name: str(value) for name, value in wanted.items()}


def _wanted_agreement(question: Question, facts: Facts) -> Needed:
    """An agreement that holds at the start of the slot, and the one that there is."""
    there = {"valid_from": facts.valid_from, "valid_until": facts.valid_until}
    told = {name: None if at is None else at.isoformat() for name, at in there.items()}
    return {"valid_at": question.slot.start.isoformat(), "agreement": told}


FILTERS = (
    Filter(
        code=ExclusionCode.INACTIVE,
        meaning="no longer works here",
        excludes=_is_inactive,
        words=plain("no longer works here"),
        remedy=lambda _question, _facts: {"active": True},
        undoes=True,
        lasting=True,
    ),
    Filter(
        code=ExclusionCode.WRONG_GROUP,
        meaning="belongs to another store or service group, or to a provider that does not work for it",
        excludes=_belongs_elsewhere,
        words=plain("belongs to another store or service group"),
        applies=lambda question: not (question.group_id is None and question.store_id is None),
        remedy=_wanted_team,
        undoes=True,
        lasting=True,
    ),
    Filter(
        code=ExclusionCode.AGREEMENT_EXPIRED,
        meaning="the provider's agreement is over, or has not begun, when the slot starts",
        excludes=_has_no_agreement,
        words=plain("no agreement with the provider holds when the slot starts"),
        remedy=_wanted_agreement,
        undoes=True,
    ),
    Filter(
        code=ExclusionCode.MISSING_SKILL,
        meaning="lacks a skill",
        excludes=_lacks_a_skill,
        words=_missing_skills,
        applies=lambda question: bool(question.skills),
        parameters=given(skills=Given(ARRAY(Text()), lambda question: list(question.skills))),
        undoes=True,
        lasting=True,
    ),
)
