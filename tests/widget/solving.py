"""What a browser does with a challenge."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any


def solve(challenge: Mapping[str, Any]) -> dict[str, Any]:
    """The proof for a challenge as `POST /v1/widget/challenges` answers it."""
    for number in range(challenge["max_number"] + 1):
        if sha256(f"{challenge['salt']}{number}".encode()).hexdigest() == challenge["target"]:
            return {"challenge": challenge["challenge"], "number": number}
    raise AssertionError("no number solves it")
