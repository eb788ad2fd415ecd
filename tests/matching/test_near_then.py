"""Where everyone was at a past instant, asked once for several policies."""

from dataclasses import replace

from geo_assign.matching.queries import find_nearest_then, list_near_then
from tests.day import Day
from tests.matching.asking import asked


def test_whom_one_policy_takes_for_lost_is_placed_for_the_other_and_excluded_when_judged(day: Day) -> None:
    day.map("J A . B", step_m=500)
    day.technician("A", last_ping="40 min ago")
    day.technician("B")
    fresh = asked(day, "J", store_id=day.store_id)
    lasting = replace(fresh, policy=replace(fresh.policy, freshness_s=7_200.0))
    with day.database.transaction(day.org_id) as tx:
        assert [day.letter(one) for one in list_near_then(tx, fresh)] == ["B"]
        near = list_near_then(tx, fresh, lasting)
        assert [day.letter(one) for one in near] == ["A", "B"]
        alone = [find_nearest_then(tx, one) for one in (fresh, lasting)]
        shared = [find_nearest_then(tx, one, near) for one in (fresh, lasting)]
    assert shared == alone
    assert shared[0] is not None
    assert day.letter(shared[0].technician_id) == "B"
