"""A list of addresses in a CSV file as a geocoder: for the demo, for tests, and for places no provider knows.

Columns: `street`, `housenumber` (or `house_number`), `city`, `lat`, `lon`, and if known `postcode` and `country`.
A house of the list is `rooftop`; a number between two houses of its side of the street is `interpolated`; anything
else on a known street is `street`, and so is a street whose name is only similar: a human confirms it.
"""

import csv
import gzip
import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TextIO

from geo_assign.core.geo import Point, haversine_m
from geo_assign.geocoding.domain import (
    AddressQuery,
    Confidence,
    GeocodeCandidate,
    GeocodeResult,
    ranked,
)
from geo_assign.geocoding.housenumbers import HouseNumber, asked_house_number, returned_house_number
from geo_assign.geocoding.providers.base import ProviderAccess, ProviderSpec, unavailable

LEAST_LIKENESS = 0.8
MAX_SIMILAR = 3
# Houses farther apart than this many numbers say nothing about what lies between.
WIDEST_GAP = 40
_LONGEST_NAME = 8

_SHORT_FORMS = {
    "r": "rua",
    "av": "avenida",
    "ave": "avenue",
    "rd": "road",
    "ln": "lane",
    "blvd": "boulevard",
    "sq": "square",
}


@dataclass(slots=True)
class Street:
    """One street of one city, with its houses by number text."""

    name: str
    city: str
    country: str
    houses: dict[str, Point] = field(default_factory=dict)

    @property
    def middle(self) -> Point:
        """The house in the middle of the list: a point on the street, which an average is not."""
        numbers = sorted(self.houses, key=lambda text: (_leading_int(text), text))
        return self.houses[numbers[len(numbers) // 2]]

    def house(self, asked: HouseNumber) -> tuple[str, Point] | None:
        """The first house that is the one asked for."""
        exact = next((text for text in sorted(asked.texts) if text in self.houses), None)
        return (exact, self.houses[exact]) if exact else None

    def between(self, asked: HouseNumber) -> tuple[str, Point] | None:
        """A point for a number between two houses on the same side, weighted by their numbers."""
        text = min(asked.texts, key=lambda one: (len(one), one))
        number = _leading_int(text)
        side = sorted((_leading_int(one), point) for one, point in self.houses.items() if one.isdecimal())
        side = [(one, point) for one, point in side if (one - number) % 2 == 0]
        lower = max((pair for pair in side if pair[0] <= number), key=lambda pair: pair[0], default=None)
        upper = min((pair for pair in side if pair[0] >= number), key=lambda pair: pair[0], default=None)
        if lower is None or upper is None or upper[0] - lower[0] > WIDEST_GAP:
            return None
        share = (number - lower[0]) / (upper[0] - lower[0]) if upper[0] > lower[0] else 0.0
        (low, high) = lower[1], upper[1]
        return text, Point(low.lat + share * (high.lat - low.lat), low.lon + share * (high.lon - low.lon))


@dataclass(slots=True)
class Index:
    """The streets of a file by folded name, and the folded names of its cities and countries."""

    streets: dict[str, list[Street]] = field(default_factory=dict)
    places: set[str] = field(default_factory=set)

    @classmethod
    def of_rows(cls, rows: Iterable[Mapping[str, str]]) -> "Index":
        """Build it. Raises KeyError for a missing column, ValueError for a wrong coordinate."""
        index, known = cls(), dict[tuple[str, str], Street]()
        for row in rows:
            name, city, country = row["street"].strip(), row["city"].strip(), (row.get("country") or "").strip()
            point = Point(float(row["lat"]), float(row["lon"]))
            key = (folded(name), folded(city))
            street = known.get(key)
            if street is None:
                street = known[key] = Street(name, city, country)
                index.streets.setdefault(key[0], []).append(street)
                index.places |= {key[1], folded(country)} - {""}
            number = returned_house_number(row.get("housenumber") or row.get("house_number") or "")
            for text in number.texts if number else ("",):
                street.houses.setdefault(text, point)
        return index


class Gazetteer:
    """Answers from the file that the map key's URL names, or the only one there is."""

    def __init__(self, access: ProviderAccess) -> None:
        self._access = access

    def geocode(self, query: AddressQuery, *, deadline_s: float, asked_at: datetime) -> GeocodeResult:
        del deadline_s, asked_at  # there is no call to wait for
        try:
            index = _load(_file(self._access))
        except (OSError, KeyError, ValueError, csv.Error):
            return GeocodeResult(problem=unavailable("The gazetteer's file cannot be read."))
        found = [
            candidate for street, exact in _streets(index, query) if (candidate := _place(street, query, exact=exact))
        ]
        if query.near is not None:
            near = query.near
            found.sort(key=lambda one: haversine_m(near, one.point))
        return GeocodeResult(candidates=ranked(found))


def folded(text: str) -> str:
    """Case, accents, punctuation and short forms folded: `Av. da Boavista` is `avenida da boavista`."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    words = re.findall(r"[^\W_]+", plain)
    expanded = [_SHORT_FORMS.get(word, word) for word in words]
    return re.sub(r"(?<=\w)str\b", "strasse", re.sub(r"\bst$", "street", " ".join(expanded)))


def _place(street: Street, query: AddressQuery, *, exact: bool) -> GeocodeCandidate | None:
    if (
        query.country
        and street.country
        and len(street.country) == 2
        and street.country.upper() != query.country.upper()
    ):
        return None
    asked = asked_house_number(query.typed, street=street.name, country=query.habits)
    number, point, confidence = None, street.middle, Confidence.STREET
    if asked and (house := street.house(asked)):
        (number, point), confidence = house, Confidence.ROOFTOP
    elif asked and (between := street.between(asked)):
        (number, point), confidence = between, Confidence.INTERPOLATED
    label = ", ".join(part for part in (f"{street.name} {number or ''}".strip(), street.city, street.country) if part)
    highest = Confidence.ROOFTOP if exact else Confidence.STREET
    return GeocodeCandidate(label, point, confidence.capped(highest), house_number=number, street=street.name)


def _streets(index: Index, query: AddressQuery) -> Iterator[tuple[Street, bool]]:
    """The streets the text may mean, each with whether it is surely the one."""
    parts = [folded(part) for part in re.split(r"[,;\n]", query.text) if folded(part)]
    mentioned = {place for place in index.places if any(f" {place} " in f" {part} " for part in parts)}
    for at, part in enumerate(parts):
        name = _name_in(part, index)
        if name is not None:
            elsewhere = _is_elsewhere(parts[at + 1 :], index)
            streets = index.streets[name]
            local = [street for street in streets if folded(street.city) in mentioned]
            yield from ((street, bool(local) or not elsewhere) for street in local or streets)
            return
    yield from ((street, False) for street in _similar(parts, index, mentioned))


def _name_in(part: str, index: Index) -> str | None:
    """The longest street name of the index within `part`."""
    words = part.split()
    for length in range(min(len(words), _LONGEST_NAME), 0, -1):
        for start in range(len(words) - length + 1):
            name = " ".join(words[start : start + length])
            if name in index.streets:
                return name
    return None


def _is_elsewhere(following: list[str], index: Index) -> bool:
    """Whether what follows the street names a place that the list does not have."""
    words_only = [re.sub(r"\b\w*\d\w*\b", "", part).strip() for part in following]
    named = [part for part in words_only if len(part) > 3]
    return bool(named) and not any(part in index.places for part in named)


def _similar(parts: list[str], index: Index, mentioned: set[str]) -> Iterator[Street]:
    for part in parts:
        bare = re.sub(r"^(?:\d\w*\s+)+|(?:\s+\w*\d\w*)+$", "", part)
        names = get_close_matches(bare, index.streets, n=MAX_SIMILAR, cutoff=LEAST_LIKENESS)
        for name in names:
            streets = index.streets[name]
            yield from [street for street in streets if folded(street.city) in mentioned] or streets
        if names:
            return


def _leading_int(text: str) -> int:
    match = re.match(r"\d+", text)
    return int(match[0]) if match else 0


def _file(access: ProviderAccess) -> Path:
    """The file, inside the folder for gazetteers: a key's URL must not read other files of this machine."""
    folder = access.gazetteers
    if folder is None:
        raise FileNotFoundError
    if access.url:
        path = (folder / access.url).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise FileNotFoundError
        return path
    files = sorted([*folder.glob("*.csv"), *folder.glob("*.csv.gz")])
    if len(files) != 1:
        raise FileNotFoundError
    return files[0]


_loaded: dict[tuple[Path, int, int], Index] = {}
_loading = threading.Lock()


def _load(path: Path) -> Index:
    """The index of a file, read once as long as it does not change."""
    state = path.stat()
    key = (path, state.st_mtime_ns, state.st_size)
    with _loading:
        if key not in _loaded:
            for old in [one for one in _loaded if one[0] == path]:
                del _loaded[old]
            with _opened(path) as file:
                _loaded[key] = Index.of_rows(csv.DictReader(file))
        return _loaded[key]


def _opened(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


# Its answers are at hand: nothing is gained by keeping them.
SPEC = ProviderSpec("gazetteer", Gazetteer, needs_key=False, default_url="", keep_s=None, probe="", is_remote=False)
