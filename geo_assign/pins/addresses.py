"""When two texts are one address: case, accents, print and punctuation are one, units and floors are left out."""

import hashlib
import re
from dataclasses import dataclass, field

from geo_assign.geocoding.coordinates import find_typed_point
from geo_assign.geocoding.folding import fold
from geo_assign.geocoding.housenumbers import find_asked_house
from geo_assign.geocoding.simpler import find_simpler_text

_LONGEST = 500
_AT_MOST = 5
_APART = re.compile(r"[\s,;.§]+")


@dataclass(frozen=True, slots=True)
class FoldedAddress:
    """An address without what lies within the house, as `text`, and what it is known by, as `key`.

    `has_house`: whether it names a house number.
    """

    text: str = field(repr=False)
    key: bytes
    has_house: bool


def fold_address(text: str | None, *, country: str | None) -> FoldedAddress | None:
    """What a text is known by at stores of a country; None for one that names no address, such as coordinates."""
    if not text or len(text) > _LONGEST or find_typed_point(text) is not None:
        return None
    plain = _without_units(" ".join(text.split()), country=country)
    folded = _APART.sub(" ", fold(plain)).strip()
    if not folded:
        return None
    has_house = find_asked_house(plain, country=country) is not None
    return FoldedAddress(plain, hashlib.sha256(folded.encode("utf-8", "surrogatepass")).digest(), has_house)


def _without_units(text: str, *, country: str | None) -> str:
    """As simple as it gets: what is left of one round may be a unit to the next."""
    for _ in range(_AT_MOST):
        simpler = find_simpler_text(text, country=country)
        if simpler is None:
            break
        text = simpler
    return text
