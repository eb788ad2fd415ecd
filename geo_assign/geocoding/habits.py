"""Whose way of writing an address follows: the country that its text shows, else its store's."""

import re
from itertools import pairwise

from geo_assign.geocoding.words.habits import (
    AUSTRALIAN_STATES,
    CANADIAN_PROVINCES,
    COUNTRY_BY_ENDING,
    COUNTRY_BY_NAME,
    COUNTRY_BY_STREET,
    UK_AREAS,
    US_STATES,
)
from geo_assign.geocoding.words.named import STREET_WORDS

_BY_POSTCODE = tuple(
    (re.compile(pattern), country)
    for pattern, country in (
        (rf"\b(?:{AUSTRALIAN_STATES})\.?,?\s+\d{{4}}\b", "AU"),
        (r"\b[a-z]\d[a-z]\s?\d[a-z]\d\b", "CA"),
        (rf",\s*(?:{CANADIAN_PROVINCES})\s*$", "CA"),
        # Without a comma in front of it the sign of a province may be one of another country.
        (r",\s*[^,\d]+\s(?:bc|on|qc|mb|sk)\s*$", "CA"),
        (rf"\b(?:{US_STATES})\.?,?\s+\d{{5}}(?:-\d{{4}})?\s*$", "US"),
        (rf",\s*(?:{US_STATES})\s*$", "US"),
        (rf"\b(?:{UK_AREAS})\d[a-z\d]?\s*\d[a-z]{{2}}\b", "GB"),
        (r"\blv-\d{4}\b", "LV"),
        (r"\blt-\d{5}\b", "LT"),
        (rf"\b\d{{2}}-\d{{3}}\b(?!\s+[^,]*\b(?:{STREET_WORDS})\b)", "PL"),
        (r"\b\d{4}-\d{3}\b", "PT"),
        (r"\b\d{5}-\d{3}\b", "BR"),
        (r"\b\d{4}\s?[a-z]{2}\b(?!\s+\w+\s+\d)", "NL"),
    )
)
_WORDS = re.compile(r"[^\W\d_]+(?:\.(?=\s|$|\d))?")


def country_of(folded: str, default: str | None = None) -> str | None:
    """The country, two letters, whose habits the folded text follows; `default` where it shows none."""
    for pattern, country in _BY_POSTCODE:
        if pattern.search(folded):
            return country
    words = _WORDS.findall(folded)
    pairs = [f"{first} {second}" for first, second in pairwise(words)]
    named = [COUNTRY_BY_NAME[word] for word in [*words, *pairs] if word in COUNTRY_BY_NAME]
    if named:
        return named[-1]
    by_street = next((known for word in words if (known := _of_street(word))), None)
    return by_street if by_street and _fits(by_street, default) else default


def _of_street(word: str) -> str | None:
    """The country that alone has this word for a street, or that ending of one."""
    known = COUNTRY_BY_STREET.get(word) or COUNTRY_BY_STREET.get(word.rstrip("."))
    return known or next((country for end, country in COUNTRY_BY_ENDING.items() if word.endswith(end)), None)


def _fits(country: str, default: str | None) -> bool:
    """A word of a street is weaker than a store: Portugal's are Brazil's, too, and France's are Belgium's."""
    return default is None or (default, country) not in _SHARED


_SHARED = frozenset(
    (home, country)
    for country, homes in {
        "PT": ("BR", "AO", "MZ", "CV"), "FR": ("BE", "CH", "LU", "CA", "MA", "TN"),
        "PL": ("HR", "SI", "RS", "BA", "UA", "BY", "RU"), "RU": ("UA", "BY", "KZ", "KG", "BG"),
        "ES": ("CO", "MX", "AR", "CL", "PE"), "CO": ("ES", "MX", "AR", "CL", "PE", "CR"), "FI": ("EE",),
    }.items()
    for home in homes
)  # fmt: skip
