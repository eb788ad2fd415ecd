"""The map of chosen stores, of a group or of a skill: people, counts and clusters are narrowed alike."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from geo_assign.access.domain import EVERYTHING
from geo_assign.mapview import queries
from geo_assign.mapview.domain import MapChoice, MapPicture
from geo_assign.mapview.queries import get_picture, list_groups_on_map, list_skills_on_map
from tests.day import Day


@pytest.fixture
def trades(day: Day) -> Day:
    """A and B know screens, B and C ovens; C is off duty; D knows nothing and is in no group."""
    day.map("A . B . C . D . J", step_m=400)
    day.technician("A", skills=["screen"], group="phones")
    day.technician("B", skills=["screen", "oven"], group="ovens")
    day.technician("C", skills=["oven"], group="ovens", on_duty=False)
    day.technician("D")
    day.lead("J", slot="tomorrow 09:00-10:00", skills=["oven"])
    return day


def picture(day: Day, **chosen: Any) -> MapPicture:
    with day.database.transaction(day.org_id) as tx:
        return get_picture(tx, EVERYTHING, choice=MapChoice(**chosen))


CHOICES: list[tuple[dict[str, Any], str, int, int]] = [
    ({}, "ABD", 1, 1),
    ({"skill": "screen"}, "AB", 0, 1),
    ({"skill": "oven"}, "B", 1, 1),
    ({"skill": "gas"}, "", 0, 1),
    ({"group_id": "phones"}, "A", 0, 0),
    ({"group_id": "ovens"}, "B", 1, 0),
    ({"group_id": "ovens", "skill": "screen"}, "B", 0, 0),
    ({"group_id": "phones", "skill": "oven"}, "", 0, 0),
    ({"store_ids": "own"}, "ABD", 1, 1),
    ({"store_ids": "other"}, "", 0, 0),
]


@pytest.mark.parametrize("crowded", [False, True])
def test_a_choice_narrows_people_counts_and_clusters(
    trades: Day, monkeypatch: pytest.MonkeyPatch, crowded: bool
) -> None:
    if crowded:
        monkeypatch.setattr(queries, "SHOWN", 1)
    wrong = []
    for choice, names, off_duty, orders in CHOICES:
        chosen = dict(choice)
        if "group_id" in chosen:
            chosen["group_id"] = trades.group(chosen["group_id"])
        if "store_ids" in chosen:
            chosen["store_ids"] = frozenset({trades.store_id if chosen["store_ids"] == "own" else uuid4()})
        shown = picture(trades, **chosen)
        told = "".join(sorted(one.name for one in shown.technicians))
        clustered = sum(sum(cluster.technicians.values()) for cluster in shown.clusters)
        one_by_one = not crowded or len(names) <= 1
        people = (len(told) if one_by_one else clustered, shown.in_view.people, shown.in_scope.people)
        seen = (*people, shown.off_duty, sum(shown.in_scope.work_orders.values()))
        if seen != (*[len(names)] * 3, off_duty, orders) or (one_by_one and told != names):
            wrong.append((choice, told, seen))
    assert wrong == []


def test_what_can_be_chosen_is_told_with_how_many_there_are(trades: Day) -> None:
    with trades.database.transaction(trades.org_id) as tx:
        groups = {row.id: row.number for row in list_groups_on_map(tx, EVERYTHING)}
        skills = [(row.name, row.number) for row in list_skills_on_map(tx, EVERYTHING)]
    assert groups == {trades.group("phones"): 1, trades.group("ovens"): 1}
    assert skills == [("oven", 1), ("screen", 2)]
