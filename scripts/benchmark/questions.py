"""The requests of the measurements, as bytes."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from scripts.benchmark.fleet import AREA, Fleet
from scripts.benchmark.load import Conversation

# Far enough from the present to leave room for a measurement, near enough to be fresh.
_BEHIND = timedelta(seconds=30)
BATCH = 100


def request_bytes(method: str, path: str, *, token: str = "", body: Any = None) -> bytes:
    """A whole HTTP/1.1 request."""
    data = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {token}"]
    if data:
        lines += ["Content-Type: application/json", f"Content-Length: {len(data)}"]
    return "\r\n".join([*lines, "", ""]).encode() + data


@dataclass(frozen=True)
class Nearest:
    """Who is nearest to a random point? Each connection goes through the API keys."""

    fleet: Fleet
    connections: int
    each: int
    detail: str = "brief"

    def __call__(self) -> Sequence[Conversation]:
        chosen = random.Random(7)  # noqa: S311 - a measurement repeats itself
        south, north, west, east = AREA
        return [
            [
                request_bytes(
                    "POST",
                    "/v1/technicians/nearest",
                    token=self.fleet.keys[(number + turn) % len(self.fleet.keys)],
                    body={
                        "point": {"lat": chosen.randint(south, north) / 1e6, "lon": chosen.randint(west, east) / 1e6},
                        "store_id": str(self.fleet.store_id),
                        "limit": 5,
                        "detail": self.detail,
                    },
                )
                for turn in range(self.each)
            ]
            for number in range(self.connections)
        ]


@dataclass(frozen=True)
class Positions:
    """Phones report, `size` positions at a time; each phone keeps to one connection, and its time goes forward."""

    fleet: Fleet
    connections: int
    each: int
    size: int = BATCH

    def __call__(self) -> Sequence[Conversation]:
        began = datetime.now(UTC) - _BEHIND
        phones = [self.fleet.phones[number :: self.connections] for number in range(self.connections)]
        return [
            [
                request_bytes(
                    "POST",
                    "/v1/positions",
                    token=of_connection[turn % len(of_connection)].token,
                    body={"positions": batch_at(began, turn // len(of_connection), self.size)},
                )
                for turn in range(self.each)
            ]
            for of_connection in phones
        ]


def batch_at(began: datetime, turn: int, size: int) -> list[dict[str, Any]]:
    """`size` positions on a street, a millisecond apart, following those of the turn before.

    So a phone's time goes slower than the clock however fast it reports, and no later measurement comes before it.
    """
    return [
        {
            "recorded_at": (began + timedelta(milliseconds=number)).isoformat(),
            "lat": 41.0 + number % 1000 * 1e-6,
            "lon": -8.6 + number % 1000 * 1e-6,
            "accuracy_m": 8.0 + number % 7,
            "speed_mps": 11.5,
            "heading_deg": 45.0,
            "battery": 0.8,
        }
        for number in range(turn * size, (turn + 1) * size)
    ]
