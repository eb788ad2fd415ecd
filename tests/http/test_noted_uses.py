"""That a key was used is written about once a minute, by one of many requests."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

from geo_assign.http import noted_uses
from geo_assign.http.noted_uses import NotedUses

MINUTE = timedelta(minutes=1)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_each_key_is_due_once_a_minute() -> None:
    clock, one, other = Clock(), uuid4(), uuid4()
    uses = NotedUses(MINUTE, clock=clock)
    assert [uses.is_due(key) for key in (one, one, other, other)] == [True, False, True, False]
    clock.now += 59
    assert not uses.is_due(one)
    clock.now += 1
    assert [uses.is_due(one), uses.is_due(one)] == [True, False]


def test_of_many_at_once_one_is_due() -> None:
    uses, key = NotedUses(MINUTE, clock=Clock()), uuid4()
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: uses.is_due(key), range(200))) == 1


def test_what_is_remembered_is_bounded() -> None:
    uses = NotedUses(MINUTE, clock=Clock())
    assert all(uses.is_due(UUID(int=number)) for number in range(noted_uses.KEPT + 5))
    assert uses.is_due(UUID(int=0))
