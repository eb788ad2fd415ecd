"""Bodies on their way in: how long they may take, and who gives a place up."""

import random
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from geo_assign.http.errors import BodyTooSlowError, OverloadedError
from geo_assign.http.known import KnownTokens
from geo_assign.http.receiving import Receiving
from tests.waiting import PATIENCE_S, wait_until


class Whole:
    """A body that is there."""

    def __init__(self, body: bytes) -> None:
        self._rest = body

    def read(self, size: int, /) -> bytes:
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece


class Half(Whole):
    """A body of which only `begun` comes until it is released, and then nothing more."""

    def __init__(self, begun: bytes = b"") -> None:
        super().__init__(begun)
        self.released = threading.Event()

    def read(self, size: int, /) -> bytes:
        if len(self._rest) >= size:
            return super().read(size)
        assert self.released.wait(PATIENCE_S)
        return super().read(size)


class Broken:
    def read(self, _size: int, /) -> bytes:
        raise OSError("the connection is gone")


class Sender(threading.Thread):
    """A request whose body never ends by itself; `end` is what it was told."""

    def __init__(self, receiving: Receiving, address: str) -> None:
        super().__init__(daemon=True)
        self.source = Half()
        self.end: type[BaseException] | None = None
        self._receiving = receiving
        self._address = address
        before = receiving.entered
        self.start()
        wait_until(lambda: receiving.entered > before, "it has a place", pause_s=0.001)

    def run(self) -> None:
        try:
            self._receiving.receive(self.source, 100, address=self._address)
        except OverloadedError as error:
            self.end = type(error)


def made(
    *,
    within_s: float = PATIENCE_S,
    bytes_per_s: float = 1e9,
    places: int = 8,
    per_address: int = 8,
    tenure_s: float = 0.0,
) -> Receiving:
    return Receiving(
        within_s=within_s, bytes_per_s=bytes_per_s, places=places, per_address=per_address, tenure_s=tenure_s
    )


@pytest.mark.parametrize("size", [1, 200, 16_383, 16_384, 16_385, 32_768, 500_000])
def test_a_body_that_is_there_is_received_whole(size: int) -> None:
    body = random.Random(size).randbytes(size)
    receiving = made()
    assert receiving.receive(Whole(body), size, address="a") == body
    assert receiving.receive(Whole(body), size + 1, address="a") == body
    assert receiving.receive(Whole(body), size + 100_000, address="a") == body
    assert receiving.number == 0


@pytest.mark.parametrize("begun", [0, 1, 50, 16_384, 100_000])
def test_a_body_that_stops_half_way_is_given_up(begun: int) -> None:
    receiving = made(within_s=0.05)
    half = Half(b"x" * begun)
    with pytest.raises(BodyTooSlowError):
        receiving.receive(half, 1_000_000, address="a")
    assert receiving.number == 0
    assert receiving.receive(Whole(b"next"), 4, address="a") == b"next"
    half.released.set()


@pytest.mark.parametrize("size", [0, 1, 16_384, 500_000])
def test_what_is_passed_over_is_read_to_its_end_and_not_kept(size: int) -> None:
    receiving = made()
    source = Whole(b"x" * size)
    assert receiving.pass_over(source, size + 1, address="a")
    assert source.read(1) == b""
    assert receiving.number == 0


@pytest.mark.parametrize("begun", [0, 1, 100_000])
def test_passing_over_ends_when_its_time_is_over_however_much_came(begun: int) -> None:
    receiving = made(within_s=0.05, bytes_per_s=1.0)
    half = Half(b"x" * begun)
    assert not receiving.pass_over(half, 1_000_000, address="a")
    assert receiving.number == 0
    half.released.set()


def test_a_body_is_looked_at_while_it_comes() -> None:
    receiving = made()
    source = Half(b"x")
    incoming = receiving.start(source, 2, address="here")
    assert (receiving.number, receiving.is_there(incoming, within_s=0.0)) == (1, False)
    source._rest += b"y"
    source.released.set()
    assert receiving.is_there(incoming, within_s=PATIENCE_S)
    assert receiving.is_there(incoming, within_s=0.0)
    assert receiving.take(incoming) == b"xy"
    receiving.leave(incoming)
    assert receiving.number == 0


def test_what_has_arrived_gives_more_time() -> None:
    receiving = made(within_s=0.05, bytes_per_s=100)
    half = Half(b"x" * 16_384)
    with ThreadPoolExecutor(1) as pool:
        going = pool.submit(receiving.receive, half, 20_000, address="a")
        threading.Event().wait(0.3)
        assert not going.done()
        half.released.set()
        assert going.result(PATIENCE_S) == b"x" * 16_384


def test_an_error_of_the_connection_is_that_of_the_caller() -> None:
    receiving = made()
    with pytest.raises(OSError, match="gone"):
        receiving.receive(Broken(), 10, address="a")
    assert receiving.number == 0


def test_nothing_is_displaced_before_its_tenure_is_over() -> None:
    receiving = made(places=1, tenure_s=4.0)
    first = Sender(receiving, "a")
    with ThreadPoolExecutor(1) as pool:
        later = pool.submit(receiving.receive, Whole(b"later"), 5, address="b")
        threading.Event().wait(0.1)
        assert not later.done()
        first.source.released.set()
        assert later.result(PATIENCE_S) == b"later"
    first.join(PATIENCE_S)
    assert first.end is None


def test_a_later_body_displaces_one_whose_tenure_is_over() -> None:
    receiving = made(places=1, tenure_s=0.05)
    first = Sender(receiving, "a")
    assert receiving.receive(Whole(b"later"), 5, address="b") == b"later"
    first.join(PATIENCE_S)
    assert first.end is OverloadedError


@pytest.mark.parametrize("seed", range(12))
def test_the_oldest_goes_first_of_an_address_with_its_share_or_of_all(seed: int) -> None:
    chosen = random.Random(seed)
    places, per_address = chosen.randint(3, 9), chosen.randint(1, 4)
    receiving = made(places=places, per_address=per_address)
    addresses = [chosen.choice("abcd"[: chosen.randint(1, 4)]) for _ in range(25)]
    senders = [Sender(receiving, address) for address in addresses]
    staying = survivors(addresses, places=places, per_address=per_address)
    wait_until(lambda: receiving.number == len(staying), "the others have been displaced")
    for number, sender in enumerate(senders):
        if number not in staying:
            sender.join(PATIENCE_S)
            assert sender.end is OverloadedError
        else:
            assert sender.is_alive()
    # A whole body finds a place beside them, from whichever address.
    for address in "abcde":
        assert receiving.receive(Whole(b"whole"), 5, address=address) == b"whole"
    for sender in senders:
        sender.source.released.set()
        sender.join(PATIENCE_S)
    assert receiving.number == 0


def survivors(addresses: Sequence[str], *, places: int, per_address: int) -> list[int]:
    """Which of the senders still have their places, by the rule said plainly."""
    staying: list[int] = []
    for number, address in enumerate(addresses):
        own = [one for one in staying if addresses[one] == address]
        if len(own) >= per_address:
            staying.remove(own[0])
        elif len(staying) >= places:
            staying.remove(staying[0])
        staying.append(number)
    return staying


def test_no_place_is_lost_in_a_storm() -> None:
    receiving = made(places=5, per_address=3)

    def send(number: int) -> bool:
        try:
            return receiving.receive(Whole(b"x" * number), number, address=str(number % 4)) == b"x" * number
        except OverloadedError:
            return False

    with ThreadPoolExecutor(16) as pool:
        assert any(pool.map(send, range(1, 2_000)))
    assert receiving.number == 0


def test_a_token_is_known_for_a_while_and_no_more_are_kept_than_told() -> None:
    known = KnownTokens(kept=3)
    for token in (b"1", b"2", b"3", b"1", b"4"):
        known.add(token)
    assert [token for token in (b"1", b"2", b"3", b"4") if known.has(token)] == [b"1", b"3", b"4"]
    known.forget(b"3")
    known.forget(b"3")
    assert not known.has(b"3")
    expired = KnownTokens(kept_s=0)
    expired.add(b"1")
    assert not expired.has(b"1")
