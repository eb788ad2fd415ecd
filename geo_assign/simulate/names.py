"""Invented names of people; none of them exists."""

import json
import random
from collections.abc import Iterator
from functools import cache
from importlib.resources import files


@cache
def _words() -> dict[str, list[str]]:
    """Return the given and family names that names are made of."""
    text = files(__package__).joinpath("words.json").read_text(encoding="utf-8")
    lists: dict[str, list[str]] = json.loads(text)
    return lists


def people(rng: random.Random) -> Iterator[str]:
    """Yield names of people without end; the first few hundred differ."""
    given, family = list(_words()["given"]), list(_words()["family"])
    while True:
        rng.shuffle(given)
        rng.shuffle(family)
        for turn in range(len(given) * 5):
            yield f"{given[turn % len(given)]} {family[(turn + turn // len(given)) % len(family)]}"
