"""The simpler text of an address, for a second question when the whole text found no house.

Most geocoders find nothing while a flat, a floor, a company in brackets, half a postcode or a list of numbers stands in
the text. Where there is nothing of that, a Portuguese street is asked with the article that its sign may have.
"""

import re

from geo_assign.geocoding.folding import fold_with_places
from geo_assign.geocoding.habits import country_of
from geo_assign.geocoding.housenumbers import find_asked_house, house_mark_spans
from geo_assign.geocoding.postcodes import outward_code_span
from geo_assign.geocoding.units import Span, blanked, bracket_spans, unit_spans

# "D-80331" is a postcode with the country before it.
_COUNTRY_BEFORE_POSTCODE = re.compile(
    r"(?<!\w)(?:d|a|ch|f|b|l|i|e|p|nl|dk|s|n|fin|cz|sk|pl|h|hr|slo|de|at|fr|be|it|es|pt)-(?=\d{4,5}\b)"
)
# "Rua Moinho Velho" is often "Rua do Moinho Velho" on the map, or "Rua de": one of them is enough for a geocoder.
_WITHOUT_ARTICLE = re.compile(
    r"(?<!\w)(?:rua|travessa|praca|calcada|beco)\s+(?!(?:de|do|da|dos|das|d)(?!\w))(?=[^\W\d]{2})"
)
_TIDY = (
    (re.compile(r"\s+"), " "),
    (re.compile(r"\s+(?=[,;])"), ""),
    (re.compile(r"([,;])(?:\s*[,;/-])+"), r"\1"),
    (re.compile(r"^[\s,;/.-]+|[\s,;/-]+$"), ""),
)


def find_simpler_text(text: str, *, country: str | None = None) -> str | None:
    """The address without what geocoders stumble over, and with one number; None where it is as simple as can be.

    One that is as simple as can be, but for an article that the street may have, has it in the simpler text.
    """
    folded = fold_with_places(text)
    habits = country_of(folded.text, country)
    spans = bracket_spans(folded.text)
    spans += unit_spans(blanked(folded.text, spans), country=habits)
    rest = blanked(folded.text, spans)
    spans += house_mark_spans(rest)
    spans += [match.span() for match in _COUNTRY_BEFORE_POSTCODE.finditer(rest)]
    outward = outward_code_span(rest)
    changes = [(span, "") for span in [*spans, *([outward] if outward else [])]]
    changes += _one_number(text, rest, country=country)
    changes = changes or _article(text, rest, country=country)
    simpler = text
    for (start, end), replacement in sorted(changes, reverse=True):
        first = folded.places[start]
        last = folded.places[end - 1] + 1 if end > start else first
        simpler = f"{simpler[:first]}{replacement or ' '}{simpler[last:]}"
    for pattern, tidy in _TIDY:
        simpler = pattern.sub(tidy, simpler)
    return simpler if changes and simpler and simpler != text else None


def _one_number(text: str, rest: str, *, country: str | None) -> list[tuple[Span, str]]:
    """For a pair or a list of numbers one that is a house: "5/12 Smith Street" in Sydney, "6-7 Queen Street", "6;8"."""
    asked = find_asked_house(text, country=country)
    if asked is None or not re.search(r"[-/;+&]", asked.written):
        return []
    alone = sorted(
        (one for one in asked.number.texts if re.fullmatch(r"\d+[a-z]?", one)), key=lambda one: (len(one), one)
    )
    place = re.search(rf"(?<!\w){re.escape(asked.written)}(?!\w)", rest)
    return [(place.span(), alone[0])] if alone and place else []


def _article(text: str, rest: str, *, country: str | None) -> list[tuple[Span, str]]:
    """An article for the street, where a house is asked for and there is none."""
    found = _WITHOUT_ARTICLE.search(rest)
    if found is None or find_asked_house(text, country=country) is None:
        return []
    return [((found.end(), found.end()), "de ")]
