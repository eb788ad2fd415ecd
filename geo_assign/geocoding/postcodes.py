"""Postcodes: whether an answer lies in another postal area than the one that an address names."""

import re

from geo_assign.geocoding.folding import fold
from geo_assign.geocoding.words.habits import UK_AREAS

# How postcodes are written, and how many leading characters are the wider area of a town or a part of one.
_UK = re.compile(rf"(?<!\w)((?:{UK_AREAS})\d[a-z\d]?)\s?(\d[a-z]{{2}})?(?!\w)")
_SHAPES = (
    (re.compile(r"(?<!\w)([a-z]\d[a-z])\s?(\d[a-z]\d)(?!\w)"), 3),
    (re.compile(r"(?<!\w)(\d{4})\s?([a-z]{2})(?!\w)"), 2),
    (re.compile(r"(?<![\w-])(\d{4})-(\d{3})(?![\w-])"), 2),
    (re.compile(r"(?<![\w-])(\d{5})-(\d{3,4})(?![\w-])"), 3),
    (re.compile(r"(?<![\w-])(\d{2})-(\d{3})(?![\w-])"), 2),
    (re.compile(r"(?<![\w-])(\d{3})-(\d{4})(?![\w-])"), 2),
    (re.compile(r"(?<![\w])(?:[a-z]{1,2}-)?(\d{3})\s(\d{2,3})(?![\w])"), 2),
    (re.compile(r"(?<![\w])(?:[a-z]{1,2}-)?(\d{6})(?![\w-])()"), 3),
    (re.compile(r"(?<![\w])(?:[a-z]{1,2}-)?(\d{5})(?![\w-])()"), 2),
    (re.compile(r"(?<![\w])(?:[a-z]{1,2}-)?(\d{4})(?![\w-])()"), 2),
)


def contradicts_postcode(text: str, postcode: str, *, house: str | None = None) -> bool:
    """Whether the address `text` names a postcode of another area than `postcode`, which an answer has.

    The last characters do not count: maps often have those of a neighbour. `house` is the house number as it is
    written in the folded text, which is no postcode.
    """
    asked, found = fold(text), fold(postcode).strip()
    if house:
        asked = re.sub(rf"(?<!\w){re.escape(house)}(?!\w)", " ", asked, count=1)
    british = _UK.fullmatch(found)
    if british is not None:
        areas = {_district(match[1]) for match in _UK.finditer(asked) if match[2] or match.end() == len(asked.rstrip())}
        return bool(areas) and _district(british[1]) not in areas
    for shape, length in _SHAPES:
        whole = shape.fullmatch(found)
        if whole is not None:
            areas = {match[1][:length] for match in shape.finditer(asked)}
            return bool(areas) and whole[1][:length] not in areas
    return False


def shares_postcode(text: str, postcode: str) -> bool:
    """Whether the address names exactly this postcode."""
    bare = re.sub(r"\W", "", fold(postcode))
    return len(bare) > 3 and bare in re.sub(r"[^\w,]|_", "", fold(text))


def outward_code_span(folded: str) -> tuple[int, int] | None:
    """Where the folded text ends in the first half of a British postcode alone."""
    for match in _UK.finditer(folded):
        if not match[2] and match.end() == len(folded.rstrip(" ,.")):
            return match.span()
    return None


def _district(outward: str) -> str:
    """`EC1V` as `ec1`: letters for a part of a district do not count."""
    return re.sub(r"(?<=\d)[a-z]$", "", outward)
