"""Few tries at a password; a wait that is told; nothing kept that names a person."""

import time
from uuid import uuid4

import pytest

from geo_assign.core.errors import TooManyError
from geo_assign.http.limits import LOG_INS_PER_ACCOUNT, Limits, MemoryCounters, Rate, TooManyLogInsError


def test_an_account_has_few_tries_whatever_the_case_and_address() -> None:
    limits = Limits(MemoryCounters())
    for number in range(LOG_INS_PER_ACCOUNT.times):
        limits.log_in(organization="demo", email="Ana@example.com", address=f"10.0.0.{number}")
    with pytest.raises(TooManyLogInsError) as caught:
        limits.log_in(organization="demo", email="ana@EXAMPLE.com", address="10.0.1.1")
    assert caught.value.retry_after_s is not None
    assert 0 < caught.value.retry_after_s <= 60
    limits.log_in(organization="other", email="ana@example.com", address="10.0.1.1")


def test_counts_keep_no_names() -> None:
    counters = MemoryCounters()
    Limits(counters).log_in(organization="demo", email="ana@example.com", address="10.0.0.1")
    assert "ana" not in str(vars(counters))


def test_a_new_window_starts_from_nothing() -> None:
    counters, rate = MemoryCounters(), Rate("test", 1, per_s=1)
    waits = [counters.hit(rate, "a") for _ in range(50)]
    wait_s = max(wait for wait in waits if wait is not None)
    assert 0 < wait_s <= 1
    time.sleep(wait_s)
    assert counters.hit(rate, "a") is None


def test_limits_that_are_off_never_refuse() -> None:
    limits = Limits(None)
    for _ in range(1_000):
        limits.log_in(organization="demo", email="ana@example.com", address="10.0.0.1")
        limits.call(uuid4(), "find_nearest")


def test_a_runaway_client_is_slowed_down_per_operation() -> None:
    limits, caller = Limits(MemoryCounters()), uuid4()
    with pytest.raises(TooManyError):  # noqa: PT012 - which one it is depends on the minute
        for _ in range(12_001):
            limits.call(caller, "find_nearest")
    limits.call(caller, "accept_offer")
