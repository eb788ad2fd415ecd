"""Arithmetic of half-open spans, against marking single hours."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from geo_assign.core.spans import Span, clip, intersect, intersect_all, merge, subtract

MONDAY = datetime(2026, 5, 18, tzinfo=UTC)
HOURS = 12


def at(*ends: tuple[int, int]) -> list[Span]:
    """Spans by their first hour and the hour they end before."""
    return [(MONDAY + timedelta(hours=start), MONDAY + timedelta(hours=end)) for start, end in ends]


def hours(spans: list[Span]) -> set[int]:
    """The hours that the spans hold."""
    marks = [MONDAY + timedelta(hours=hour) for hour in range(HOURS)]
    return {hour for hour, mark in enumerate(marks) if any(start <= mark < end for start, end in spans)}


SPANS = st.lists(st.tuples(st.integers(0, HOURS), st.integers(0, HOURS)), max_size=5).map(lambda ends: at(*ends))


def test_touching_and_overlapping_spans_are_one_and_empty_ones_none() -> None:
    assert merge(at((3, 5), (1, 3), (4, 6), (8, 8), (9, 7), (10, 11))) == at((1, 6), (10, 11))
    assert merge(at((1, 6), (2, 3))) == at((1, 6))
    assert merge([]) == []


def test_what_is_taken_leaves_holes() -> None:
    assert subtract(at((0, 6)), at((2, 3))) == at((0, 2), (3, 6))
    assert subtract(at((0, 6)), at((0, 2), (5, 9))) == at((2, 5))
    assert subtract(at((2, 4), (6, 8)), at((1, 7))) == at((7, 8))
    assert subtract(at((0, 2), (4, 6)), at((2, 4))) == at((0, 2), (4, 6))
    assert subtract(at((2, 4)), at((0, 9))) == []
    assert subtract(at((2, 4), (5, 6)), []) == at((2, 4), (5, 6))
    assert subtract(at((0, 1), (8, 11)), at((2, 3), (4, 5), (6, 7), (9, 10))) == at((0, 1), (8, 9), (10, 11))


def test_what_lies_in_both() -> None:
    assert intersect(at((0, 4), (6, 9)), at((2, 7))) == at((2, 4), (6, 7))
    assert intersect(at((0, 2)), at((2, 4))) == []
    assert intersect(at((0, 3)), at((1, 3))) == at((1, 3))
    assert intersect(at((0, 3), (4, 6)), at((1, 3), (5, 8))) == at((1, 3), (5, 6))
    assert intersect(at((1, 3), (5, 8)), at((0, 3), (4, 6))) == at((1, 3), (5, 6))


def test_what_lies_in_all_and_within_one() -> None:
    assert intersect_all([at((0, 6)), at((2, 8)), at((1, 3), (4, 9))]) == at((2, 3), (4, 6))
    assert intersect_all([at((4, 5), (0, 1))]) == at((0, 1), (4, 5))
    assert intersect_all([]) == []
    assert clip(at((0, 6), (7, 9)), at((2, 8))[0]) == at((2, 6), (7, 8))


@given(SPANS, SPANS)
def test_spans_hold_the_hours_that_sets_would(one: list[Span], other: list[Span]) -> None:
    assert hours(merge(one)) == hours(one)
    assert hours(subtract(one, other)) == hours(one) - hours(other)
    assert hours(intersect(one, other)) == hours(one) & hours(other)
    assert hours(intersect_all([one, other, one])) == hours(one) & hours(other)


@given(SPANS, SPANS)
def test_every_answer_is_sorted_apart_and_without_empty_spans(one: list[Span], other: list[Span]) -> None:
    for spans in (merge(one), subtract(one, other), intersect(one, other)):
        assert all(start < end for start, end in spans)
        assert all(
            before[1] < after[0] or before[1] in {e for _, e in other} | {s for s, _ in other}
            for before, after in pairwise(spans)
        )
