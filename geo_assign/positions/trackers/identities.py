"""How a message says which device sent it, where no header does: parameters of the address, a form or JSON."""

from collections.abc import Iterator, Mapping

from geo_assign.positions.trackers.osmand import form_of, is_json
from geo_assign.positions.trackers.reading import entries_of, json_of, members_of

NAMES = ("token", "id", "deviceid", "device_id", "access_token", "d", "u")
"""The names under which apps send what they are known by, the surest first."""


def identities_in(sent: bytes) -> Iterator[str]:
    """The texts in a query string or body that may name the device."""
    if not is_json(sent):
        yield from _named(form_of(sent))
        return
    for entry in entries_of(json_of(sent)):
        yield from _named(members_of(entry))
        for inner in ("location", "locations"):
            first = members_of(next(iter(entries_of(members_of(entry).get(inner))), None))
            yield from _named(first)
            yield from _named(members_of(first.get("properties")))
            yield from _named(members_of(first.get("extras")))


def _named(given: Mapping[str, object]) -> Iterator[str]:
    for name in NAMES:
        value = given.get(name)
        if isinstance(value, str) and value:
            yield value
