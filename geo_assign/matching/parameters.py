"""The declared parameters of a question: each with its SQL type and the value that a question gives it.

A filter declares those that it alone needs beside its condition (`geo_assign.matching.filters`).
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from sqlalchemy import Double, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

from geo_assign.core.rows import AnyType
from geo_assign.core.statements import Parameters
from geo_assign.core.tables import INSTANT
from geo_assign.matching.domain import Question


class Given(NamedTuple):
    """A parameter's SQL type, and how its value follows from a question."""

    type: AnyType
    value: Callable[[Question], object]


def given(**parameters: Given) -> Mapping[str, Given]:
    """Parameters by name."""
    return parameters


COMMON = given(
    lat=Given(Double(), lambda question: question.origin.lat),
    lon=Given(Double(), lambda question: question.origin.lon),
    at=Given(INSTANT, lambda question: question.at),
    slot_start=Given(INSTANT, lambda question: question.slot.start),
    slot_end=Given(INSTANT, lambda question: question.slot.end),
    busy_from=Given(INSTANT, lambda question: question.slot.start - question.policy.travel_buffer),
    day_start=Given(INSTANT, lambda question: question.day_start),
    day_end=Given(INSTANT, lambda question: question.day_end),
    store_id=Given(Uuid(), lambda question: question.store_id),
    group_id=Given(Uuid(), lambda question: question.group_id),
    work_order_id=Given(Uuid(), lambda question: question.work_order_id),
)

NAMED = Parameters(technician_ids=ARRAY(Uuid()))
"""The technicians that a statement is about, where it names them."""
