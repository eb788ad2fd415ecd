"""One declaration per filter: ranking, explanation, past, batch, free time and documentation are made of it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from geo_assign.access.domain import EVERYTHING
from geo_assign.core.expressions import word
from geo_assign.core.geo import Point
from geo_assign.core.statements import Statement
from geo_assign.matching.domain import ExclusionCode, Question, Slot
from geo_assign.matching.filters import ASKED, FILTERS, values_of
from geo_assign.matching.parameters import COMMON
from geo_assign.matching.shapes import Shape, shape_of
from geo_assign.matching.statements import batch, explaining, free_time, ranking
from tests.docs.pages import page

NOON = datetime(2026, 5, 21, 12, tzinfo=UTC)
QUESTION = Question(
    origin=Point(41.15, -8.61),
    slot=Slot(NOON, NOON + timedelta(hours=1)),
    at=NOON,
    day_start=NOON.replace(hour=0),
    day_end=NOON.replace(hour=0) + timedelta(days=1),
    scope=EVERYTHING,
)
MARK = "the mark of one filter"
MADE_OF_ALL: dict[str, Callable[[Shape], Statement[Any]]] = {
    "ranking": lambda shape: ranking.candidates(shape, 256),
    "ranking of the past": lambda shape: ranking.candidates_then(shape, 256),
    "ranking of a few in the past": ranking.named_candidates_then,
    "ranking of providers' technicians": ranking.externals,
    "ranking of many": lambda shape: batch.candidates_for_each(shape, 256),
    "ranking of many small stores": batch.members_for_each,
    "explanation": lambda shape: explaining.excluded(shape, 200),
    "explanation of one": explaining.named,
    "explanation of one in the past": explaining.named_then,
    "free time": ranking.passing,
}


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shape]:
    """The condition of one filter replaced by one that is easily found again."""
    one = FILTERS[ExclusionCode.TIME_OFF]
    marked = replace(one, excludes=lambda subject: subject.technician.c.name == word(MARK))
    monkeypatch.setitem(FILTERS, ExclusionCode.TIME_OFF, marked)  # type: ignore[arg-type]  # a dict
    forget_statements()
    yield shape_of(QUESTION)
    forget_statements()


def forget_statements() -> None:
    for room in (batch, explaining, free_time, ranking):
        for made in vars(room).values():
            if hasattr(made, "cache_clear"):
                made.cache_clear()


@pytest.mark.parametrize("make", MADE_OF_ALL.values(), ids=MADE_OF_ALL)
def test_every_judgement_is_made_of_the_declared_conditions(
    marked: Shape, make: Callable[[Shape], Statement[Any]]
) -> None:
    assert MARK.encode() in make(marked).text


def test_every_code_has_its_filter() -> None:
    assert [*FILTERS] == [*ExclusionCode]
    assert all(one.code is code for code, one in FILTERS.items())


def test_a_parameter_is_declared_once() -> None:
    declared = [*COMMON, *(name for one in FILTERS.values() for name in one.parameters)]
    assert len(declared) == len(set(declared))
    assert {*values_of(QUESTION)} == {*declared} <= {*ASKED}


def test_the_tour_of_the_api_says_what_each_filter_means() -> None:
    _, _, table = page("docs/api.md").text.partition("| code | excluded because |\n|---|---|\n")
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", table.partition("\n\n")[0], re.MULTILINE)
    assert rows == [(code.value, one.meaning) for code, one in FILTERS.items()]
