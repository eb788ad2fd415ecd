"""Pairs and lists of numbers: houses from 6 to 7, or house 12 with flat 5, or flat 5 of house 12."""

import re
from dataclasses import dataclass

from geo_assign.geocoding.words.habits import (
    HOUSE_DASH_FLAT,
    HOUSE_SLASH_FLAT,
    HOUSES_WITH_SLASH,
    ONE_NUMBER_WITH_DASH,
    ONE_NUMBER_WITH_SLASH,
    TWO_NUMBERS_WITH_SLASH,
    UNIT_DASH_HOUSE,
    UNIT_SLASH_HOUSE,
)

# A range of houses wider than this has no houses between: it may be a flat and a house, a block and a lot.
_WIDEST_RANGE = 20
# Houses on both sides of the street, or counted one by one, are few where they stand in one number.
_WIDEST_ROW = 9
# Two houses that share one number with a slash stand this close.
_WIDEST_SLASH = 8
# Letters that look alike in other scripts, as keyboards mix them up.
_LATIN = {"а": "a", "α": "a", "β": "b"}
# A number in a parish has so many digits; a shorter one is rather a house with a flat.
_PARISH_DIGITS = 3


@dataclass(frozen=True, slots=True)
class HouseNumber:
    """One or several house numbers: normalised `texts` such as `12`, `12a`, `37-12`, and ranges of plain numbers."""

    texts: frozenset[str]
    ranges: tuple[tuple[int, int], ...] = ()

    def matches(self, other: "HouseNumber") -> bool:
        """Whether both name a common house: `12` and `12-14` do, `12` and `12a` do not."""
        return bool(self.texts & other.texts) or self.covers(other) or other.covers(self)

    def covers(self, other: "HouseNumber") -> bool:
        """Whether a plain number of `other` lies in a range of this one.

        A range between numbers of one kind, odd or even, is one side of the street; any other counts all houses.
        """
        plain = [int(text) for text in other.texts if text.isdecimal()]
        return any(
            low <= number <= high and _same_side(low, high, number) for low, high in self.ranges for number in plain
        )


def read_number(text: str, *, country: str | None, leading: bool, marked: bool) -> HouseNumber:
    """The meaning of a number, a pair or a list, by the habits of a country.

    `leading`: the address begins with it. `marked`: a `#` stands before it.
    """
    whole = HouseNumber(frozenset())
    for part in re.split(r"\s?[;+&]\s?", text):
        one = _read_part(_canonical(part), country=country, leading=leading, marked=marked)
        whole = HouseNumber(whole.texts | one.texts, whole.ranges + one.ranges)
    return whole


def _read_part(text: str, *, country: str | None, leading: bool, marked: bool) -> HouseNumber:
    letters = re.fullmatch(r"(\d+)([a-z])-\1?([a-z])", text)
    if letters is not None:
        return _letters(text, letters[1], letters[2], letters[3])
    building = re.fullmatch(r"(\d+[^\W\d_]?)[кс]\d+", text)
    if building is not None:
        return HouseNumber(frozenset({text, building[1]}))
    if "/" in text and country in ONE_NUMBER_WITH_SLASH:
        return HouseNumber(frozenset({text}))
    stairs = re.fullmatch(r"([^/-]+)/.+/([^/-]+)", text)
    if stairs is not None:
        return HouseNumber(frozenset({text, stairs[2 if leading or country in UNIT_SLASH_HOUSE else 1]}))
    pair = re.fullmatch(r"(\d+)([^\W\d_]*)([-/])(\d+)([^\W\d_]*)", text)
    if pair is None or marked:
        return HouseNumber(frozenset({text}))
    low, high = pair[1] + pair[2], pair[4] + pair[5]
    step = int(pair[4]) - int(pair[1])
    if pair[3] == "/":
        return _with_slash(text, low, high, step, country=country, leading=leading)
    return _with_dash(text, low, high, step, country=country, leading=leading)


def _letters(text: str, number: str, first: str, last: str) -> HouseNumber:
    """`48a-c`: the doors from a to c."""
    doors = {f"{number}{chr(letter)}" for letter in range(ord(first), ord(last) + 1)}
    return HouseNumber(frozenset({text, number + first, number + last} | doors))


def _with_slash(text: str, low: str, high: str, step: int, *, country: str | None, leading: bool) -> HouseNumber:
    houses = 0 < step <= _WIDEST_SLASH and step % 2 == 0
    if houses and country in HOUSES_WITH_SLASH:
        return _range(text, low, high)
    if country in TWO_NUMBERS_WITH_SLASH and len(low) >= _PARISH_DIGITS:
        return HouseNumber(frozenset({text, low, high}))
    if country in UNIT_SLASH_HOUSE or (leading and country not in TWO_NUMBERS_WITH_SLASH | HOUSE_SLASH_FLAT):
        return HouseNumber(frozenset({text, high}))
    return HouseNumber(frozenset({text, low}))


def _with_dash(text: str, low: str, high: str, step: int, *, country: str | None, leading: bool) -> HouseNumber:
    if country in HOUSE_DASH_FLAT:
        return HouseNumber(frozenset({text, low}))
    if country in UNIT_DASH_HOUSE and leading:
        return HouseNumber(frozenset({text, high}))
    if country in ONE_NUMBER_WITH_DASH and step > _WIDEST_RANGE:
        return HouseNumber(frozenset({text}))
    if step > 0:
        return _range(text, low, high)
    if country is None or country in ONE_NUMBER_WITH_DASH or country in HOUSES_WITH_SLASH:
        return HouseNumber(frozenset({text}))
    return HouseNumber(frozenset({text, low}))


def _range(text: str, low: str, high: str) -> HouseNumber:
    """Both ends, and where they stand close together what lies between."""
    first, last = int(re.sub(r"\D", "", low)), int(re.sub(r"\D", "", high))
    close = last - first <= (_WIDEST_RANGE if (last - first) % 2 == 0 else _WIDEST_ROW)
    return HouseNumber(frozenset({text, low, high}), ((first, last),) if close else ())


def _same_side(low: int, high: int, number: int) -> bool:
    return (high - low) % 2 == 1 or (number - low) % 2 == 0


def _canonical(text: str) -> str:
    """`0012 - A` as `12a`, `12 1/2` as `12½`, `12 - 14` as `12-14`, `12 корп. 2` as `12к2`."""
    text = re.sub(r"\s*([-/])\s*", r"\1", text.strip())
    text = re.sub(r"\s?,?\s?(?:корпус|корп|к)\.?\s?(?=\d)", "к", text)
    text = re.sub(r"\s?,?\s?(?:строение|строен|стр|с)\.?\s?(?=\d)", "с", text)
    text = re.sub(r"(?<=\d)\s1/2", "½", text)
    text = re.sub(r"(?<=\d)[-/\s](?=[^\W\d_])", "", text)
    text = re.sub(r"(?<=\d)[аαβ]$", lambda match: _LATIN[match[0]], text)
    return re.sub(r"(?<!\d)0+(?=\d)", "", text)
