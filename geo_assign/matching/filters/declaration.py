"""What a filter of "really available" is: one value that carries everything there is to say about it.

Ranking, explanation, past, remedy and documentation are all derived from it, so they cannot disagree.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, FromClause

from geo_assign.core.expressions import row_exists
from geo_assign.core.postgis import place
from geo_assign.core.rows import AnyColumn
from geo_assign.core.spans import Span
from geo_assign.core.statements import Parameters
from geo_assign.core.wire import JsonObject
from geo_assign.matching.domain import ExclusionCode, Question
from geo_assign.matching.parameters import Given
from geo_assign.matching.rows import ExplainedRow
from geo_assign.matching.sources import Sources


@dataclass(frozen=True, slots=True)
class Subject:
    """What a condition speaks of: a technician, the place that is known or planned, the question, the tables.

    `by_group`: the question is for a group, not only for a store. `one_by_one`: so few technicians are asked about
    that what each has is looked up, whatever else the organization has.
    """

    technician: FromClause
    place: FromClause
    asked: Parameters
    sources: Sources
    by_group: bool
    one_by_one: bool = False

    def has(self, source: FromClause, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
        """Whether `source` has a row that meets the conditions."""
        return row_exists(source, *conditions, one_by_one=self.one_by_one)

    @property
    def origin(self) -> AnyColumn:
        """Where the work is."""
        return place(self.asked.lat, self.asked.lon)


@dataclass(frozen=True, slots=True)
class Facts:
    """What stood against one technician. `busy`: spans occupied and slots of what was held, in order."""

    busy: tuple[tuple[Span, Span], ...] = ()
    works: tuple[Span, ...] = ()
    off_until: datetime | None = None
    open_offers: int = 0
    refused: bool = False
    answered_at: datetime | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None


Condition = Callable[[Subject], ColumnElement[bool]]
Needed = JsonObject
"""What would have had to differ, as JSON members."""
Words = Callable[[Question, ExplainedRow], tuple[str, Needed]]


class Adjustment(StrEnum):
    """What of a question a sufficient value adjusts: a member of its policy, or when its slot starts."""

    RADIUS_M = "radius_m"
    FRESHNESS_S = "freshness_s"
    OFFER_LIMIT = "offer_limit"
    SLOT_START = "slot_start"


@dataclass(frozen=True, slots=True)
class Sufficient:
    """A value that would have sufficed: in words around it, and what of the question it `changes`.

    None: the value is no part of a question, so it cannot be asked whom else it would have let in.
    """

    words: str
    changes: Adjustment | None = None


def plain(detail: str) -> Words:
    """The same sentence for every technician."""
    return lambda _question, _row: (detail, {})


def _always(_question: Question) -> bool:
    return True


def _no_remedy(_question: Question, _facts: Facts) -> Needed:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One reason why a technician cannot go.

    - `meaning`: its line in the documentation.
    - `excludes`: the condition under which it excludes, `parameters`: what the condition asks of a question beside
      the common ones, `applies`: whether a question asks for this filter at all.
    - `words`: the sentence of an explanation, with what would have had to differ as far as the row tells.
    - `remedy`: what would have sufficed, from all that is known of the technician; `sufficient`: the same in words,
      by member, for the members that are a plain value; of several under the same words the greatest suffices.
    - `undoes`: it stands against work that a technician already has. `lasting`: it depends on no slot. `of_place`: it
      hangs on a place. `of_track`: a past instant can be judged only while the track of that day is kept.
    """

    code: ExclusionCode
    meaning: str
    excludes: Condition
    words: Words
    applies: Callable[[Question], bool] = _always
    parameters: Mapping[str, Given] = field(default_factory=dict)
    remedy: Callable[[Question, Facts], Needed] = _no_remedy
    sufficient: Mapping[str, Sufficient] = field(default_factory=dict)
    undoes: bool = False
    lasting: bool = False
    of_place: bool = False
    of_track: bool = False
