"""A phone loses only what it drops, whatever its other faults; the same seed gives the same faults."""

import random
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_assign.simulate.driving import TruePosition
from geo_assign.simulate.phones import BATCH_SIZE, CHARGING_S, LOW_BATTERY, Faults, Phone, random_faults

GOOD = Faults(
    accuracy_m=0.0, signal_loss_share=0, repeat_share=0, shuffle_share=0, teleport_share=0, mock_share=0, drain_per_s=0
)
BAD = replace(
    GOOD, accuracy_m=8.0, signal_loss_share=0.2, repeat_share=0.3, shuffle_share=0.5, drop_share=0.1, clock_ahead_s=40.0
)
share = st.floats(0, 1)


def eastwards(time_s):
    return TruePosition((10.0 * time_s, 0.0), 10.0, 90.0)


def follow(phone, duration_s=1800.0):
    """Return the uploads of a phone whose owner drives east, and how many measurements it took."""
    time_s, uploads, measured = 0.0, [], 0
    while time_s < duration_s:
        uploads += phone.measure(time_s, eastwards(time_s))
        measured += 1
        time_s = phone.next_measurement_s(time_s)
    return uploads, measured


@st.composite
def bad_phones(draw):
    faults = Faults(
        clock_ahead_s=draw(st.sampled_from([-40.0, 0.0, 40.0])),
        accuracy_m=draw(st.floats(0, 60)),
        signal_loss_share=draw(share),
        repeat_share=draw(share),
        shuffle_share=draw(share),
        drop_share=draw(share),
        teleport_share=draw(share),
        drain_per_s=0.0,
    )
    return Phone(faults, random.Random(draw(st.integers(0, 9999))))


@given(bad_phones())
def test_what_was_measured_was_sent_or_waits_or_was_dropped(phone):
    uploads, measured = follow(phone, 900.0)
    sent = {measurement.recorded_s for upload in uploads for measurement in upload.measurements}
    waiting = {measurement.recorded_s for measurement in phone.buffer}
    dropped = {measurement.recorded_s for measurement in phone.dropped}
    assert len(sent) + len(waiting) + len(dropped) == len(sent | waiting | dropped) == measured


@given(bad_phones())
def test_nothing_is_sent_before_it_was_measured(phone):
    for upload in follow(phone, 600.0)[0]:
        assert all(
            measurement.recorded_s - phone.faults.clock_ahead_s <= upload.sent_s + 1e-6
            for measurement in upload.measurements
        )


@given(st.integers(0, 9999))
def test_the_same_seed_gives_the_same_uploads(seed):
    runs = [follow(Phone(BAD, random.Random(seed)), 300.0) for _ in range(2)]
    assert runs[0] == runs[1]


def test_a_good_phone_sends_its_true_position_at_once():
    uploads, measured = follow(Phone(GOOD, random.Random(1)))
    assert len(uploads) == measured
    for upload in uploads:
        (measurement,) = upload.measurements
        assert measurement.recorded_s == upload.sent_s
        assert measurement.point == (10.0 * upload.sent_s, 0.0)
        assert (measurement.speed_mps, measurement.mock) == (10.0, False)
        assert measurement.heading_deg == pytest.approx(90, abs=20)


def test_without_signal_everything_comes_later_in_one_batch():
    phone = Phone(GOOD, random.Random(1), silent_until_s=500.0)
    uploads, _ = follow(phone, 700.0)
    assert uploads[0].sent_s >= 500
    assert len(uploads[0].measurements) > 40
    assert {len(upload.measurements) for upload in uploads[1:]} == {1}


def test_a_long_silence_is_split_into_batches_that_the_service_takes():
    phone = Phone(GOOD, random.Random(1), silent_until_s=9000.0)
    uploads, measured = follow(phone, 9100.0)
    assert max(len(upload.measurements) for upload in uploads) == BATCH_SIZE
    assert sum(len(upload.measurements) for upload in uploads) == measured


def test_a_bad_phone_repeats_shuffles_and_drops():
    phone = Phone(BAD, random.Random(2))
    uploads, _ = follow(phone, 7200.0)
    batches = [upload.measurements for upload in uploads]
    assert len(batches) > len(set(batches))
    assert any(list(batch) != sorted(batch, key=lambda measurement: measurement.recorded_s) for batch in batches)
    assert phone.dropped
    assert all(upload.measurements[0].recorded_s >= 40 for upload in uploads)


def test_an_error_of_position_is_about_as_large_as_the_accuracy_says():
    uploads, _ = follow(Phone(replace(GOOD, accuracy_m=10.0), random.Random(4)), 20_000)
    errors = [abs(measurement.point[1]) for upload in uploads for measurement in upload.measurements]
    assert sum(errors) / len(errors) == pytest.approx(4.6, abs=1.5)


def test_a_glitch_puts_the_phone_kilometres_away():
    uploads, _ = follow(Phone(replace(GOOD, teleport_share=0.05), random.Random(4)))
    offsets = [
        abs(measurement.point[0] - 10 * measurement.recorded_s)
        for upload in uploads
        for measurement in upload.measurements
    ]
    assert any(3000 <= away <= 20_000 for away in offsets)
    assert sum(away > 1 for away in offsets) < 0.2 * len(offsets)


def test_a_low_battery_measures_less_and_an_empty_one_is_charged():
    tired = Phone(GOOD, random.Random(1), battery=LOW_BATTERY / 2)
    assert tired.next_measurement_s(0.0) >= 3.5 * tired.interval_s
    dying = Phone(replace(GOOD, drain_per_s=0.0001), random.Random(1), battery=0.001)
    uploads, _ = follow(dying, 900.0)
    gaps = [b.sent_s - a.sent_s for a, b in pairwise(uploads)]
    assert max(gaps) >= CHARGING_S
    assert uploads[-1].measurements[-1].battery > 0.5


def test_a_fleet_has_good_and_bad_phones():
    fleet = [random_faults(random.Random(seed)) for seed in range(200)]
    off = sum(abs(faults.clock_ahead_s) == 40 for faults in fleet)
    assert 15 < off < 70
    assert {faults.signal_loss_share for faults in fleet} == {0.012, 0.003}
