"""Coordinates that were typed where an address is asked for."""

import re

from geopy.point import Point as GeopyPoint

from geo_assign.core.geo import Point
from geo_assign.geocoding.folding import fold

# "38.7101" and "9°08'24\"": fewer than two decimals are rather a house and a flat.
_DECIMAL = r"[-+]?\d{1,3}\.\d{2,}\s?º?"
_SEXAGESIMAL = r"\d{1,3}\s?º\s?(?:\d{1,2}(?:\.\d+)?\s?['′]\s?(?:\d{1,2}(?:\.\d+)?\s?(?:[\"”]|''))?)?"
_ONE = rf"(?:{_SEXAGESIMAL}|{_DECIMAL})"
_PAIR = re.compile(rf"[ns]?\s?({_ONE})\s?[ns]?\s?[,;/ ]\s?[ewo]?\s?({_ONE})\s?[ewo]?")
_DEGREES = re.compile(r"\d+(?:\.\d+)?")
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d{2,})")
_NAMES = re.compile(
    r"(?<![a-z])(?:geo|gps|lat(?:itude)?|lon(?:g(?:itude)?)?|lng|coord(?:inates|enadas)?)\s*[:=]?\s*(?=[-+\dnsew])"
)
_IN_A_LINK = re.compile(r"https?://\S*?[@=/](-?\d{1,3}\.\d{2,}),\s*(-?\d{1,3}\.\d{2,})\S*")


def find_typed_point(text: str) -> Point | None:
    """The place that a text names by nothing but coordinates, such as `38.7101, -9.1401`; else None.

    (0, 0) is what forms write for "not set", and no place.
    """
    plain = _NAMES.sub("", fold(text.strip().strip("()[]"))).replace("′′", '"')
    link = _IN_A_LINK.fullmatch(plain)
    if link is not None:
        plain = f"{link[1]}, {link[2]}"
    if _PAIR.fullmatch(plain) is None:
        plain = _DECIMAL_COMMA.sub(".", plain)
    pair = _PAIR.fullmatch(plain)
    if pair is None or not _is_on_earth(pair[1], pair[2]):
        return None
    try:
        read = GeopyPoint.from_string(_as_geopy_reads(plain))
        point = Point(lat=read.latitude, lon=read.longitude)
    except ValueError:
        return None
    return None if point.is_unset else point


def _is_on_earth(lat: str, lon: str) -> bool:
    """Whether the degrees, without minutes, may be a latitude and a longitude."""
    return all(float(_DEGREES.findall(one)[0]) < most for one, most in ((lat, 90.0), (lon, 180.0)))


def _as_geopy_reads(plain: str) -> str:
    """Degrees, minutes and seconds by the signs that geopy knows, West also in Portuguese and Spanish."""
    spelled = plain.replace("º", "°").replace("''", '"').replace("′", "'").replace("”", '"')
    return re.sub(r"(?<=[\d°'\" ])o\b|\bo(?=\s?\d)", "w", spelled).upper()
