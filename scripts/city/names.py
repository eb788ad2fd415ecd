"""Invented names of streets."""

import json
import random
from collections.abc import Iterator
from pathlib import Path

_WORDS = Path(__file__).with_name("street_words.json")
_KINDS = ("Street", "Street", "Street", "Lane", "Road", "Row", "Way", "Close", "Walk", "Terrace", "Hill", "Place")


def street_names(rng: random.Random) -> Iterator[str]:
    """Yield names of streets, each once, the plain ones first."""
    words: list[str] = json.loads(_WORDS.read_text(encoding="utf-8"))
    kinds = list(dict.fromkeys(_KINDS))
    singles = [f"{word} {rng.choice(_KINDS)}" for word in words]
    others = [f"{word} {kind}" for word in words for kind in kinds]
    rng.shuffle(singles)
    rng.shuffle(others)
    yield from dict.fromkeys([*singles, *others])
