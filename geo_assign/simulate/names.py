"""Invented names: of streets, of people, of nothing and nobody that exists."""

import json
import random
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

_KINDS = ("Street", "Street", "Street", "Lane", "Road", "Row", "Way", "Close", "Walk", "Terrace", "Hill", "Place")


@cache
def words() -> dict[str, list[str]]:
    """Return the lists of words that names are made of."""
    text = files(__package__).joinpath("words.json").read_text(encoding="utf-8")
    lists: dict[str, list[str]] = json.loads(text)
    return lists


def street_names(rng: random.Random) -> Iterator[str]:
    """Yield names of streets, each once, the plain ones first."""
    places = words()["streets"]
    kinds = list(dict.fromkeys(_KINDS))
    singles = [f"{place} {rng.choice(_KINDS)}" for place in places]
    others = [f"{place} {kind}" for place in places for kind in kinds]
    rng.shuffle(singles)
    rng.shuffle(others)
    yield from dict.fromkeys([*singles, *others])


def people(rng: random.Random) -> Iterator[str]:
    """Yield names of people without end; the first few hundred differ."""
    given, family = list(words()["given"]), list(words()["family"])
    while True:
        rng.shuffle(given)
        rng.shuffle(family)
        for turn in range(len(given) * 5):
            yield f"{given[turn % len(given)]} {family[(turn + turn // len(given)) % len(family)]}"
