"""Verdicts and rounding of receipts as plain values: no database, every sentence and every number by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from geo_assign.matching.filters import Adjustment
from geo_assign.receipts.coarse import (
    list_named,
    list_recorded_coarse,
    list_technicians,
    rounded_reasons,
    shown_m,
    with_rounded_distances,
)
from geo_assign.receipts.domain import Decision
from geo_assign.receipts.verdicts import (
    Promise,
    Sufficing,
    VerdictSubject,
    as_candidate,
    as_excluded,
    as_farther,
    as_not_employed_yet,
    as_of_erased_customer,
    as_untracked,
    what_suffices,
)

A, B, C, D = (UUID(int=number) for number in range(1, 5))


def candidate(person: UUID, rank: int, distance_m: float, **more: Any) -> dict[str, Any]:
    position = {"accuracy_m": 12.0, "provenance": "live"}
    entry = {"technician_id": str(person), "rank": rank, "distance_m": distance_m, "eta_s": 1.0, "position": position}
    return entry | more


def excluded(person: UUID, distance_m: float | None, *reasons: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"technician_id": str(person), "distance_m": distance_m, "reasons": list(reasons), **more}


CODES = {
    "freshness_s": "stale_position",
    "offer_limit": "offer_limit",
    "cooled_off_at": "rejected_before",
    "time_off_until": "time_off",
    "capacity": "slot_taken",
    "free_from": "slot_taken",
    "skills": "missing_skill",
}


def reason(detail: str, **needed: Any) -> dict[str, Any]:
    """A reason under the code to which such a remedy belongs."""
    code = next((CODES[name] for name in needed if name in CODES), "outside_radius")
    return {"code": code, "detail": detail, "needed": needed}


def receipt(
    candidates: Sequence[Mapping[str, Any]] = (), out: Sequence[Mapping[str, Any]] = (), **more: Any
) -> Decision:
    values: dict[str, Any] = {
        "id": UUID(int=9),
        "work_order_id": UUID(int=8),
        "at": datetime(2026, 5, 20, 12, tzinfo=UTC),
        "mode": "automatic",
        "outcome": "offered",
        "actor": {},
        "chosen_technician_id": A,
        "query": {},
        "policy": {},
        "candidates": candidates,
        "excluded": out,
        "counts": {},
        "batch": None,
    }
    return Decision(**(values | more))


TWO = (candidate(A, 1, 1_040.0), candidate(B, 2, 2_310.0))


def subject(person: UUID, *coarse: UUID, decision: Decision | None = None) -> VerdictSubject:
    return VerdictSubject(decision or receipt(TWO), person, "Ana", coarse)


# Verdicts ------------------------------------------------------------------------------------------------------------


DRIVEN = (
    candidate(A, 1, 2_000.0, drive={"seconds": 260.0, "metres": 2_600.0}),
    candidate(B, 2, 700.0, drive={"seconds": 991.0, "metres": 910.0}),
    candidate(C, 3, 500.0, no_drive="unreachable"),
)
ROUTED = {"router": "osrm", "asked": 3, "requests": 1, "kept": 0, "without_drive": 1, "problem": None}


def test_by_drive_time_the_sentences_tell_minutes() -> None:
    decision = receipt(DRIVEN, routing=ROUTED)
    assert (
        as_candidate(subject(A, decision=decision), DRIVEN[0]).sentence == "Ana was offered: number 1, 4 min by road."
    )
    later = as_candidate(subject(B, decision=decision), DRIVEN[1])
    assert later.sentence == "Ana could go, but was number 2: 12 min later than the first."
    no_road = as_candidate(subject(C, decision=decision), DRIVEN[2])
    assert no_road.sentence == "Ana could go, but was number 3: the router knows no road from there."
    unnamed = as_farther(subject(D, decision=decision), 300.0)
    assert unnamed.rank == 4
    assert unnamed.sentence == (
        "Ana could have gone, and was behind those whom the router put first: number 4 or later."
    )
    fallen_back = receipt(TWO, routing=ROUTED | {"problem": {"code": "timeout", "detail": "Too late."}})
    assert as_farther(subject(D, decision=fallen_back), 300.0).rank == 1


@pytest.mark.parametrize(("later_s", "told"), [(1.0, "1 min"), (60.0, "1 min"), (3_600.0, "60 min")])
def test_minutes_are_whole_and_at_least_one(later_s: float, told: str) -> None:
    first, own = (candidate(one, 1, 5.0, drive={"seconds": s, "metres": 9.0}) for one, s in ((A, 0.0), (B, later_s)))
    found = as_candidate(subject(B, decision=receipt([first, own], routing=ROUTED)), own | {"rank": 2})
    assert found.sentence == f"Ana could go, but was number 2: {told} later than the first."


def test_where_the_first_has_no_drive_metres_are_told() -> None:
    first, own = candidate(A, 1, 1_000.0), candidate(B, 2, 3_000.0, drive={"seconds": 60.0, "metres": 900.0})
    found = as_candidate(subject(B, decision=receipt([first, own], routing=ROUTED)), own)
    assert found.sentence == "Ana could go, but was number 2: 2000 m farther than the first."


def test_coarsely_a_drive_is_told_to_the_minute() -> None:
    first = with_rounded_distances(receipt(DRIVEN, routing=ROUTED), {A}).candidates[0]
    assert (first["distance_m"], first["eta_s"]) == (2_000.0, 240.0)
    assert first.get("drive") == {"seconds": 240.0, "metres": 2_600.0}


def test_the_one_who_was_chosen() -> None:
    found = as_candidate(subject(A), TWO[0])
    assert (found.technician_id, found.name, found.verdict, found.rank) == (A, "Ana", "chosen", 1)
    assert (found.distance_m, found.gap_m, found.reasons) == (1_040.0, 0.0, ())
    assert found.sentence == "Ana was offered: number 1, 1.0 km away."
    assert (found.reconstructed, found.track_expired) == (False, False)


def test_kilometres_are_thousands_of_metres() -> None:
    far = receipt([candidate(A, 1, 60_000.0)])
    assert (
        as_candidate(subject(A, decision=far), far.candidates[0]).sentence == "Ana was offered: number 1, 60.0 km away."
    )


def test_one_who_could_go_and_came_later() -> None:
    found = as_candidate(subject(B), TWO[1])
    assert (found.technician_id, found.name, found.verdict, found.rank) == (B, "Ana", "candidate", 2)
    assert (found.distance_m, found.gap_m) == (2_310.0, 1_270.0)
    assert found.sentence == "Ana could go, but was number 2: 1270 m farther than the first."


def test_one_who_could_have_gone_and_is_not_named() -> None:
    found = as_farther(subject(C), 2_310.0)
    assert (found.technician_id, found.name, found.verdict, found.rank) == (C, "Ana", "candidate", 3)
    assert (found.distance_m, found.gap_m, found.reconstructed) == (2_310.0, 1_270.0, True)
    assert found.sentence == "Ana could have gone, and was 1270 m farther than the first: number 3 or later."
    assert as_farther(subject(C), 2_309.0).rank == 2
    assert not found.track_expired


def test_how_far_behind_an_unseen_first_candidate_a_technician_was_is_not_told() -> None:
    driven = receipt(DRIVEN, routing=ROUTED)
    for decision in (receipt(TWO), driven):
        unseen = replace(subject(B, decision=decision), first_is_hidden=True)
        found = as_candidate(unseen, decision.candidates[1])
        assert (found.gap_m, found.sentence) == (None, "Ana could go, but was number 2.")
    no_road = as_candidate(replace(subject(C, decision=driven), first_is_hidden=True), DRIVEN[2])
    assert no_road.sentence == "Ana could go, but was number 3: the router knows no road from there."
    farther = as_farther(replace(subject(C), first_is_hidden=True), 2_310.0)
    assert (farther.gap_m, farther.distance_m) == (None, 2_310.0)
    assert farther.sentence == "Ana could have gone, and others were nearer: number 3 or later."


def test_the_only_technician_who_could_have_gone() -> None:
    found = as_farther(subject(C, decision=receipt()), 500.0)
    assert (found.rank, found.gap_m, found.distance_m) == (1, None, 500.0)
    assert found.sentence == "Ana could have gone, and no other technician could: number 1 or later."


def test_one_who_could_not_go() -> None:
    reasons = [reason("3.0 km away", radius_m=3_001), reason("old", freshness_s=360)]
    found = as_excluded(subject(C), reasons, 2_310.0, promise=Promise("both were more", 2))
    assert (found.technician_id, found.name, found.verdict, found.rank) == (C, "Ana", "excluded", None)
    assert (found.distance_m, found.gap_m, found.reasons) == (2_310.0, None, reasons)
    assert found.sentence == "Ana could not go: 3.0 km away; old. Number 2 if both were more."
    assert (found.reconstructed, found.track_expired) == (False, False)


def test_without_a_promise_none_is_told_and_one_without_a_rank_has_no_number() -> None:
    twice = [reason("a"), reason("b")]
    found = as_excluded(subject(C), twice, None, reconstructed=True, track_expired=True)
    assert (found.sentence, found.distance_m) == ("Ana could not go: a; b.", None)
    assert (found.reconstructed, found.track_expired) == (True, True)
    unranked = as_excluded(subject(C), twice, 10.0, promise=Promise("it were so"))
    assert unranked.sentence == "Ana could not go: a; b. Could go if it were so."


THREE, FOUR = "2026-05-20T15:00:00+00:00", "2026-05-20T13:00:00-03:00"


@pytest.mark.parametrize(
    ("needed", "words", "changes"),
    [
        ({"freshness_s": 9}, "positions were good for 9 s", {"freshness_s": 9}),
        ({"radius_m": 9}, "the radius were at least 9 m", {"radius_m": 9}),
        ({"offer_limit": 9}, "9 offers at a time were allowed", {"offer_limit": 9}),
        ({"free_from": THREE}, f"the slot began at {THREE}", {"slot_start": THREE}),
        ({"time_off_until": THREE}, f"the slot began at {THREE}", {"slot_start": THREE}),
        ({"capacity": 9}, "the provider took on 9 a day", {}),
        ({"cooled_off_at": THREE}, f"technicians might be asked again before {THREE}", {}),
    ],
)
def test_what_would_have_had_to_differ(needed: dict[str, Any], words: str, changes: dict[str, Any]) -> None:
    found = what_suffices([reason("no", **needed)])
    assert found == Sufficing(words, {Adjustment(name): value for name, value in changes.items()}, bool(changes))


def test_what_differs_in_several_ways_is_told_together() -> None:
    found = what_suffices([reason("", radius_m=3_001), reason("", freshness_s=360)])
    assert found == Sufficing(
        "the radius were at least 3001 m and positions were good for 360 s",
        {Adjustment.RADIUS_M: 3_001, Adjustment.FRESHNESS_S: 360},
        countable=True,
    )
    uncountable = what_suffices([reason("", radius_m=3_001, other=1), reason("", capacity=2)])
    assert uncountable == Sufficing(
        "the radius were at least 3001 m and the provider took on 2 a day",
        {Adjustment.RADIUS_M: 3_001},
        countable=False,
    )
    both = what_suffices([reason("", capacity=2, free_from=THREE)])
    assert both == Sufficing(
        f"the provider took on 2 a day and the slot began at {THREE}", {Adjustment.SLOT_START: THREE}, countable=False
    )


@pytest.mark.parametrize("needed", [{}, {"skills": ["tv"]}, {"cooled_off_at": None}])
def test_where_one_reason_has_no_remedy_none_suffices(needed: dict[str, Any]) -> None:
    assert what_suffices([reason("a", radius_m=9), reason("b", **needed), reason("c", radius_m=9)]) is None


@pytest.mark.parametrize("starts", [(THREE, FOUR), (FOUR, THREE), (FOUR, FOUR)])
def test_of_two_starts_the_later_is_told_whatever_their_offsets(starts: tuple[str, str]) -> None:
    found = what_suffices([reason("a", free_from=starts[0]), reason("b", time_off_until=starts[1])])
    assert found == Sufficing(f"the slot began at {FOUR}", {Adjustment.SLOT_START: FOUR}, countable=True)


@pytest.mark.parametrize("radii_m", [(900, 1_100), (1_100, 900)])
def test_of_two_numbers_the_greater_is_told(radii_m: tuple[int, int]) -> None:
    found = what_suffices([reason("a", radius_m=radius_m) for radius_m in radii_m])
    assert found == Sufficing("the radius were at least 1100 m", {Adjustment.RADIUS_M: 1_100}, countable=True)


def test_the_others() -> None:
    new, lost, erased = as_not_employed_yet(subject(C)), as_untracked(subject(C), track_expired=True), None
    assert (new.verdict, new.sentence, new.reconstructed) == ("not_considered", "Ana did not work here yet.", True)
    assert (lost.verdict, lost.reconstructed, lost.track_expired) == ("unknown", True, True)
    assert lost.sentence == (
        "The track of that day is no longer kept, so it is not known where Ana was. No other reason excluded Ana."
    )
    assert not as_untracked(subject(C), track_expired=False).track_expired
    erased = as_of_erased_customer(subject(C))
    assert (erased.verdict, erased.reconstructed) == ("unknown", False)
    assert erased.sentence == "The customer was erased, so it is no longer known how far away Ana was."
    assert {(one.technician_id, one.name) for one in (new, lost, erased)} == {(C, "Ana")}


def test_entries_are_found_by_technician() -> None:
    decision = receipt(TWO, [excluded(C, None)])
    assert subject(B, decision=decision).candidate == TWO[1]
    assert subject(C, decision=decision).candidate is None
    assert subject(C, decision=decision).excluded == excluded(C, None)
    assert subject(A, decision=decision).excluded is None


# Rounding ------------------------------------------------------------------------------------------------------------


def test_a_distance_is_rounded_to_a_hundred_metres() -> None:
    assert [shown_m(distance_m, coarse=True) for distance_m in (0.0, 49.0, 51.0, 1_040.0)] == [0.0, 0.0, 100.0, 1_000.0]
    assert shown_m(1_040.5, coarse=False) == 1_040.5


def test_a_coarse_technicians_verdict_tells_no_more_and_its_rank_is_exact() -> None:
    both = as_candidate(subject(B, A, B), TWO[1])
    assert (both.rank, both.distance_m, both.gap_m) == (2, 2_300.0, 1_300.0)
    assert both.sentence == "Ana could go, but was number 2: 1300 m farther than the first."
    only_first = as_candidate(subject(B, A), TWO[1])
    assert (only_first.distance_m, only_first.gap_m) == (2_310.0, 1_310.0)
    far = as_farther(subject(C, C), 2_349.0)
    assert (far.rank, far.distance_m, far.gap_m) == (3, 2_300.0, 1_260.0)
    assert as_excluded(subject(C, C), [reason("a", radius_m=1_100)], 1_049.0).distance_m == 1_000.0


def test_a_gap_is_never_negative() -> None:
    near = receipt([candidate(A, 1, 1_040.0), candidate(B, 2, 1_045.0)])
    assert as_candidate(subject(B, B, decision=near), near.candidates[1]).gap_m == 0.0


def test_a_receipt_rounds_for_the_technicians_named_and_for_no_other() -> None:
    far = reason("far", radius_m=2_901)
    decision = receipt(TWO, [excluded(C, 2_860.0, far, reason("old", freshness_s=301)), excluded(D, 2_860.0, far)])
    shown = with_rounded_distances(decision, {A, C})
    first, second = shown.candidates
    assert (first["distance_m"], first["coarse"], first["rank"]) == (1_000.0, True, 1)
    assert first["eta_s"] == pytest.approx(1_000 * 1.4 / 8.3, rel=0.01)
    assert first["position"] == {"accuracy_m": 700.0, "provenance": "live"}
    assert second == TWO[1]
    rounded, exact = shown.excluded
    assert (rounded["distance_m"], rounded["coarse"]) == (2_900.0, True)
    assert rounded["reasons"] == [reason("far", radius_m=3_000), reason("old", freshness_s=301)]
    assert exact == excluded(D, 2_860.0, far)
    assert with_rounded_distances(decision, set()) == Decision(
        **{name: getattr(decision, name) for name in Decision.__dataclass_fields__}
        | {"candidates": [*decision.candidates], "excluded": [*decision.excluded]}
    )


def test_a_distance_that_is_not_told_stays_untold() -> None:
    (shown,) = with_rounded_distances(receipt(out=[excluded(C, None)]), {C}).excluded
    assert (shown["distance_m"], shown["coarse"]) == (None, True)


def test_an_untold_distance_stays_untold_in_a_coarse_verdict_too() -> None:
    assert as_excluded(subject(C, C), [reason("a")], None).distance_m is None


def test_a_place_that_was_known_worse_than_coarsely_stays_so() -> None:
    vague = candidate(A, 1, 1_040.0, position={"accuracy_m": 900.0, "provenance": "live"})
    (shown,) = with_rounded_distances(receipt([vague]), {A}).candidates
    assert shown["position"]["accuracy_m"] == 900.0


def test_a_needed_radius_is_rounded_up_so_that_it_suffices() -> None:
    radii = [rounded_reasons([reason("", radius_m=radius_m)])[0]["needed"]["radius_m"] for radius_m in (100, 101, 199)]
    assert radii == [100, 200, 200]
    kept = reason("", radius_m=101, other=1)
    assert rounded_reasons([kept])[0] == reason("", radius_m=200, other=1)
    assert kept["needed"]["radius_m"] == 101


BATCH = {
    "id": "x",
    "orders": 2,
    "optimal_m": 3_333.3,
    "bound_m": 3_283.3,
    "greedy_m": 4_444.4,
    "chosen": {"name": "Ana", "distance_m": 1_111.1},
    "greedy": {"technician_id": str(D), "distance_m": 2_222.2},
}


@pytest.mark.parametrize("coarse", [A, D])
def test_a_batch_rounds_its_distances_and_sums_for_technicians_shown_coarsely(coarse: UUID) -> None:
    shown = with_rounded_distances(receipt(batch=BATCH), {coarse}).batch
    assert shown == {
        "id": "x",
        "orders": 2,
        "optimal_m": 3_300.0,
        "bound_m": 3_300.0,
        "greedy_m": 4_400.0,
        "chosen": {"name": "Ana", "distance_m": 1_100.0},
        "greedy": {"technician_id": str(D), "distance_m": 2_200.0},
    }


def test_a_batch_without_coarse_technicians_stays_and_may_lack_a_comparison() -> None:
    assert with_rounded_distances(receipt(batch=BATCH), {C}).batch == BATCH
    alone = {**BATCH, "greedy": None}
    shown = with_rounded_distances(receipt(batch=alone), {A}).batch
    assert shown is not None
    assert (shown["greedy"], shown["optimal_m"]) == (None, 3_300.0)
    assert with_rounded_distances(receipt(batch={"id": "x", "greedy": BATCH["greedy"]}), {D}).batch == {
        "id": "x",
        "greedy": {"technician_id": str(D), "distance_m": 2_200.0},
    }


def test_who_is_named_told_and_recorded_as_coarse() -> None:
    decision = receipt([candidate(A, 1, 5.0, coarse=True)], [excluded(C, None, coarse=False)], batch=BATCH)
    assert list_technicians(decision) == {A, C, D}
    assert list_named(decision) == {A, D}
    assert list_recorded_coarse(decision) == {A}
    unchosen = receipt(chosen_technician_id=None, batch={**BATCH, "greedy": None})
    assert list_technicians(unchosen) == set()
    by_batch = receipt(chosen_technician_id=B, batch={**BATCH, "greedy": None})
    assert list_named(by_batch) == {B}


def test_without_a_batch_the_candidates_and_the_excluded_are_named_alone() -> None:
    decision = receipt([candidate(A, 1, 5.0)], [excluded(C, 7.0), excluded(D, None)])
    assert list_named(decision) == {A, C}
    assert list_technicians(decision) == {A, C, D}
    assert list_recorded_coarse(decision) == set()


def test_a_batch_says_which_of_its_technicians_were_shown_coarsely() -> None:
    chosen, greedy = BATCH["chosen"], BATCH["greedy"]
    assert isinstance(chosen, dict)
    assert isinstance(greedy, dict)
    assert list_recorded_coarse(receipt(batch=BATCH)) == set()
    assert list_recorded_coarse(receipt(batch={**BATCH, "chosen": {**chosen, "coarse": True}})) == {A}
    assert list_recorded_coarse(receipt(batch={**BATCH, "greedy": {**greedy, "coarse": True}})) == {D}
    assert list_recorded_coarse(receipt(batch={**BATCH, "greedy": {**greedy, "coarse": False}})) == set()
