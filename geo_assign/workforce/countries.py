"""The country of a time zone, from the tables of the IANA database that come with `tzdata`."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files

_TABLES = files("tzdata") / "zoneinfo"
_OF_NO_COUNTRY = re.compile(r"[A-Z]{3}(\d[A-Z]{3})?|Etc/.*")  # CET and EST5EDT name an offset, not a place
_MOST_LINKS = 3


def find_country(zone: str) -> str | None:
    """The ISO 3166 code, two letters, of the country whose time zone this is; None where it belongs to none."""
    if _OF_NO_COUNTRY.fullmatch(zone):
        return None
    name: str | None = zone
    for _ in range(_MOST_LINKS):
        if name is None or name in _countries():
            break
        name = _links().get(name)
    return None if name is None else _countries().get(name)


@cache
def country_names() -> Mapping[str, str]:
    """The English names of all countries by ISO 3166 code."""
    return {code: name for code, name, *_ in _rows("iso3166.tab")}


@cache
def _countries() -> Mapping[str, str]:
    return {zone: code for code, _, zone, *_ in _rows("zone.tab")}


@cache
def _links() -> Mapping[str, str]:
    """Other names of zones, such as Asia/Calcutta, with the name that they lead to."""
    lines = (_TABLES / "tzdata.zi").read_text("utf-8").splitlines()
    return {name: target for kind, target, name in (line.split() for line in lines if line.startswith("L "))}


def _rows(table: str) -> Iterator[list[str]]:
    for line in (_TABLES / table).read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")
