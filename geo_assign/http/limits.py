"""Rate limits: few tries at a password, and a ceiling per caller that only a runaway client reaches.

Counted in this process's memory, or in Redis for all processes together (`GEO_ASSIGN_RATE_LIMIT_STORAGE`).
"""

import hashlib
import ipaddress
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from typing import Protocol
from uuid import UUID

from limits import RateLimitItemPerSecond
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter

from geo_assign.access.domain import BadCredentialsError
from geo_assign.core.clock import wall_clock
from geo_assign.core.errors import TooManyError
from geo_assign.core.settings import Settings


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `times` in each window of `per_s` seconds."""

    name: str
    times: int
    per_s: int = 60


# Of log-ins only those that fail stay counted. The first bounds a guesser at one address and concerns no other address;
# the second one who tries many accounts; the third one with many addresses. From an address where the account logged in
# before the third does not count, so that no stranger elsewhere keeps its owner out.
LOG_INS_PER_ACCOUNT = Rate("log_in_account", 10)
LOG_INS_PER_ADDRESS = Rate("log_in_address", 60)
LOG_INS_FROM_UNKNOWN_ADDRESSES = Rate("log_in_unknown", 200, 3_600)
KNOWN_ADDRESSES = Rate("log_in_known", 1, 30 * 86_400)
# A page that follows a technician asks every ten seconds; many customers may share the address of one mobile network.
LOOKS_PER_LINK = Rate("customer_link", 60)
LOOKS_PER_ADDRESS = Rate("customer_link_address", 600)
_IPV6_SITE = 64
# No link can be guessed; what these bound is the work that a stranger can have us do.
ONE_TIME_LINKS_PER_ADDRESS = Rate("one_time_links", 60)
RESETS_PER_ACCOUNT = Rate("resets_account", 5, 3_600)
RESETS_PER_ADDRESS = Rate("resets_address", 60, 3_600)
CALLS_PER_CALLER = Rate("calls", 6_000)
# Of booking pages, whose key any visitor reads: of one visitor's address, and of all visitors of a key together.
WIDGET_LEADS = Rate("widget_leads", 10), Rate("widget_leads_of_key", 60)
WIDGET_READS = Rate("widget_reads", 30), Rate("widget_reads_of_key", 300)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a rate: `remaining` calls until it begins anew in `reset_s` seconds."""

    rate: Rate
    remaining: int
    reset_s: float

    def binds_before(self, other: "Allowance") -> bool:
        """Whether a caller meets this one first, or has to wait longer for it."""
        return (self.remaining, -self.reset_s) < (other.remaining, -other.reset_s)

    def headers(self) -> Mapping[str, str]:
        """The widely read trio of headers, and the policy behind it."""
        return {
            "RateLimit-Limit": str(self.rate.times),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(max(1, ceil(self.reset_s))),
            "RateLimit-Policy": f"{self.rate.times};w={self.rate.per_s}",
        }


Tell = Callable[[Allowance], None]
"""Hears what is left of a limit that a call counts against."""


def _tell_none(_allowance: Allowance) -> None:
    """Where no answer tells it."""


class TooManyLogInsError(TooManyError):
    """Too many attempts to log in to this account, or from this address.

    Try again after `Retry-After` seconds.
    """

    code = "too_many_log_ins"


class Counters(Protocol):
    """Where hits are counted."""

    def hit(self, rate: Rate, key: str) -> float | None:
        """Count one; the seconds until the next window when it is one too many, else None."""

    def give_back(self, rate: Rate, key: str) -> None:
        """Take back one that was counted."""

    def is_counted(self, rate: Rate, key: str) -> bool:
        """Whether there was one in this window."""

    def allowance(self, rate: Rate, key: str) -> Allowance:
        """What is left in this window; counts nothing."""


class Limits:
    """Counts what callers do. Every method raises TooManyError with the seconds to wait; without counters, never.

    `tell` hears how each limit of its own that a call has then stands, and the one that refuses.
    """

    def __init__(self, counters: Counters | None, tell: Tell = _tell_none) -> None:
        self._counters = counters
        self._tell = tell

    @classmethod
    def of(cls, settings: Settings, tell: Tell = _tell_none) -> "Limits":
        if settings.rate_limits == "off":
            return cls(None)
        storage = settings.rate_limit_storage
        return cls(MemoryCounters() if storage.startswith("memory:") else SharedCounters(storage), tell)

    @contextmanager
    def log_in(self, *, organization: str, email: str, address: str) -> Iterator[None]:
        """Around one attempt: raises TooManyLogInsError before a password is looked at.

        It is counted before, so that attempts at the same moment count as well, and taken back unless it ends in
        BadCredentialsError. Where the account is known, account and address together decide, never the account alone.
        """
        if self._counters is None:
            yield
            return
        account = _hash_of(organization, email)
        site = _site_of(address)
        here = f"{account}/{site}"
        counted = [(LOG_INS_PER_ADDRESS, site), (LOG_INS_PER_ACCOUNT, here)]
        if not self._counters.is_counted(KNOWN_ADDRESSES, here):
            counted.append((LOG_INS_FROM_UNKNOWN_ADDRESSES, account))
        begun: list[tuple[Rate, str]] = []
        try:
            for rate, key in counted:
                begun.append((rate, key))
                self._hit(rate, key, TooManyLogInsError)
            yield
        except BadCredentialsError:
            self._tell_left(counted)
            raise
        except BaseException:
            self._give_back(begun)
            raise
        self._give_back(counted)
        self._tell_left(counted)
        self._counters.hit(KNOWN_ADDRESSES, here)

    def look(self, link: bytes, address: str) -> None:
        """One more look by a customer's link from an address."""
        if self._counters is not None:
            self._count((LOOKS_PER_ADDRESS, _site_of(address)), (LOOKS_PER_LINK, link.hex()))

    def one_time_link(self, *, address: str) -> None:
        """One more look at, or use of, a one-time link from this address."""
        if self._counters is not None:
            self._count((ONE_TIME_LINKS_PER_ADDRESS, _site_of(address)))

    def password_reset(self, *, organization: str, email: str, address: str) -> None:
        """One more request for a link, whether there is such an account or not.

        Account and address together decide, so that no stranger elsewhere keeps a user from asking.
        """
        if self._counters is None:
            return
        site = _site_of(address)
        account = f"{_hash_of(organization, email)}/{site}"
        self._count((RESETS_PER_ADDRESS, site), (RESETS_PER_ACCOUNT, account))

    def call(self, caller_id: UUID, operation: str) -> None:
        """One more call of `operation` by this caller."""
        if self._counters is not None:
            self._hit(CALLS_PER_CALLER, f"{caller_id.hex}/{operation}", TooManyError)

    def left(self, caller_id: UUID, operation: str) -> Allowance | None:
        """How many more calls of `operation` this caller has; None where nothing is counted."""
        if self._counters is None:
            return None
        return self._counters.allowance(CALLS_PER_CALLER, f"{caller_id.hex}/{operation}")

    def widget(self, rates: tuple[Rate, Rate], *, key_id: UUID, address: str) -> None:
        """One more call from a booking page: of the address first, so that one visitor uses up no other's."""
        if self._counters is not None:
            of_visitor, of_key = rates
            self._count((of_visitor, f"{key_id.hex}/{_site_of(address)}"), (of_key, key_id.hex))

    def _give_back(self, counted: Sequence[tuple[Rate, str]]) -> None:
        for rate, key in counted:
            if self._counters is not None:
                self._counters.give_back(rate, key)

    def _count(self, *counted: tuple[Rate, str]) -> None:
        for rate, key in counted:
            self._hit(rate, key, TooManyError)
        self._tell_left(counted)

    def _tell_left(self, counted: Sequence[tuple[Rate, str]]) -> None:
        if self._counters is not None:
            for rate, key in counted:
                self._tell(self._counters.allowance(rate, key))

    def _hit(self, rate: Rate, key: str, error: type[TooManyError]) -> None:
        wait_s = None if self._counters is None else self._counters.hit(rate, key)
        if wait_s is not None:
            self._tell(Allowance(rate, 0, wait_s))
            raise error(retry_after_s=wait_s)


class MemoryCounters:
    """This process's own.

    The library's memory storage starts a thread every 10 ms to walk over every key it has; here a window's counts are
    dropped together when its time is over.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._windows: dict[Rate, tuple[int, dict[str, int]]] = {}

    def hit(self, rate: Rate, key: str) -> float | None:
        now = time.monotonic()
        window = int(now // rate.per_s)
        with self._lock:
            begun, counts = self._windows.get(rate, (-1, {}))
            if begun != window:
                counts = {}
                self._windows[rate] = (window, counts)
            count = counts.get(key, 0) + 1
            counts[key] = count
        return None if count <= rate.times else (window + 1) * rate.per_s - now

    def give_back(self, rate: Rate, key: str) -> None:
        with self._lock:
            begun, counts = self._windows.get(rate, (-1, {}))
            if begun == int(time.monotonic() // rate.per_s) and counts.get(key):
                counts[key] -= 1

    def is_counted(self, rate: Rate, key: str) -> bool:
        with self._lock:
            begun, counts = self._windows.get(rate, (-1, {}))
            return begun == int(time.monotonic() // rate.per_s) and counts.get(key, 0) > 0

    def allowance(self, rate: Rate, key: str) -> Allowance:
        now = time.monotonic()
        window = int(now // rate.per_s)
        with self._lock:
            begun, counts = self._windows.get(rate, (-1, {}))
            count = counts.get(key, 0) if begun == window else 0
        return Allowance(rate, max(0, rate.times - count), (window + 1) * rate.per_s - now)


class SharedCounters:
    """Those of every process that names the same storage, such as `redis://host:6379`."""

    def __init__(self, uri: str) -> None:
        self._limiter = FixedWindowRateLimiter(storage_from_string(uri))

    def give_back(self, rate: Rate, key: str) -> None:
        self._limiter.hit(_item(rate), key, cost=-1)

    def is_counted(self, rate: Rate, key: str) -> bool:
        return self._limiter.get_window_stats(_item(rate), key).remaining < rate.times

    def allowance(self, rate: Rate, key: str) -> Allowance:
        reset_at, remaining = self._limiter.get_window_stats(_item(rate), key)
        return Allowance(rate, remaining, reset_at - wall_clock().timestamp())

    def hit(self, rate: Rate, key: str) -> float | None:
        item = _item(rate)
        if self._limiter.hit(item, key):
            return None
        reset_at, _ = self._limiter.get_window_stats(item, key)
        return max(1.0, reset_at - wall_clock().timestamp())


def _item(rate: Rate) -> RateLimitItemPerSecond:
    return RateLimitItemPerSecond(rate.times, rate.per_s, namespace=rate.name)


def _hash_of(organization: str, email: str) -> str:
    """An account's name in the counters: a shared store of them is no place for e-mail addresses."""
    return hashlib.sha256(f"{organization}\0{email.lower()}".encode("utf-8", "replace")).hexdigest()


def _site_of(address: str) -> str:
    """The address, or of IPv6 the network of one site: there a single customer has more addresses than can be tried."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    mapped = parsed.ipv4_mapped
    return str(mapped or ipaddress.ip_network((parsed, _IPV6_SITE), strict=False))
