"""Few tries at a password; a wait that is told; nothing kept that names a person."""

import time
from contextlib import ExitStack
from dataclasses import replace
from uuid import uuid4

import pytest

from geo_assign.access.domain import BadCredentialsError
from geo_assign.core.errors import TooManyError
from geo_assign.http import limits as module
from geo_assign.http.limits import (
    LOG_INS_FROM_UNKNOWN_ADDRESSES,
    LOG_INS_PER_ACCOUNT,
    LOG_INS_PER_ADDRESS,
    Limits,
    MemoryCounters,
    Rate,
    SharedCounters,
    TooManyLogInsError,
)


def attempt(limits: Limits, address: str, *, right: bool = False, email: str = "ana@example.com") -> bool:
    """Try to log in; whether the password was looked at."""
    try:
        with limits.log_in(organization="demo", email=email, address=address):
            if not right:
                raise BadCredentialsError
    except BadCredentialsError:
        return True
    except TooManyLogInsError:
        return False
    return True


@pytest.fixture(autouse=True)
def one_long_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows of a day, so that hardly any test meets the end of one."""
    for name in ("LOG_INS_PER_ACCOUNT", "LOG_INS_PER_ADDRESS", "LOG_INS_FROM_UNKNOWN_ADDRESSES"):
        monkeypatch.setattr(module, name, replace(getattr(module, name), per_s=86_400))


def test_a_guesser_at_one_address_has_few_tries_whatever_the_case() -> None:
    limits = Limits(MemoryCounters())
    looked = [attempt(limits, "10.0.0.1", email=email) for email in ("Ana@example.com", "ana@EXAMPLE.com") * 10]
    assert looked.count(True) == LOG_INS_PER_ACCOUNT.times
    with pytest.raises(TooManyLogInsError) as caught:
        limits.log_in(organization="demo", email="ana@example.com", address="10.0.0.1").__enter__()
    assert caught.value.retry_after_s is not None
    assert 0 < caught.value.retry_after_s <= 86_400
    with limits.log_in(organization="other", email="ana@example.com", address="10.0.0.1"):
        pass


def test_log_ins_that_succeed_are_not_counted() -> None:
    limits = Limits(MemoryCounters())
    assert all(attempt(limits, "10.0.0.1", right=True) for _ in range(500))


def test_a_stranger_locks_no_owner_out() -> None:
    """Neither from one address nor from very many, where the owner has logged in before."""
    limits = Limits(MemoryCounters())
    assert attempt(limits, "10.0.0.1", right=True)
    for number in range(3_000):
        attempt(limits, f"10.{number % 250}.7.{number // 250}")
    assert attempt(limits, "10.0.0.1", right=True)
    # One slip of the owner's is not the last.
    assert attempt(limits, "10.0.0.1")
    assert attempt(limits, "10.0.0.1", right=True)


def test_a_guesser_with_many_addresses_is_bounded() -> None:
    limits = Limits(MemoryCounters())
    looked = [attempt(limits, f"10.{number % 250}.8.{number // 250}") for number in range(3_000)]
    assert looked.count(True) == LOG_INS_FROM_UNKNOWN_ADDRESSES.times


def test_the_addresses_of_one_ipv6_site_count_as_one() -> None:
    limits = Limits(MemoryCounters())
    looked = [attempt(limits, f"2a00:1450:1:2::{number:x}") for number in range(100)]
    assert looked.count(True) == LOG_INS_PER_ACCOUNT.times
    assert attempt(limits, "2a00:1450:1:3::1")
    assert attempt(limits, "::ffff:10.0.0.1")


def test_one_who_tries_many_accounts_from_one_address_is_bounded() -> None:
    limits = Limits(MemoryCounters())
    looked = [attempt(limits, "10.0.0.1", email=f"{number}@example.com") for number in range(300)]
    assert looked.count(True) == LOG_INS_PER_ADDRESS.times


def test_attempts_at_the_same_moment_count_too() -> None:
    limits, inside, refused = Limits(MemoryCounters()), ExitStack(), 0
    with inside:
        for _ in range(LOG_INS_PER_ACCOUNT.times + 5):
            try:
                inside.enter_context(limits.log_in(organization="demo", email="ana@example.com", address="10.0.0.1"))
            except TooManyLogInsError:
                refused += 1
    assert refused == 5


def test_a_failure_of_the_service_is_no_failed_log_in() -> None:
    limits = Limits(MemoryCounters())
    for _ in range(100):
        with pytest.raises(ConnectionError):
            _break_down(limits)
    assert attempt(limits, "10.0.0.1")


def _break_down(limits: Limits) -> None:
    with limits.log_in(organization="demo", email="ana@example.com", address="10.0.0.1"):
        raise ConnectionError


def test_shared_counters_take_back_and_remember() -> None:
    counters, rate = SharedCounters("memory://"), Rate("test", 2, 86_400)
    assert not counters.is_counted(rate, "a")
    assert [counters.hit(rate, "a") for _ in range(2)] == [None, None]
    assert counters.hit(rate, "a") is not None
    counters.give_back(rate, "a")
    counters.give_back(rate, "a")
    assert counters.is_counted(rate, "a")
    assert counters.hit(rate, "a") is None


def test_counts_keep_no_names() -> None:
    counters = MemoryCounters()
    attempt(Limits(counters), "10.0.0.1")
    attempt(Limits(counters), "10.0.0.1", right=True)
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
        assert attempt(limits, "10.0.0.1")
        limits.call(uuid4(), "find_nearest")


def test_a_runaway_client_is_slowed_down_per_operation() -> None:
    limits, caller = Limits(MemoryCounters()), uuid4()
    with pytest.raises(TooManyError):  # noqa: PT012 - which one it is depends on the minute
        for _ in range(12_001):
            limits.call(caller, "find_nearest")
    limits.call(caller, "accept_offer")
