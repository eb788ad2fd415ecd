"""The filters of "really available", in the order in which reasons are told.

A new filter is a code in `ExclusionCode` and a `Filter` in one of these modules.
"""

from collections.abc import Mapping

from geo_assign.access.viewer import SCOPE
from geo_assign.core.statements import Parameters
from geo_assign.matching.domain import ExclusionCode, Question, Reason
from geo_assign.matching.filters import belonging, offering, presence, schedule
from geo_assign.matching.filters.declaration import Adjustment, Facts, Filter, Needed, Subject, Sufficient
from geo_assign.matching.filters.offering import REFUSED
from geo_assign.matching.filters.schedule import provider_full_at, provider_needs
from geo_assign.matching.parameters import COMMON, Given
from geo_assign.matching.rows import ExplainedRow

__all__ = [
    "ASKED",
    "FILTERS",
    "OF_PLACE",
    "OF_TRACK",
    "REFUSED",
    "Adjustment",
    "Facts",
    "Filter",
    "Needed",
    "Subject",
    "Sufficient",
    "filters_for",
    "provider_full_at",
    "provider_needs",
    "reasons_for",
    "values_of",
]

_DECLARED = (*belonging.FILTERS, *presence.FILTERS, *schedule.FILTERS, *offering.FILTERS)
FILTERS: Mapping[ExclusionCode, Filter] = {
    code: next(one for one in _DECLARED if one.code is code) for code in ExclusionCode
}

_GIVEN: Mapping[str, Given] = {
    **COMMON,
    **{name: one for filter_ in FILTERS.values() for name, one in filter_.parameters.items()},
}
ASKED = SCOPE | Parameters(**{name: one.type for name, one in _GIVEN.items()})
"""The declared parameters of every statement that judges a question; `SCOPE` says on whose behalf."""


def values_of(question: Question) -> dict[str, object]:
    """The values of a question's parameters; those of `SCOPE` come from the transaction and the question's scope."""
    return {name: one.value(question) for name, one in _GIVEN.items()}


def filters_for(question: Question) -> tuple[ExclusionCode, ...]:
    """The codes of the filters that this question asks for."""
    return tuple(code for code, one in FILTERS.items() if one.applies(question))


# To make a code of its word costs more than to look the filter up, and an explanation has a hundred.
_BY_WORD: Mapping[str, Filter] = {code.value: one for code, one in FILTERS.items()}


def reasons_for(question: Question, row: ExplainedRow) -> tuple[Reason, ...]:
    """The reasons behind the codes of the technician in `row`."""
    filters = [_BY_WORD[code] for code in row.codes]
    return tuple(Reason(one.code, *one.words(question, row)) for one in filters)


OF_PLACE = frozenset(code for code, one in FILTERS.items() if one.of_place)
OF_TRACK = frozenset(code for code, one in FILTERS.items() if one.of_track)
