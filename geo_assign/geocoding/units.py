"""What lies within a house, in the text of an address: flats, floors, doors, boxes, and who lives there.

It is never the house, and many geocoders find nothing while it is there.
"""

import re

from geo_assign.geocoding.words import alternatives
from geo_assign.geocoding.words.habits import (
    NAMED_BUILDINGS,
    TWO_NUMBERS_WITH_SLASH,
    UNIT_DASH_HOUSE,
    UNIT_SLASH_HOUSE,
)
from geo_assign.geocoding.words.units import (
    AFTER,
    AFTER_APART,
    AFTER_OTHERS,
    BEFORE,
    BEHIND,
    BEHIND_SIGNED,
    BOXES,
    CARE_OF,
    SIDES,
    SIGNS,
)

Span = tuple[int, int]

_NO = r"(?:n\.?º|no|nr|num|numero|رقم|מספר|номер)"
# "3", "4b", "3/1", "A", "D5"; a slash before a house and its street is a border: "Unit 5/12 Smith St".
_WHICH = (
    r"(?:\d+[a-z]?\s?/(?=\s?\d+[a-z]?\s*,?\s*[^\W\d])|\d+[a-z]?(?:\s?[-/.]\s?\d+[a-z]?)*(?!\w)"
    r"|[^\W\d_]\d{0,3}(?![\w'’]))"
)
_NOT_WITHIN_WORD = r"(?<![^\W\d_])(?<![^\W\d_]['’.])"
_ORDINAL = r"(?:º|\.º|\.|st|nd|rd|th|er|ere|e|eme|ste|de|οσ|ησ|ου|η|-?(?:й|я|ый|ой|и|ти))"

_BEFORE = re.compile(
    rf"{_NOT_WITHIN_WORD}(?:{alternatives(BEFORE)})(?:\s*[.:]\s*|\s+|(?=[#\d]))(?:{_NO}\s*[.:]?\s*)?#?\s?{_WHICH}"
)
# "U3/22 Wattle Street" and "3/22-24 Wattle Street": the unit, before a house or a range of them.
_UNIT_BEFORE_HOUSE = re.compile(r"^\s*(?:u\s?\d+[a-z]?\s?/\s?(?=\d)|\d+[a-z]?\s?/\s?(?=\d+\s?-\s?\d+\s+[^\W\d]))")
# "Unit 4-123 King Street" and "G05/8 Garden Street", where people write so.
_UNIT_DASH_HOUSE = re.compile(
    rf"^\s*(?:(?:{alternatives(BEFORE)})\.?\s*#?\s?\d+[a-z]?\s?-\s?(?=\d+[a-z]?\s+[^\W\d])|[a-z]\d+[a-z]?\s?/\s?(?=\d))"
)
_BOXES = re.compile(rf"{_NOT_WITHIN_WORD}(?:{alternatives(BOXES)})\s*[.:]?\s*(?:{_NO}\s*[.:]?\s*)?\d+")
_HOUSE = r"(?<![\w/])\d{1,5}(?:\s?[-/]?\s?[a-z](?![\w:.]))?(?:\s?[-/]\s?\d{1,4}[a-z]?)?"
_BEHIND = re.compile(
    rf"{_HOUSE}[\s,§]*((?:(?:{alternatives(BEHIND)})\.?\s*(?:{_NO}\.?\s*)?|(?:{alternatives(BEHIND_SIGNED)})\s?[.:]\s*)"
    rf"\d+[a-z]?)(?!\w)"
)
# A number that begins the text and has words behind it is a house: 12 Piano Street.
_AFTER = re.compile(
    rf"(?<![\w/])\d+\s?(?:{_ORDINAL}\s?|(?<!^\d)(?<!^\d\d)(?<!^\d\s)(?<!^\d\d\s))(?:{alternatives(AFTER)})(?:\s+[a-z])?(?!\w)\.?"
    rf"|^\d+\s?(?:{alternatives(AFTER)})(?!\w)(?!\s+[^\W\d])"
)
_AFTER_APART = re.compile(rf"(?<![\w/])\d+(?:\.\s?|\s)(?:{alternatives(AFTER_APART)})(?![\w])\.?")
_AFTER_OTHERS = re.compile(
    rf"(?<=[\w.,]\s)\d+\s?{_ORDINAL}?\s?(?:{alternatives(AFTER_OTHERS)})(?![\w])\.?(?!\s+[^\W\d]+\s+\d)"
)
_SIGNED = re.compile(
    rf"\d+(?:-\d+)?\s?(?:{alternatives(SIGNS)})|\d+(?:-\d+)?\s?f(?=[\s,]*$)|(?<!\d)\d{{1,2}}/f\b|\b[ug]/f\b"
)
_GROUND = re.compile(
    r"(?<![\w])(?:st|kl|kld)\.?,?\s?(?:th|tv|mf)\b\.?|\b(?:r/c|rc)(?:\s?(?:dto|esq|drt|dir|fte|frt))?\b"
)
_ORDINALS = re.compile(r"\d+\.?\s?º(?:\s?-?\s?[a-z](?!\w))?")
_SIDE = re.compile(rf"(?<![\w])(?:{alternatives(SIDES)})(?![\w])")
_CARE_OF = re.compile(rf"(?<![\w])(?:{alternatives(CARE_OF)})(?![\w])[^,;\n]*")
_NUMBERED = re.compile(r"(?<![\w#])\d{1,5}[a-z]?(?!\w)")
_HASH = re.compile(r"#\s?\w+(?:-\w+)*")
# Colombia: "Carrera 7 # 12-34" is a crossing and a house; "County Road 12 #450" is a road and a house.
_CROSSING = re.compile(
    r"(?<!\w)(?:calle|cl|cll|carrera|cra|kr|cr|diagonal|diag|dg|transversal|transv|tv|avenida|av|ac|ak)\.?\s*\d+\s?[a-z]?\s*(?:bis\s*)?(?:sur|norte|este|oeste)?\s*$"
    r"|^\W*(?:county|state)\s(?:road|route|highway|hwy)\s*\d+\s*$"
)
_NAMED_BUILDING = re.compile(r"(?<!\w)apt\.?\s*")
# "No 7 D 3": behind a number that is marked as the house's, without a sign.
_FLAT_OF_TURKEY = re.compile(r"(?<=\d\s)[dk]\s?\d+(?!\w)")
# "č.p. 123": a number in the parish, whose sign is also that of an Italian postcode.
_NUMBER_IN_PARISH = re.compile(r"(?<!\w)c\.?\s?p\.")
# Hungary: "4. em. 12" and "fsz. 1" are a floor and a door.
_FLOOR_AND_DOOR = re.compile(
    r"(?:(?<![\w/])\d+\.\s?em(?:elet)?|(?<!\w)(?:[ivx]+\.\s?em(?:elet)?|m?fsz|fszt|(?:magas)?foldszint))"
    r"(?:\.\s?|\s)(?:/?\s?\d+[a-z]?\b\.?)?"
)
_BRACKETS = re.compile(r"\([^)]*\)")

# By country: what looks like a unit and is none there, and a unit that only people there write so.
_NO_UNIT = dict.fromkeys(NAMED_BUILDINGS, _NAMED_BUILDING) | dict.fromkeys(TWO_NUMBERS_WITH_SLASH, _NUMBER_IN_PARISH)
_OWN_UNIT = dict.fromkeys(UNIT_DASH_HOUSE | UNIT_SLASH_HOUSE, _UNIT_DASH_HOUSE) | dict.fromkeys(
    NAMED_BUILDINGS, _FLAT_OF_TURKEY
)
_UNITS = (
    _FLOOR_AND_DOOR,
    _CARE_OF,
    _UNIT_BEFORE_HOUSE,
    _GROUND,
    _SIDE,
    _BOXES,
    _BEFORE,
    _SIGNED,
    _AFTER,
    _AFTER_APART,
    _AFTER_OTHERS,
    _ORDINALS,
)


def unit_spans(folded: str, *, country: str | None = None) -> list[Span]:
    """Where the folded text names a flat, a floor, a door, a box or an addressee; in order, without overlaps.

    `country`: whose habits the text follows. "Apt" is a building with a name in Turkey, "c.p." a house in Bohemia.
    """
    spans: list[Span] = []
    rest = folded
    if country in _NO_UNIT:
        rest = blanked(rest, [match.span() for match in _NO_UNIT[country].finditer(rest)])
    own = [_OWN_UNIT[country]] if country in _OWN_UNIT else []
    for pattern in (*own, *_UNITS):
        rest = _take(rest, [match.span() for match in pattern.finditer(rest)], spans)
    while found := [match.span(1) for match in _BEHIND.finditer(rest)]:
        rest = _take(rest, found, spans)
    _take(rest, _hashes(rest), spans)
    return sorted(spans)


def without_units(folded: str, *, country: str | None = None) -> str:
    """The folded text with `§` in the place of each unit: no letter, so that it never reads as a word."""
    return blanked(folded, unit_spans(folded, country=country))


def blanked(text: str, spans: list[Span]) -> str:
    """`text` of the same length with `§` for what lies in `spans`."""
    for start, end in spans:
        text = f"{text[:start]}{'§' * (end - start)}{text[end:]}"
    return text


def bracket_spans(folded: str) -> list[Span]:
    """Remarks in brackets."""
    return [match.span() for match in _BRACKETS.finditer(folded)]


def _take(rest: str, found: list[Span], spans: list[Span]) -> str:
    spans += found
    return blanked(rest, found)


def _hashes(rest: str) -> list[Span]:
    """`#5` where another number is the house: before it, or behind one at the very beginning."""
    found = []
    for match in _HASH.finditer(rest):
        before, after = rest[: match.start()], rest[match.end() :]
        if _CROSSING.search(before):
            continue
        if _NUMBERED.search(before) or (not before.strip(" ,") and _NUMBERED.search(after)):
            found.append(match.span())
    return found
