"""Viewers of the live stream beside pings: how many pings a second are taken, and how late the viewers are told."""

import re
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection
from statistics import quantiles
from time import monotonic

from scripts.benchmark.fleet import Fleet
from scripts.benchmark.load import Client, Outcome
from scripts.benchmark.questions import Positions, request_bytes

_CURSOR = re.compile(rb"^id: (\d+)$", re.MULTILINE)
_READ_BYTES = 262_144


@dataclass
class Heard:
    """What viewers were sent: how many of them, bytes, and how long after it was read each event came, in seconds."""

    viewers: int = 0
    received: int = 0
    late_s: list[float] = field(default_factory=list)

    @property
    def p99_s(self) -> float:
        """The time within which 99 of 100 events came."""
        return quantiles(self.late_s, n=100)[-1] if len(self.late_s) > 1 else 0.0


def pings(client: Client, port: int, fleet: Fleet, seconds: float) -> Outcome:
    """Phones that report one position after the other, from 64 connections."""
    sent = Positions(fleet, connections=64, each=10 + int(120 * seconds), size=1)
    return client.measure(port, sent, seconds=seconds, expect=b'"accepted"')


@contextmanager
def watching(port: int, fleet: Fleet, viewers: int) -> Iterator[Heard]:
    """So many viewers in a process of their own; what they heard is there at the end."""
    heard = Heard()
    ours, theirs = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=_watch, args=(theirs, port, fleet, viewers), daemon=True)
    process.start()
    ours.recv()
    try:
        yield heard
    finally:
        ours.send("stop")
        told = ours.recv()
        process.join()
        heard.viewers, heard.received, heard.late_s = told.viewers, told.received, told.late_s


def _watch(parent: "Connection[object, object]", port: int, fleet: Fleet, viewers: int) -> None:
    poll, sockets = select.epoll(), dict[int, socket.socket]()
    for number in range(viewers):
        one = socket.create_connection(("127.0.0.1", port))
        one.sendall(request_bytes("GET", "/v1/live", token=fleet.keys[number % len(fleet.keys)]))
        sockets[one.fileno()] = one
        poll.register(one.fileno(), select.EPOLLIN)
    heard, begun = Heard(), set[int]()
    give_up_at = monotonic() + 60
    while len(begun) < viewers and monotonic() < give_up_at:
        for descriptor, _ in poll.poll(0.1):
            if b"event:" in sockets[descriptor].recv(_READ_BYTES):
                begun.add(descriptor)
    parent.send("begun")
    while not parent.poll():
        for descriptor, _ in poll.poll(0.1):
            content = sockets[descriptor].recv(_READ_BYTES)
            heard.received += len(content)
            for cursor in _CURSOR.findall(content):
                heard.late_s.append(datetime.now(UTC).timestamp() - int(cursor) / 1e6)
    heard.viewers = len(begun)
    parent.send(heard)
