"""The judgement, without a database: time order, jumps, two phones, wrong clocks."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_assign.positions.domain import (
    Current,
    DutyInterval,
    Fix,
    KnownState,
    MockPolicy,
    Ping,
    PingPolicy,
    PingResult,
    Verdict,
)
from geo_assign.positions.judging import Arrival, Judged, Kept, judge, within_reach
from tests.positions.conftest import NOON, ping, seconds, verdicts_of

ANA = KnownState(
    technician_id=UUID(int=7),
    on_duty=True,
    duty=[DutyInterval(NOON - timedelta(hours=4))],
    policy=PingPolicy(retention=timedelta(days=1)),
)


def judged(
    standing: KnownState, *sent: Ping | tuple[str, Ping], received_at: datetime = NOON
) -> tuple[list[str], Judged]:
    """Verdicts in short and the whole outcome; pings without a device are the phone's."""
    arrivals = [Arrival("phone", item) if isinstance(item, Ping) else Arrival(*item) for item in sent]
    outcome = judge(standing, arrivals, received_at=received_at)
    return verdicts_of(outcome.results), outcome


def current_of(outcome: Judged) -> Current:
    assert outcome.current is not None
    return outcome.current


def after(standing: KnownState, outcome: Judged) -> KnownState:
    """The standing as the next request would read it: fixes come back without the place in their request."""
    return replace(standing, current=outcome.current and read_back(outcome.current))


def read_back(current: Current) -> Current:
    def again(fix: Fix) -> Fix:
        return fix._replace(ordinal=2**63)

    return replace(current, fix=again(current.fix), plausible=again(current.plausible))


def test_a_batch_in_any_order_is_judged_in_time_order() -> None:
    results, outcome = judged(ANA, ping(-10), ping(-30), ping(-20))
    assert results == ["accepted"] * 3
    assert [item.fix.recorded_at for item in outcome.kept] == [NOON - seconds(s) for s in (30, 20, 10)]
    assert current_of(outcome).fix.recorded_at == NOON - seconds(10)


def test_older_than_what_is_known_is_late_and_does_not_move() -> None:
    _, first = judged(ANA, ping(-10))
    results, second = judged(after(ANA, first), ping(-20, north_m=100))
    assert results == ["late"]
    assert not second.moved
    assert current_of(second).fix.lat == ping().lat
    assert len(second.kept) == 1


@pytest.mark.parametrize(("behind_s", "verdict"), [(0.001, "accepted"), (0.1, "accepted"), (0.101, "late")])
def test_by_a_tenth_of_a_second_no_position_is_late_nor_moves_back(behind_s: float, verdict: str) -> None:
    _, first = judged(ANA, ping(-10))
    results, second = judged(after(ANA, first), ping(-10 - behind_s, north_m=100))
    assert results == [verdict]
    assert not second.moved
    assert current_of(second).fix.lat == ping().lat
    assert len(second.kept) == 1


def test_the_same_device_time_twice_in_a_batch_is_a_duplicate_whatever_else_it_says() -> None:
    results, outcome = judged(ANA, ping(-10), ping(-10, north_m=900), ping(-20))
    assert results == ["accepted", "duplicate", "accepted"]
    assert len(outcome.kept) == 2


def test_two_phones_may_send_the_same_time() -> None:
    results, outcome = judged(ANA, ("phone", ping(-10)), ("tablet", ping(-10, north_m=20)))
    assert results == ["accepted", "accepted"]
    assert current_of(outcome).fix.device == "tablet"


def test_of_two_phones_the_newest_device_time_wins() -> None:
    _, first = judged(ANA, ("tablet", ping(-10)))
    results, second = judged(after(ANA, first), ("phone", ping(-15)), ("phone", ping(-5, north_m=50)))
    assert results == ["late", "accepted"]
    assert current_of(second).fix.device == "phone"


def test_a_refused_ping_keeps_nothing_and_moves_no_position() -> None:
    results, outcome = judged(ANA, ping(lat=95.0), ping(-1, lat=0.0, lon=0.0))
    assert results == ["rejected:out_of_range", "rejected:null_island"]
    assert (outcome.kept, outcome.current, outcome.moved) == ([], None, False)


def test_a_jump_is_flagged_and_kept_as_current_but_not_plausible() -> None:
    results, outcome = judged(ANA, ping(-20), ping(-10, north_m=50_000))
    assert results == ["accepted", "accepted+implausible_jump"]
    current = current_of(outcome)
    assert current.implausible
    assert current.fix.recorded_at == NOON - seconds(10)
    assert current.plausible.recorded_at == NOON - seconds(20)


def test_seventy_metres_per_second_are_plausible_and_more_are_not() -> None:
    assert judged(ANA, ping(-20), ping(-10, north_m=699))[0] == ["accepted", "accepted"]
    assert judged(ANA, ping(-20), ping(-10, north_m=702))[0] == ["accepted", "accepted+implausible_jump"]


def test_a_second_position_that_agrees_with_a_jump_makes_both_plausible() -> None:
    _, first = judged(ANA, ping(-30), ping(-20, north_m=50_000))
    results, second = judged(after(ANA, first), ping(-10, north_m=50_100))
    assert results == ["accepted"]
    assert not current_of(second).implausible
    assert current_of(second).plausible == current_of(second).fix


def test_a_position_that_agrees_with_what_was_plausible_condemns_the_jump_alone() -> None:
    results, outcome = judged(ANA, ping(-30), ping(-20, north_m=50_000), ping(-10, north_m=100))
    assert results == ["accepted", "accepted+implausible_jump", "accepted"]
    assert not current_of(outcome).implausible


def test_wild_positions_that_disagree_stay_implausible() -> None:
    results, _ = judged(ANA, ping(-30), ping(-20, north_m=50_000), ping(-10, north_m=-50_000))
    assert results[1:] == ["accepted+implausible_jump"] * 2


def test_a_step_across_the_date_line_is_no_jump() -> None:
    assert judged(ANA, ping(-20, lon=179.9999), ping(-10, lon=-179.9999))[0] == ["accepted"] * 2


def test_a_future_ping_is_used_at_its_receive_time_and_freezes_nothing() -> None:
    results, first = judged(ANA, ping(3_600))
    assert results == ["accepted+clock_ahead"]
    assert current_of(first).fix.used_at == NOON
    assert current_of(first).ahead_until == NOON + seconds(3_600)
    results, second = judged(after(ANA, first), ping(15, north_m=100), received_at=NOON + seconds(16))
    assert results == ["accepted"]
    assert second.moved


def test_pings_of_a_clock_that_runs_ahead_are_judged_by_that_clock() -> None:
    """All are used at the receive time; a minute's drive between them is no jump."""
    results, _ = judged(ANA, ping(3_600), ping(3_660, north_m=1_500))
    assert results == ["accepted+clock_ahead"] * 2


def test_on_duty_then_is_kept_although_off_duty_now() -> None:
    home = replace(ANA, on_duty=False, duty=[DutyInterval(NOON - timedelta(hours=4), NOON - timedelta(hours=1))])
    results, outcome = judged(home, ping(-7_200), ping(-1_800))
    assert results == ["accepted", "rejected:off_duty"]
    assert [item.ping.recorded_at for item in outcome.kept] == [NOON - timedelta(hours=2)]
    assert not outcome.returned


def test_off_duty_a_device_is_not_even_heard() -> None:
    _, first = judged(ANA, ping(-10))
    home = replace(after(ANA, first), on_duty=False, duty=[DutyInterval(NOON - timedelta(hours=4), NOON)])
    results, second = judged(home, ping(100), received_at=NOON + seconds(100))
    assert results == ["rejected:off_duty"]
    assert current_of(second).heard_at == NOON


def test_any_ping_on_duty_is_heard() -> None:
    _, first = judged(ANA, ping(-10))
    _, second = judged(after(ANA, first), ping(50, lat=95.0), received_at=NOON + seconds(60))
    assert current_of(second).heard_at == NOON + seconds(60)
    assert not second.moved


def test_who_becomes_available_again_has_returned() -> None:
    _, first = judged(ANA, ping(-10))
    assert first.returned
    known = after(ANA, first)
    assert not judged(known, ping(20), received_at=NOON + seconds(20))[1].returned
    assert judged(known, ping(900), received_at=NOON + seconds(900))[1].returned
    assert not judged(known, ping(20, north_m=90_000), received_at=NOON + seconds(20))[1].returned


def test_a_jump_that_is_confirmed_brings_the_technician_back() -> None:
    _, first = judged(ANA, ping(-30), ping(-20, north_m=50_000))
    assert not first.returned
    assert judged(after(ANA, first), ping(-10, north_m=50_100))[1].returned


# Each rule by itself --------------------------------------------------------------------------------------------------


def test_a_ping_that_the_track_knows_already_is_a_duplicate() -> None:
    arrivals = [Arrival("phone", ping(-20)), Arrival("phone", ping(-10)), Arrival("tablet", ping(-20))]
    outcome = judge(ANA, arrivals, received_at=NOON, known={(NOON - seconds(20), "phone")})
    assert verdicts_of(outcome.results) == ["duplicate", "accepted", "accepted"]
    assert [item.fix.ordinal for item in outcome.kept] == [2, 1]


def test_what_is_kept_has_its_time_in_utc() -> None:
    here = timezone(timedelta(hours=2))
    _, outcome = judged(ANA, replace(ping(), recorded_at=(NOON - seconds(10)).astimezone(here)))
    (item,) = outcome.kept
    assert item.fix.recorded_at == NOON - seconds(10)
    assert item.fix.recorded_at.tzinfo is UTC


def test_ten_seconds_ahead_are_no_wrong_clock_and_more_are() -> None:
    assert judged(ANA, ping(5))[0] == ["accepted"]
    assert judged(ANA, ping(10))[0] == ["accepted"]
    assert judged(ANA, ping(10.001))[0] == ["accepted+clock_ahead"]


def test_how_far_a_clock_ran_ahead_is_remembered() -> None:
    _, usual = judged(ANA, ping(-10))
    assert current_of(usual).ahead_until is None
    _, first = judged(ANA, ping(3_600))
    _, second = judged(after(ANA, first), ping(15), received_at=NOON + seconds(16))
    assert current_of(second).ahead_until == NOON + seconds(3_600)
    _, third = judged(after(ANA, second), ping(7_200), received_at=NOON + seconds(20))
    assert current_of(third).ahead_until == NOON + seconds(7_200)


def test_a_technician_off_duty_is_heard_when_an_earlier_position_moves_the_technician() -> None:
    _, first = judged(ANA, ping(-60), received_at=NOON - seconds(60))
    home = replace(after(ANA, first), on_duty=False, duty=[DutyInterval(NOON - timedelta(hours=4), NOON)])
    _, second = judged(home, ping(-10), received_at=NOON + seconds(100))
    assert second.moved
    assert current_of(second).heard_at == NOON + seconds(100)


def test_a_simulated_position_is_current_until_another_moves_the_technician() -> None:
    _, usual = judged(ANA, ping(-40))
    assert current_of(usual).mock is False
    results, mocked = judged(after(ANA, usual), ping(-20, mock=True))
    assert results == ["accepted+mock_location"]
    assert current_of(mocked).mock is True
    results, late = judged(after(ANA, mocked), ping(-30))
    assert results == ["late"]
    assert current_of(late).mock is True
    _, moved = judged(after(ANA, late), ping(-10))
    assert current_of(moved).mock is False
    results, late = judged(after(ANA, moved), ping(-15, mock=True))
    assert results == ["late+mock_location"]
    assert current_of(late).mock is False


def test_a_time_that_was_cut_is_not_compared_with_one_that_was_not() -> None:
    assert judged(ANA, ping(-10), ping(3_600, north_m=5_000))[0] == [
        "accepted",
        "accepted+clock_ahead+implausible_jump",
    ]
    _, first = judged(ANA, ping(3_600))
    results, _ = judged(after(ANA, first), ping(20, north_m=5_000), received_at=NOON + seconds(20))
    assert results == ["accepted+implausible_jump"]


def test_clocks_of_two_devices_are_not_compared() -> None:
    results, _ = judged(ANA, ("phone", ping(3_600)), ("tablet", ping(3_660, north_m=1_500)))
    assert results == ["accepted+clock_ahead", "accepted+clock_ahead+implausible_jump"]


@pytest.mark.parametrize(
    ("there", "elapsed_s", "within"),
    [
        ((0.0, 0.0006), 0, True),  # 67 m
        ((0.0, 0.0009), 0, False),  # 100 m
        ((0.0, 0.0012), 1, False),  # 133 m
        ((0.0, 0.0012), 2, True),
        ((0.0, 1.0), 1_589, True),  # 111,195 m at 69.98 m/s
        ((0.0, 1.0), 1_588, False),  # at 70.02 m/s
    ],
)
def test_seventy_metres_can_be_gone_in_each_second(there: tuple[float, float], elapsed_s: int, *, within: bool) -> None:
    assert within_reach(fix(0.0, 0.0), fix(*there, later_s=elapsed_s)) is within


def test_a_way_across_the_equator_or_greenwich_is_as_long_as_any() -> None:
    assert not within_reach(fix(0.3, 10.0), fix(-0.3, 10.0, later_s=10))
    assert not within_reach(fix(10.0, 0.3), fix(10.0, -0.3, later_s=10))


def fix(lat: float, lon: float, *, later_s: float = 0) -> Fix:
    at = NOON + seconds(later_s)
    return Fix(at, at, "phone", 0, lat, lon)


# Any pings -----------------------------------------------------------------------------------------------------------

# Times and places that collide often: the interesting cases are equal times, equal places, two devices.
GOOD = st.builds(
    lambda at_s, north_m: ping(at_s, north_m=north_m), st.integers(-40, 0), st.sampled_from([0, 10, 500, 80_000])
)
BAD = st.builds(
    lambda at_s, changes: ping(at_s, **changes),
    st.integers(-40, 0),
    st.sampled_from([{"lat": 95.0}, {"lat": 0.0, "lon": 0.0}, {"accuracy_m": -1.0}]),
)
DEVICES = st.sampled_from(["phone", "tablet"])
GOOD_ARRIVALS = st.lists(st.tuples(DEVICES, GOOD), min_size=1, max_size=12)
ARRIVALS = st.lists(st.tuples(DEVICES, GOOD | BAD), min_size=1, max_size=12)


def deliver(requests: Sequence[Sequence[tuple[str, Ping]]]) -> tuple[KnownState, dict[tuple[datetime, str], Kept]]:
    """Requests one after the other, with a track that knows its keys, as the database does."""
    standing, track = ANA, dict[tuple[datetime, str], Kept]()
    for request in requests:
        arrivals = [Arrival(*item) for item in request]
        outcome = judge(standing, arrivals, received_at=NOON)
        for item in outcome.kept:
            track.setdefault((item.fix.recorded_at, item.fix.device), item)
        standing = after(standing, outcome)
    return standing, track


@given(GOOD_ARRIVALS, st.randoms(use_true_random=False))
def test_any_order_and_any_split_end_at_the_newest_position(arrivals: list[tuple[str, Ping]], random: object) -> None:
    distinct = list({(sent.recorded_at, device): (device, sent) for device, sent in arrivals}.values())
    shuffled = sorted(distinct, key=lambda _: random.random())  # type: ignore[attr-defined]
    cut = int(random.random() * len(shuffled))  # type: ignore[attr-defined]
    newest = max(distinct, key=lambda item: (item[1].recorded_at, item[0]))
    for requests in ([shuffled], [[item] for item in shuffled], [shuffled[:cut], shuffled[cut:]]):
        standing, track = deliver([request for request in requests if request])
        assert standing.current is not None
        assert standing.current.fix[:3] == (newest[1].recorded_at, newest[1].recorded_at, newest[0])
        assert track.keys() == {(sent.recorded_at, device) for device, sent in distinct}


@given(ARRIVALS)
def test_a_split_changes_no_verdict_but_accepted_and_late(arrivals: list[tuple[str, Ping]]) -> None:
    def kind(result: PingResult) -> tuple[bool, object]:
        return result.verdict is Verdict.REJECTED, result.reason

    together = judge(ANA, [Arrival(*item) for item in arrivals], received_at=NOON)
    alone = [judge(ANA, [Arrival(*item)], received_at=NOON).results[0] for item in arrivals]
    assert [kind(result) for result in together.results] == [kind(result) for result in alone]


@given(ARRIVALS)
def test_every_ping_is_kept_duplicate_or_rejected(arrivals: list[tuple[str, Ping]]) -> None:
    outcome = judge(ANA, [Arrival(*item) for item in arrivals], received_at=NOON)
    kept = {item.fix.ordinal for item in outcome.kept}
    for ordinal, result in enumerate(outcome.results):
        assert (ordinal in kept) == (result.verdict in {Verdict.ACCEPTED, Verdict.LATE})


@given(
    st.floats(-90, 90),
    st.floats(-180, 180),
    st.floats(-0.05, 0.05),
    st.floats(-0.05, 0.05),
    st.integers(1, 600),
)
def test_the_quick_bound_never_hides_a_jump(lat: float, lon: float, d_lat: float, d_lon: float, elapsed_s: int) -> None:
    from geo_assign.core.geo import Point, haversine_m

    there = (max(-90.0, min(90.0, lat + d_lat)), max(-180.0, min(180.0, lon + d_lon)))
    earlier = Fix(NOON, NOON, "phone", 0, lat, lon)
    later = Fix(NOON + seconds(elapsed_s), NOON + seconds(elapsed_s), "phone", 1, *there)
    assert within_reach(earlier, later) == (haversine_m(Point(lat, lon), Point(*there)) <= 70.0 * elapsed_s)


@pytest.mark.parametrize(
    ("begun_s", "recorded_s", "verdict"),
    [
        (-9.6, -10.0, "accepted"),  # ten seconds ago means all of that second
        (-9.001, -10.0, "accepted"),
        (-9.0, -10.0, "rejected:off_duty"),
        (-9.6, -10.001, "rejected:off_duty"),  # with fractions it means what it says
        (-9.6, -11.0, "rejected:off_duty"),
        (-9.6, -9.6, "accepted"),
    ],
)
def test_a_time_without_fractions_means_the_whole_second(begun_s: float, recorded_s: float, verdict: str) -> None:
    standing = replace(ANA, duty=[DutyInterval(NOON + seconds(begun_s))])
    results, outcome = judged(standing, ping(recorded_s))
    assert results == [verdict]
    for item in outcome.kept:
        assert item.fix.recorded_at == NOON + seconds(recorded_s)
        assert item.fix.used_at == NOON + seconds(max(begun_s, recorded_s))


def test_a_second_in_which_duty_ended_before_it_began_again_is_on_duty_from_then_on() -> None:
    duty = [DutyInterval(NOON - seconds(600), NOON - seconds(30)), DutyInterval(NOON - seconds(9.5))]
    results, outcome = judged(replace(ANA, duty=duty), ping(-30), ping(-10), ping(-9))
    assert results == ["rejected:off_duty", "accepted", "accepted"]
    assert [item.fix.used_at for item in outcome.kept] == [NOON - seconds(9.5), NOON - seconds(9)]


def test_what_is_wrong_besides_stays_wrong_in_the_second_in_which_duty_began() -> None:
    policy = replace(ANA.policy, mock=MockPolicy.REFUSE)
    standing = replace(ANA, duty=[DutyInterval(NOON - seconds(9.5))], policy=policy)
    assert judged(standing, ping(-10, mock=True))[0] == ["rejected:mock_location"]


def test_duty_that_begins_after_the_present_is_none_yet() -> None:
    standing = replace(ANA, duty=[DutyInterval(NOON + seconds(0.5))])
    assert judged(standing, ping(0))[0] == ["rejected:off_duty"]
