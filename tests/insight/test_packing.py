"""What is told of packed codes: the same as counting them one by one, and in little memory beside them."""

import struct
import tracemalloc
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from statistics import median
from typing import NamedTuple
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from geo_assign.insight.counting import KEYS, VALUES, CountedFinding
from geo_assign.insight.packing import Median, PackedDays, PeriodTally, Spread

STORES = [UUID(int=number) for number in (7, 3, 9)]
BOUNDS = (0, 300, 600)


class Counted(NamedTuple):
    """So many orders of a day of a store, and what was counted of them."""

    store: int
    day: int
    finding: CountedFinding
    key: int
    value: int
    number: int


COUNTED = st.builds(
    Counted,
    store=st.integers(0, len(STORES) - 1),
    day=st.integers(738_000, 738_004),
    finding=st.sampled_from(CountedFinding),
    key=st.sampled_from([0, 1, 2, KEYS - 1]),
    value=st.sampled_from([0, 1, 299, 300, 301, 600, 3_000, VALUES - 1]),
    number=st.integers(1, 4),
)


def packed(counted: Sequence[Counted], parts: int = 1) -> list[PackedDays]:
    """Rows as the database answers them: of each store some, each with several days."""
    rows = []
    for place, store_id in enumerate(STORES):
        for part in range(parts):
            days: dict[int, bytes] = defaultdict(bytes)
            for one in [one for one in counted if one.store == place][part::parts]:
                code = (one.finding * KEYS + one.key) * VALUES + one.value
                days[one.day] += struct.pack(">qi", code, one.number)
            lengths = [len(codes) for codes in days.values()]
            rows.append(PackedDays(store_id, list(days), lengths, b"".join(days.values())))
    return rows


def assert_as_counted(tally: PeriodTally, counted: Sequence[Counted]) -> None:
    for finding in CountedFinding:
        of_finding = [one for one in counted if one.finding is finding]
        numbers = Counter[int]()
        by_key, by_day = defaultdict[int, list[int]](list), defaultdict[tuple[date, int], list[int]](list)
        for one in of_finding:
            values = [one.value] * one.number
            numbers[one.key] += one.number
            by_key[one.key] += values
            by_day[date.fromordinal(one.day), one.key] += values
        everything = [value for values in by_key.values() for value in values]
        assert tally.count(finding) == numbers
        assert tally.median_by_key(finding) == {key: Median(len(of), median(of)) for key, of in by_key.items()}
        assert tally.median_by_day(finding) == {key: Median(len(of), median(of)) for key, of in by_day.items()}
        assert tally.median(finding) == (Median(len(everything), median(everything)) if everything else None)
        assert tally.spread(finding, BOUNDS) == {key: spread(values) for key, values in by_key.items()}


def spread(values: Sequence[int]) -> Spread:
    edges = (-1, *BOUNDS, VALUES)
    return Spread([sum(above < value <= most for value in values) for above, most in pairwise(edges)], sum(values))


@given(st.lists(COUNTED, max_size=40), st.integers(1, 3))
def test_the_same_is_told_as_by_counting_one_by_one(counted: list[Counted], parts: int) -> None:
    tally = PeriodTally.made_of(packed(counted, parts))
    assert_as_counted(tally, counted)
    by_store = tally.by_store()
    assert set(by_store) == {STORES[one.store] for one in counted}
    for store_id, of_store in by_store.items():
        assert_as_counted(of_store, [one for one in counted if STORES[one.store] == store_id])


def test_a_year_is_told_in_little_memory_beside_its_sums() -> None:
    """A fourth part of 500,000 orders: of such a number of bytes the arrays are what counts."""
    day = b"".join(
        struct.pack(">qi", (CountedFinding.WAITED * KEYS + 1) * VALUES + value, 1) for value in range(0, 14_000, 7)
    )
    rows = [PackedDays(UUID(int=store), range(738_000, 738_025), [len(day)] * 25, day * 25) for store in range(20)]
    told = sum(len(row.counts) for row in rows)
    tracemalloc.start()
    try:
        tally = PeriodTally.made_of(rows)
        assert tally.count(CountedFinding.OUTCOME) == {}
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * told
