"""A long list becomes JSON while it is read: the same text, and few of its items at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from weakref import WeakSet

import pytest

from geo_assign.http.response import list_to_json, to_json


@dataclass(eq=False)
class Item:
    number: int


@pytest.mark.parametrize("at_once", [1, 2, 7, 500])
@pytest.mark.parametrize("number", [0, 1, 2, 7, 14, 15, 501])
def test_it_is_rendered_as_a_whole_and_held_in_parts(number: int, at_once: int) -> None:
    alive: WeakSet[Item] = WeakSet()
    most = 0

    def items() -> Iterator[Item]:
        nonlocal most
        for n in range(number):
            item = Item(n)
            alive.add(item)
            most = max(most, len(alive))
            yield item
            del item

    told = to_json({"items": list_to_json(items(), at_once=at_once), "more": None})
    assert told == to_json({"items": [Item(n) for n in range(number)], "more": None})
    assert most <= at_once + 1
