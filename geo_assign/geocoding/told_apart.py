"""Streets of one name that a number, or a word such as great and little, tells apart.

Carrera 8 is not Carrera 7, Calle 7 is neither; the Second Jacob Street is not the First, Pedro IV no Pedro V; Große
Bleichen are not Kleine Bleichen.
"""

import re
from collections.abc import Iterable, Iterator

from geo_assign.geocoding.words import alternatives
from geo_assign.geocoding.words.streets import KINDS_AFTER, KINDS_BEFORE, SAME, TELLING, Kind

_BORDERS = re.compile(r"[,;\n|§()]+|\s-\s")
_WORDS = re.compile(r"[^\W\d_]+")
_ORDINAL = re.compile(
    r"(?<![\w-])(\d{1,3})(?:\.(?=\s[^\W\d])|(?:st|nd|rd|th|er|ere|re|eme|e|º|-?(?:я|ая|и|ыи|ои|ησ|οσ|η))(?!\w))"
)
_ROMAN = re.compile(r"(?<=\w\s)(x{0,3}(?:ix|iv|v?i{0,3}))(?![\w'.])")
_ROMAN_VALUES = {"x": 10, "ix": 9, "v": 5, "iv": 4, "i": 1}
_BEFORE = re.compile(rf"(?<!\w)({alternatives(sorted(KINDS_BEFORE, key=len, reverse=True))})\.?\s*(\d{{1,4}})(?!\w)")
# Number and kind, as in Turkey: "1453. Sokak". In "12 avenue Foch" the number is the house's.
_NUMBERED_AFTER = sorted((word for word, kinds in KINDS_AFTER.items() if ("tr", "street") in kinds), key=len)
_AFTER = re.compile(rf"(?<!\w)(\d{{1,4}})\.?\s+({alternatives(reversed(_NUMBERED_AFTER))})(?!\w)")


def is_told_apart(asked: str, street: str) -> bool:
    """Whether the folded text names another street of the folded `street`'s name."""
    return _is_another_number(asked, street) or _is_numbered_otherwise(asked, street) or _is_opposite(asked, street)


def _is_another_number(asked: str, street: str) -> bool:
    """Of streets that have nothing but a number: whether the text has others, and not this one."""
    road = next(iter(_numbered(street)), None)
    if road is None or len(_WORDS.findall(street)) != 1:
        return False
    kinds, number = road
    named = list(_numbered(asked))
    if any(one == number and its & kinds for its, one in named):
        return False
    languages = {language for language, _ in kinds}
    return any(its & kinds or (one == number and languages & {language for language, _ in its}) for its, one in named)


def _numbered(text: str) -> Iterator[tuple[frozenset[Kind], str]]:
    for match in _BEFORE.finditer(text):
        yield KINDS_BEFORE[match[1]], match[2]
    for match in _AFTER.finditer(text):
        yield KINDS_AFTER[match[2]], match[1]


def _is_numbered_otherwise(asked: str, street: str) -> bool:
    """Of streets that an ordinal or a Roman number tells apart: whether the text has another, and not this one."""
    told = set(_ordinals(street))
    if not told:
        return False
    words = {word for word in _WORDS.findall(street) if len(word) > 3}
    parts = [part for part in _BORDERS.split(asked) if words & set(_WORDS.findall(part))]
    others = {number for part in parts for number in _ordinals(part)}
    return bool(others) and not told & (others | {int(digits) for digits in re.findall(r"\d+", asked)})


def _ordinals(text: str) -> Iterator[int]:
    for match in _ORDINAL.finditer(text):
        yield int(match[1])
    for word in _WORDS.findall(text):
        if SAME.get(word, "").isdecimal():
            yield int(SAME[word])
    for match in _ROMAN.finditer(text):
        # A single letter is a number only where the name ends.
        if len(match[1]) > 1 or (match[1] and re.match(r"\s*(?:\d|$)", text[match.end() :])):
            yield _value(match[1])


def _value(roman: str) -> int:
    return sum(_ROMAN_VALUES[sign] for sign in re.findall(r"ix|iv|x|v|i", roman))


def _is_opposite(asked: str, street: str) -> bool:
    """Whether the text has the words of the street behind another word that tells such streets apart."""
    first, *rest = _WORDS.findall(street) or [""]
    if first not in TELLING or not rest:
        return False
    words = _WORDS.findall(asked)
    before = [words[at - 1] for at in _places(rest, words) if at]
    return bool(before) and all(word in TELLING and word[:3] != first[:3] for word in before)


def _places(part: list[str], words: list[str]) -> Iterable[int]:
    return (at for at in range(len(words)) if words[at : at + len(part)] == part)
