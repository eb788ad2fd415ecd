"""The rooms that the page on architecture draws are those of the contract that import-linter holds."""

import re
from configparser import ConfigParser

from tests.docs.pages import ROOT, page

_NAMES = slice(40)
"""The part of a line that names rooms; what they are for comes behind it."""


def drawn_layers() -> list[set[str]]:
    """The names of each layer, from the highest on; a line that begins with `|` goes on with the one above."""
    layers: list[set[str]] = []
    for line in page("docs/architecture.md").blocks("")[0].splitlines():
        names = line[_NAMES]
        if not names.startswith("|"):
            layers.append(set())
        layers[-1] |= set(re.findall(r"\w+", names))
    return layers


def test_the_drawing_has_the_layers_of_the_contract() -> None:
    contracts = ConfigParser()
    contracts.read(ROOT / "setup.cfg")
    layers = contracts["importlinter:contract:direction"]["layers"].split("\n")
    assert drawn_layers() == [set(re.findall(r"\w+", layer)) for layer in layers if layer]
