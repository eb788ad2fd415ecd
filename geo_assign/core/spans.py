"""Arithmetic of time spans: half-open `[start, end)`, both instants.

Every function takes spans in any order and gives them sorted, without empty ones; overlapping and touching ones are
one.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

Span = tuple[datetime, datetime]


def merge(spans: Iterable[Span]) -> list[Span]:
    """The spans as few as possible."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def subtract(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """What is left of `spans` without `taken`."""
    left: list[Span] = []
    holes = merge(taken)
    first = 0
    for begin, end in merge(spans):
        start = begin
        while first < len(holes) and holes[first][1] <= start:
            first += 1
        for hole_start, hole_end in holes[first:]:
            if hole_start >= end:
                break
            if hole_start > start:
                left.append((start, hole_start))
            start = max(start, hole_end)
        if start < end:
            left.append((start, end))
    return left


def intersect(one: Iterable[Span], other: Iterable[Span]) -> list[Span]:
    """What lies in both."""
    common: list[Span] = []
    left, right = merge(one), merge(other)
    i = j = 0
    while i < len(left) and j < len(right):
        start, end = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if start < end:
            common.append((start, end))
        if left[i][1] <= right[j][1]:
            i += 1
        else:
            j += 1
    return common


def clip(spans: Iterable[Span], within: Span) -> list[Span]:
    """What of `spans` lies within one span."""
    return intersect(spans, [within])


def intersect_all(several: Sequence[Sequence[Span]]) -> list[Span]:
    """What lies in all of them; nothing when there are none."""
    if not several:
        return []
    common = merge(several[0])
    for spans in several[1:]:
        common = intersect(common, spans)
    return common
