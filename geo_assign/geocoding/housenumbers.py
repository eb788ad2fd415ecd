"""House numbers: the one asked for, found in free text of many countries, against the one a geocoder returned.

A geocoder that does not know number 112 answers with the street's middle, or with number 98, and says neither. So the
number asked is read from the text and compared. Reading is a judgement between the numbers an address contains:
postcodes, floors, flats, ordinals and dates in street names are set aside first; what remains is ranked by where it
stands. A number seen where none was meant costs little (a human confirms the street); one missed sends the technician
to the wrong house, so doubt counts as "asked".
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from geo_assign.geocoding.domain import Confidence, GeocodeCandidate

# A "range" wider than this is something else: a flat and a house, a block and a lot.
_WIDEST_RANGE = 20
# Stands for what was set aside; no letter, so that it never reads as a word.
_ASIDE = " § "
# Stands for the street's own name, once the provider has told it.
_STREET = " § street § "


@dataclass(frozen=True, slots=True)
class HouseNumber:
    """One or several house numbers: normalised `texts` such as `12`, `12a`, `37-12`, and ranges of plain numbers."""

    texts: frozenset[str]
    ranges: tuple[tuple[int, int], ...] = ()

    def matches(self, other: "HouseNumber") -> bool:
        """Whether both name a common house: `12` and `12-14` do, `12` and `12a` do not."""
        return bool(self.texts & other.texts) or self.covers(other) or other.covers(self)

    def covers(self, other: "HouseNumber") -> bool:
        """Whether a plain number of `other` lies in a range of this one, on the same side of the street."""
        plain = [int(text) for text in other.texts if text.isdecimal()]
        return any(low <= number <= high and (number - low) % 2 == 0 for low, high in self.ranges for number in plain)


def asked_house_number(text: str, *, street: str | None = None) -> HouseNumber | None:
    """The house number that `text` asks for; None when it asks for none.

    `street` is the street's name as a provider returned it: digits in it (`Rua 5`, `Highway 101`) are then no number.
    """
    plain = _normalised(text)
    if street and any(character.isdigit() for character in street):
        plain = plain.replace(_normalised(street).strip(), _STREET)
    found = [found for index, part in enumerate(_segments(plain)) for found in _numbers_in(part, index=index)]
    if not found:
        return None
    best = max(found, key=lambda number: number.weight)
    return _read(best.text, leading=best.leading, marked=best.marked)


def returned_house_number(text: str) -> HouseNumber | None:
    """The house number a provider returned, as `12-14` or `9;11`; None when the text holds none (`s/n`)."""
    match = _NUMBERS.search(_without_floors(_normalised(text)))
    return match and _read(match[0], leading=False, marked=False)


def with_number_checked(candidate: GeocodeCandidate, asked_text: str) -> GeocodeCandidate:
    """`candidate`, worth no more than its street unless it is the house asked for."""
    asked = asked_house_number(asked_text, street=candidate.street)
    if asked is None:
        return candidate
    returned = returned_house_number(candidate.house_number) if candidate.house_number else None
    if returned is not None and asked.matches(returned):
        return candidate
    return replace(candidate, confidence=candidate.confidence.capped(Confidence.STREET))


@dataclass(frozen=True, slots=True)
class _Found:
    """A number in a segment, and how likely it is to be the one."""

    text: str
    weight: float
    leading: bool
    marked: bool


def _normalised(text: str) -> str:
    """Case, accents, dashes and fractions folded; ordinals set aside while their sign can still be told."""
    text = text.replace("½", " 1/2").replace("\u2044", "/")
    text = re.sub(r"\d+\.?\s?[ºª]", _ASIDE, text)
    text = re.sub(r"(?<=\d)°", _ASIDE, re.sub(r"[\u2010-\u2015\u2212]", "-", text))
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


_MONTHS = (
    "janeiro|fevereiro|marco|abril|maio|junho|julho|agosto|setembro|outubro|novembro|dezembro|enero|febrero|marzo|mayo|"
    "junio|julio|septiembre|setiembre|octubre|noviembre|diciembre|gennaio|febbraio|aprile|maggio|giugno|luglio|"
    "settembre|ottobre|dicembre|janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre|"
    "januar|februar|marz|april|juni|juli|august|september|oktober|november|dezember|january|february|march|may|june|"
    "july|october|december|maja|listopada|listopadu|rijna|kvetna|stycznia|sierpnia|mei|maart|marta|maya|oktyabrya"
)
_UNITS = (
    "apartamento|apartment|appartement|apto|appt|apt|building|bldg|batiment|bat|unit|suite|ste|flat|floor|room|rm|piso|"
    "andar|planta|puerta|pta|escalera|esc|bloco|bloque|block|lote|lot|sala|loja|fraccao|fracao|interior|interno|int|"
    "depto|dept|wohnung|whg|top|stiege|stg|etage|lokal|local|oficina|km|tower|torre|box|bte|lgh|kv"
)
_SIDES = "esq|dto|drt|dir|frt|fte|frente|tras|izq|dcha|dch|dcho|izda|floor|andar|piso|etage|og|dx|sx|tv|th|mf"
_ORDINAL_OF = "arrondissement|etage|rue|avenue|regiment|verdieping|street|st|ave|road|rd"

_SET_ASIDE = tuple(
    re.compile(pattern)
    for pattern in (
        # dates that streets are named after, with a year perhaps: 31 de janeiro, 8 mai 1945, 17. juni
        rf"\b\d{{1,2}}\.?\s+(?:de\s+|di\s+|of\s+|d['’])?(?:{_MONTHS})\b(?:\s+(?:de\s+|del\s+)?1[89]\d\d\b)?",
        r"\b\d+(?:st|nd|rd|th|er|ere|eme)\b",
        rf"\b\d+e?\b(?=\s+(?:{_ORDINAL_OF})\b)(?<!^\d)(?<!^\d\d)(?<!^\d\d\d)(?<!^\d\d\d\d)",
        r"\b\d{1,2}\.(?=\s+[^\W\d])",
        # flats and floors
        rf"\b(?:{_UNITS})\b\.?\s*(?:n(?:o|r)?\.?\s*)?#?\d+[a-z]?\b",
        rf"\b\d+\s?(?:{_SIDES})\b",
        r"\b[rc]\s?/\s?[cv]\b",
        # postcodes that look like nothing else
        r"\b\d{4}-\d{3}\b",
        r"\b\d{5}-\d{3,4}\b",
        r"\b\d{3}-\d{4}\b",
        r"\b[a-z]{1,2}\d[a-z\d]?\s*\d[a-z]{2}\b",
        r"\b[a-z]\d[a-z]\s*\d[a-z]\d\b",
        r"\b(?:[a-z]{2}|nsw|vic|qld|tas|act)\s+\d{4,5}\s*$",
        r"\b(?:[a-z]|ch|pt|es|fr|de|at|be|nl|lu|dk|se|fi|cz|sk|pl|hu|si|hr|lt|lv)-\d{4,6}\b",
    )
)
_LATER_POSTCODES = tuple(
    re.compile(pattern) for pattern in (r"\b\d{4}\s?[a-z]{2}\b", r"\b\d{3}\s\d{2,3}\b", r"^\s*\d{2}-\d{3}\b")
)

_NUMBER = r"\d{1,5}(?!\d)(?:\s1/2\b)?(?:[-/\s]?(?:bis|ter|quater)\b|[-/]?[a-z]\b(?!['’.])|\s[a-z]\b(?!['’.]))?"
_NUMBERS = re.compile(rf"(?<![\w/]){_NUMBER}(?:\s?[-/;+&]\s?{_NUMBER})*")

_STREET_WORDS = (
    "rua|r|avenida|av|avda|travessa|tv|praca|praceta|largo|estrada|alameda|calcada|beco|cais|calle|c|carrera|cra|cl|"
    "plaza|paseo|camino|carretera|via|viale|piazza|corso|vicolo|rue|avenue|ave|boulevard|blvd|bd|chemin|place|quai|"
    "allee|impasse|street|st|road|rd|lane|ln|drive|dr|court|ct|way|square|sq|terrace|parkway|pkwy|highway|hwy|crescent|"
    "close|strasse|str|gasse|weg|platz|ufer|damm|ring|straat|laan|gracht|plein|kade|gade|vej|gata|gatan|vagen|vag|katu|"
    "tie|ulica|ul|ulice|namesti|utca|ut|ter|korut|ulitsa|prospekt|cadde|caddesi|sokak|sokagi|jalan|jl|marg|mawr|row"
)
_HAS_STREET_WORD = re.compile(
    rf"\b(?:{_STREET_WORDS})\b|\w(?:strasse|str|gasse|weg|platz|allee|ufer|damm|straat|laan|gracht|plein|kade|gade|vej|"
    r"gata|gatan|vagen|katu|tie)\b"
)
_NAMED_BY_NUMBER = re.compile(rf"^[^\w§]*(?:{_STREET_WORDS})\.?\s+\d{{1,4}}[a-z]?\b(?!\s?[-/]\s?\d)")
_WORD = re.compile(r"[^\W\d_]{2,}")
_FLAT_AFTER_HASH = re.compile(r"^(\W*\d.*?)#\s*\d+\w*")
_DIRECTION = re.compile(r"^(\d+)\s[nsew](?=\s)")


def _without_floors(plain: str) -> str:
    plain = _FLAT_AFTER_HASH.sub(r"\1", plain)
    for pattern in _SET_ASIDE:
        plain = pattern.sub(_ASIDE, plain)
    return plain


def _as_range(match: re.Match[str]) -> str:
    """Portuguese `12 a 14` is a range, Finnish `12 A 3` a stair and a flat."""
    return f"{match[1]}-{match[2]}" if int(match[2]) > int(match[1]) else match[0]


def _later_postcodes_aside(plain: str) -> str:
    for pattern in _LATER_POSTCODES:
        plain = pattern.sub(_ASIDE, plain)
    return plain


def _segments(plain: str) -> Iterator[str]:
    # "12 a 14", "12 e 14" and "12 - 14" are numbers; "1578 - Bela Vista" is a border.
    plain = re.sub(r"(\d+)\s+(?:a|to|bis)\s+(\d+)", _as_range, plain)
    plain = re.sub(r"(?<=\d)\s+(?:e|y|i|et|und|and)\s+(?=\d)", ";", plain)
    parts = re.split(r"[,\n|]|;(?!\s*\d)|(?<=\D)\s-\s|\s-\s(?=\D)", plain)
    return (part.strip() for part in parts if part.strip())


def _numbers_in(segment: str, *, index: int) -> list[_Found]:
    """The numbers of one segment that may be house numbers: at most one, except in doubt about postcodes."""
    rest = _without_floors(segment)
    if index > 0:
        rest = _later_postcodes_aside(rest)
    street = _HAS_STREET_WORD.search(rest) is not None
    rest = _DIRECTION.sub(r"\1", _NAMED_BY_NUMBER.sub(_ASIDE, rest))
    matches = _plausible(list(_NUMBERS.finditer(rest)))
    if not matches:
        return []
    chosen = matches[0] if _is_leading(matches[0], rest) else _last_group(matches, rest)
    alone = not _WORD.search(rest)
    digits = len(re.match(r"\d+", chosen[0])[0])  # type: ignore[index]
    weight = _weight(index=index, street=street, alone=alone, digits=digits)
    if weight is None:
        return []
    marked = rest[: chosen.start()].rstrip().endswith("#")
    return [_Found(chosen[0], weight, leading=_is_leading(chosen, rest) and not alone, marked=marked)]


def _weight(*, index: int, street: bool, alone: bool, digits: int) -> float | None:
    """How strongly the place of a number speaks for it; None: it is a postcode."""
    if alone:
        return None if digits > 4 else 2.0 - index / 100
    if street:
        return 3.0 - index / 100
    if index == 0:
        return 2.5
    return 1.0 - index / 100 if digits < 4 else None


def _plausible(matches: list[re.Match[str]]) -> list[re.Match[str]]:
    """Without the postcodes, as far as something else remains."""
    if len(matches) < 2:
        return matches
    short = [match for match in matches if not re.match(r"\d{5}", match[0])] or matches
    first, *others = short
    return [first, *(match for match in others if not re.match(r"\d{4}", match[0]))] if len(short) > 1 else short


def _last_group(matches: list[re.Match[str]], rest: str) -> re.Match[str]:
    """The last number, or the first of several that stand together: `12 A 3` is stair A, flat 3 of number 12."""
    chosen = matches[0]
    for before, after in pairwise(matches):
        if rest[before.end() : after.start()].strip():
            chosen = after
    return chosen


def _is_leading(match: re.Match[str], rest: str) -> bool:
    return not _WORD.search(rest[: match.start()])


def _read(text: str, *, leading: bool, marked: bool) -> HouseNumber:
    """The meaning of a number, a pair or a list."""
    parts = [_canonical(part) for part in re.split(r"\s?[;+&]\s?", text)]
    whole = HouseNumber(frozenset())
    for part in parts:
        one = _read_pair(part, leading=leading, marked=marked)
        whole = HouseNumber(whole.texts | one.texts, whole.ranges + one.ranges)
    return whole


def _read_pair(text: str, *, leading: bool, marked: bool) -> HouseNumber:
    match = re.fullmatch(r"(\d+)([a-z]*)([-/])(\d+)([a-z]*)", text)
    if match is None or marked:
        return HouseNumber(frozenset({text}))
    first, second = int(match[1]), int(match[4])
    low, high, slash = match[1] + match[2], match[4] + match[5], match[3] == "/"
    if slash and leading:  # Australian: the flat, then the house
        return HouseNumber(frozenset({text, high}))
    if 0 < second - first <= _WIDEST_RANGE and (second - first) % 2 == 0:
        return HouseNumber(frozenset({text, low, high}), ((first, second),))
    if slash:  # the house, then the flat
        return HouseNumber(frozenset({text, low}))
    return HouseNumber(frozenset({text}))


def _canonical(text: str) -> str:
    """`0012 - A` as `12a`, `12 1/2` as `12 1/2`, `12 - 14` as `12-14`."""
    text = re.sub(r"\s*([-/])\s*", r"\1", text.strip())
    text = re.sub(r"(?<=\d)\s1/2", "½", text)
    text = re.sub(r"(?<=\d)[-/\s](?=[a-z])", "", text)
    return re.sub(r"(?<!\d)0+(?=\d)", "", text)
