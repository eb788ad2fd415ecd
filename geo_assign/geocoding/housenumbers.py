"""House numbers: the one asked for, found in free text of many countries, against the one a geocoder returned.

A geocoder that does not know number 112 answers with the street's middle, or with number 98, and says neither. So the
number asked is read from the text and compared. Reading is a judgement between the numbers an address contains:
postcodes, floors, flats, ordinals and dates in street names are set aside first; what remains is ranked by where it
stands. A number seen where none was meant costs little (a human confirms the street); one missed sends the technician
to the wrong house, so doubt counts as "asked".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from geo_assign.geocoding.domain import Confidence, GeocodeCandidate
from geo_assign.geocoding.folding import fold
from geo_assign.geocoding.habits import country_of
from geo_assign.geocoding.pairs import HouseNumber, read_number
from geo_assign.geocoding.units import without_units
from geo_assign.geocoding.words import alternatives
from geo_assign.geocoding.words.dates import MONTHS, MONTHS_BEFORE
from geo_assign.geocoding.words.habits import AUSTRALIAN_STATES, STAIR_AND_FLAT
from geo_assign.geocoding.words.named import HAS_STREET_WORD, NUMBERED_ROADS, STREET_WORDS, TOWNS_OF_DISTRICTS
from geo_assign.geocoding.words.units import HOUSE_MARKS

__all__ = ["AskedHouse", "HouseNumber", "asked_house_number", "find_asked_house", "returned_house_number"]

# Stands for what was set aside; no letter, so that it never reads as a word.
_ASIDE = " § "
# Stands for the street's own name, once the provider has told it.
_STREET = " § street § "
# Stands before a number that the text itself calls the house's.
_MARK = " ¶ "


@dataclass(frozen=True, slots=True)
class AskedHouse:
    """The house asked for: its number, and the words for it in the folded text."""

    number: HouseNumber
    written: str


def asked_house_number(text: str, *, street: str | None = None, country: str | None = None) -> HouseNumber | None:
    """The house number that `text` asks for; None when it asks for none.

    `street` is the street's name as a provider returned it: digits in it (`Rua 5`, `Highway 101`) are then no number.
    `country` is the store's, whose habits hold where the text shows no country.
    """
    asked = find_asked_house(text, street=street, country=country)
    return None if asked is None else asked.number


def find_asked_house(text: str, *, street: str | None = None, country: str | None = None) -> AskedHouse | None:
    """As `asked_house_number`, with the words for it."""
    folded = fold(text)
    country = country_of(folded, country)
    plain = _marked(without_units(folded, country=country))
    if street and len(name := fold(street).strip()) > 2:
        plain = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", _STREET, plain)
    # Where no other number is, that of "9 de Julio 1850" is a house and no year.
    found = _numbers(plain, country, _DATES) or _numbers(plain, country, _DAYS)
    if not found:
        return None
    best = _best(found)
    number = read_number(best.text, country=country, leading=best.leading, marked=best.hashed)
    if best.stair and country in STAIR_AND_FLAT:
        number = replace(number, texts=number.texts | {re.sub(r"\D+$", "", text) for text in number.texts})
    return AskedHouse(number, best.text)


def returned_house_number(text: str, *, country: str | None = None) -> HouseNumber | None:
    """The house number a provider returned, as `12-14` or `9;11`; None when the text holds none (`s/n`).

    `country`: whose habits the question followed.
    """
    match = _NUMBERS.search(_without_names(without_units(fold(text)), _DATES))
    return None if match is None else read_number(match[0], country=country, leading=False, marked=False)


def with_number_checked(
    candidate: GeocodeCandidate, asked_text: str, *, country: str | None = None
) -> GeocodeCandidate:
    """`candidate`, worth no more than its street unless it is the house asked for.

    Where no number can be read, no house can be the one asked for.
    """
    asked = asked_house_number(asked_text, street=candidate.street, country=country)
    habits = country_of(fold(asked_text), country)
    returned = returned_house_number(candidate.house_number, country=habits) if candidate.house_number else None
    if asked is not None and returned is not None and asked.matches(returned):
        return candidate
    return replace(candidate, confidence=candidate.confidence.capped(Confidence.STREET))


@dataclass(frozen=True, slots=True)
class _Found:
    """A number in a segment, and how likely it is to be the one.

    `leading`: words follow it, and none stands before it. `named`: its segment has a word for a street. `hashed`: a
    `#` stands before it. `stair`: a letter and another number follow.
    """

    text: str
    weight: float
    index: int
    leading: bool
    named: bool
    hashed: bool
    stair: bool


_MONTH = alternatives(MONTHS)
_ROADS = alternatives(NUMBERED_ROADS)
_TOWNS_OF_DISTRICTS = alternatives(TOWNS_OF_DISTRICTS)
# Dates that streets are named after, with a year perhaps: 31 de janeiro, 8 mai 1945, 17. juni.
_DAY = rf"(?<!\d)\d{{1,2}}\.?\s+(?:de\s+|di\s+|of\s+|d['’])?(?:{_MONTH})(?!\w)"
_DAYS = re.compile(_DAY)
_DATES = re.compile(rf"{_DAY}(?:\s+(?:de\s+|del\s+)?1[89]\d\d\b)?")
_NAMES = tuple(
    re.compile(pattern)
    for pattern in (
        # dates that streets are named after: vasario 16-osios
        rf"(?<!\w)(?:{alternatives(MONTHS_BEFORE)})\s+\d{{1,2}}(?:\.|-?\s?(?:osios|oji|asis|osios))",
        r"(?<!\d)\d+\s?лет\b|(?<!\d)\d+\s?років\b",
        # ordinals: 5th, 1er, 3-я, 28ης, 16-osios
        r"\b\d+(?:st|nd|rd|th|er|ere|eme)\b",
        r"(?<!\w)\d+-?(?:я|ая|ыи|ии|ои|го|ти|ма|ησ|οσ|ου|osios|oji|asis|ois)\b(?!\s?\d)",
        # "3а" is a house with a letter, "3и" (3й) only before the name of a street an ordinal
        r"(?<!\w)\d+(?:-[аи]\b|и\b(?=\s+[^\W\d]))(?!\s?\d)",
        r"\b\d{1,2}e\s+(?=[^\W\d]+(?:\s+[^\W\d]+)?(?:straat|laan|gracht|plein|weg|kade)\b)",
        r"\b\d+e\b(?=\s+arrondissement\b)",
        r"\b\d{1,2}\.(?=\s+[^\W\d])",
        rf"(?<!\w)(?:{_ROADS})\.?\s+(?:[a-z]{{1,3}}-?\s?)?\d+\b(?!\s?[-/])",
        rf"^\W*(?:{_TOWNS_OF_DISTRICTS})\s+\d{{1,2}}(?:\s*-\s*[^\W\d][^\d]*)?$",
        # postcodes that look like nothing else
        r"\b(?:c\.?p|cep|t\.?k|τ\.?κ|plz|zip|pin|pincode|postcode|индекс)\b\.?\s*:?\s*\d{4,6}(?:[ -]\d{3})?\b",
        r"\b\d{4}-\d{3}\b",
        r"\b\d{5}-\d{3,4}\b",
        # Japanese; before a street it is a flat and a house
        rf"〒?\s?\b\d{{3}}-\d{{4}}\b(?!\s+[^,]*\b(?:{STREET_WORDS})\b)",
        r"\b[a-z]{1,2}\d[a-z\d]?\s*\d[a-z]{2}\b",
        r"\b[a-z]\d[a-z]\s*\d[a-z]\d\b",
        rf"\b(?:[a-z]{{2}}|{AUSTRALIAN_STATES})\s+\d{{4,5}}\s*$",
        r"\b(?:[a-z]|ch|pt|es|fr|de|at|be|nl|lu|dk|se|fi|cz|sk|pl|hu|si|hr|lt|lv|ee)-\s?\d{4,6}\b",
    )
)
_LATER_POSTCODES = tuple(
    re.compile(pattern) for pattern in (r"\b\d{4}\s?[a-z]{2}\b", r"\b\d{3}\s\d{2,3}\b", r"^\s*\d{2}-\d{3}\b")
)

_BUILDING = r"(?:\s?,?\s?(?:корпус|корп|к|строение|строен|стр|с)\.?\s?\d+)"
_NUMBER = (
    rf"\d{{1,5}}(?!\d)(?:{_BUILDING}|\s1/2\b|(?:[-/\s]?(?:bis|ter|quater)\b|[-/]?[^\W\d_](?![\w'.])|\s[a-xz](?![\w'./]))"
    r"(?:\s?-\s?[a-z](?!\w))?)?"
)
_NUMBERS = re.compile(rf"(?<![\w/]){_NUMBER}(?:\s?[-/;+&]\s?{_NUMBER})*")

_NAMED_BY_NUMBER = re.compile(rf"^[^\w§¶]*(?:{STREET_WORDS})\.?\s+\d{{1,4}}[a-z]?\b(?!\s?[-/]\s?\d)")
_NUMBERED_STREET = re.compile(
    r"\s+(?:arrondissement|etage|rue|avenue|regiment|verdieping|street|st(?!\.?\s+[a-z])|ave|road|rd)\b"
)
_HUNGARIAN = re.compile(
    r"(\b(?:utca|u|ut|utja|tere?|korut|krt|koz|sor)\.?\s+\d{1,4}(?:-\d{1,4})?(?:/?[a-z])?)\.(?=[\s,]|$)"
)
_WORD = re.compile(r"[^\W\d_]{2,}|[\u3400-\u9fff]")
_DIRECTION = re.compile(r"^(\d+)\s[nsew](?=\s)")
_HOUSE_MARK = re.compile(rf"(?<![^\W\d_])(?:{alternatives(HOUSE_MARKS)})(?![^\W\d_])\s*[.:]?\s*(?=\d)")
_SAME_NUMBER_AGAIN = re.compile(r"^\W*(\d+)([a-z]?)\s*,\s*(?=\1[a-z]\b)")
_CHINESE = re.compile(r"(\d+(?:-\d+)*)\s*[号號](?:院)?")
_JAPANESE = re.compile(r"(\d+)\s*丁目\s*(\d+)\s*(?:番地|番)?(?:\s*(?:の|-)?\s*(\d+)\s*号?)?")
# The streets around a block: "e/ 47 y 48", "entre 5 y 6", "between 5th and 6th".
_AROUND = re.compile(
    r"(?<!\w)e/[^,;]*|(?<!\w)(?:entre|between|btwn?\.?)\s*(?:calles?\s+)?\d+\w*\s+(?:y|e|and|&)\s+(?:calle\s+)?\d+\w*"
)
# "神南1-19-11": behind the quarter, before the name of a building.
_JAPANESE_PLAIN = re.compile(r"([\u3040-\u30ff\u3400-\u9fff]\s*)(\d+(?:-\d+){1,3})(?![\d-])")


def _marked(plain: str) -> str:
    """Numbers that are called the house's come behind a mark, and East Asian ones are written with dashes."""
    plain = _AROUND.sub(_ASIDE, plain)
    plain = _JAPANESE.sub(lambda match: f"{_MARK}{'-'.join(part for part in match.groups() if part)} ", plain)
    plain = re.sub(r"(\d+)\s*番地?\s*(\d+)\s*号", rf"{_MARK}\1-\2 ", plain)
    plain = _JAPANESE_PLAIN.sub(rf"\1{_MARK}\2 ", plain, count=1)
    plain = _CHINESE.sub(rf"{_MARK}\1 ", plain)
    plain = re.sub(r"(\d+(?:-\d+)?)\s*(?:番地|번지)", rf"{_MARK}\1 ", plain)
    plain = _HUNGARIAN.sub(r"\1,", plain)
    plain = _SAME_NUMBER_AGAIN.sub(r"\1\2;", plain)
    return _HOUSE_MARK.sub(_MARK, plain)


def house_mark_spans(folded: str) -> list[tuple[int, int]]:
    """Where the folded text says that a house number follows, as `No:` does."""
    return [match.span() for match in _HOUSE_MARK.finditer(folded)]


def _without_names(plain: str, dates: re.Pattern[str]) -> str:
    for pattern in (dates, *_NAMES):
        plain = pattern.sub(_ASIDE, plain)
    return plain


def _as_range(match: re.Match[str]) -> str:
    """`12 a 14` and `12 bis 14` are ranges; `12 A 3` is a stair and a flat."""
    return f"{match[1]}-{match[2]}" if int(match[2]) > int(match[1]) else match[0]


def _later_postcodes_aside(plain: str) -> str:
    for pattern in _LATER_POSTCODES:
        plain = pattern.sub(_ASIDE, plain)
    return plain


def _segments(plain: str, country: str | None) -> Iterator[str]:
    # "12 a 14", "12 e 14" and "12 - 14" are numbers; "1578 - Bela Vista" is a border.
    between = "to" if country in STAIR_AND_FLAT else "a|to|bis|do|до|по"
    plain = re.sub(rf"(\d+)\s+(?:{between})\s+(\d+)", _as_range, plain)
    plain = re.sub(r"(?<=\d)\s+(?:e|y|i|et|und|and|и|та|og|en)\s+(?=\d)", ";", plain)
    parts = re.split(r"[,\n|]|;(?!\s*\d)|(?<=\D)\s-\s|\s-\s(?=\D)", plain)
    return (part.strip() for part in parts if part.strip())


def _numbers(plain: str, country: str | None, dates: re.Pattern[str]) -> list[_Found]:
    parts = enumerate(_segments(plain, country))
    return [found for index, part in parts for found in _numbers_in(part, index=index, dates=dates)]


def _numbers_in(segment: str, *, index: int, dates: re.Pattern[str]) -> list[_Found]:
    """The numbers of one segment that may be house numbers: at most one, except in doubt about postcodes."""
    rest = _without_names(segment, dates)
    named = HAS_STREET_WORD.search(rest) is not None
    if index > 0 and not named:
        rest = _later_postcodes_aside(rest)
    rest = _DIRECTION.sub(r"\1", _NAMED_BY_NUMBER.sub(_ASIDE, rest))
    matches = _plausible(_houses(list(_NUMBERS.finditer(rest)), rest))
    if not matches:
        return []
    chosen = _chosen(matches, rest)
    alone = not _WORD.search(rest)
    weight = _weight(chosen, rest, index=index, street=named, alone=alone)
    if weight is None:
        return []
    return [
        _Found(
            chosen[0],
            weight,
            index,
            leading=_is_leading(chosen, rest) and not alone,
            named=named,
            hashed=rest[: chosen.start()].rstrip().endswith("#"),
            stair=re.match(r"\s*\d", rest[chosen.end() :]) is not None,
        )
    ]


def _weight(chosen: re.Match[str], rest: str, *, index: int, street: bool, alone: bool) -> float | None:
    """How strongly the place of a number speaks for it; None: it is a postcode."""
    digits = len(re.match(r"\d+", chosen[0])[0])  # type: ignore[index]
    if _is_marked(chosen, rest):
        return 5.0 - index / 100
    if alone:
        return None if digits > 4 else 2.0 - index / 100
    if street:
        return 3.0 - index / 100
    if index == 0:
        return 2.5
    return 1.0 - index / 100 if digits < 4 or "/" in chosen[0] else None


def _best(found: list[_Found]) -> _Found:
    """The likeliest: "3 Store, 315 High Holborn" begins with a name, which has a number, too."""
    best = max(found, key=lambda number: number.weight)
    if best.leading and best.index == 0 and not best.named:
        later = [one for one in found if one.index > 0 and one.leading and one.weight < 2.0]
        return later[0] if later else best
    return best


def _houses(matches: list[re.Match[str]], rest: str) -> list[re.Match[str]]:
    """Without what names a street behind another number: "112 W 42 St"."""
    return [
        match
        for index, match in enumerate(matches)
        if index == 0 or not _NUMBERED_STREET.match(rest, match.end()) or not match[0].isdecimal()
    ]


def _plausible(matches: list[re.Match[str]]) -> list[re.Match[str]]:
    """Without the postcodes, as far as something else remains."""
    if len(matches) < 2:
        return matches
    short = [match for match in matches if not re.match(r"\d{5}", match[0])] or matches
    first, *others = short
    return [first, *(match for match in others if not re.match(r"\d{4}", match[0]))] if len(short) > 1 else short


def _chosen(matches: list[re.Match[str]], rest: str) -> re.Match[str]:
    """The number that is called so, that begins the segment, or that stands by the street's own name; else the last."""
    marked = [match for match in matches if _is_marked(match, rest)]
    if marked:
        return marked[-1]
    if _is_leading(matches[0], rest):
        return matches[0]
    street = rest.find(_STREET.strip())
    behind = [match for match in matches if street >= 0 and match.start() > street]
    return behind[0] if behind else _last_group(matches, rest)


def _last_group(matches: list[re.Match[str]], rest: str) -> re.Match[str]:
    """The last number, or the first of several that stand together: `12 A 3` is stair A, flat 3 of number 12."""
    chosen = matches[0]
    for before, after in pairwise(matches):
        if rest[before.end() : after.start()].strip(" §"):
            chosen = after
    return chosen


def _is_leading(match: re.Match[str], rest: str) -> bool:
    return not _WORD.search(rest[: match.start()])


def _is_marked(match: re.Match[str], rest: str) -> bool:
    return rest[: match.start()].rstrip().endswith(_MARK.strip())
