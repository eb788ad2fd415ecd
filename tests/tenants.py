"""Reads the text of a statement level by level, to see whether each subquery names its tenant.

The planner opens the index of one tenant where `org_id` is compared with a parameter. Compared with a column of the
statement around it, it is known only row by row: a list took 15 s at 1,000,000 work orders for that.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_OPENING = re.compile(r"\(\s*(?:SELECT|WITH|UPDATE|INSERT|DELETE)\b", re.IGNORECASE)
_LITERAL = re.compile(r"'(?:[^']|'')*'")
_PARTS = re.compile(r"\b(?:UNION|INTERSECT|EXCEPT)\b", re.IGNORECASE)
_SOURCE = re.compile(
    r"(?:\b(?:FROM|JOIN|UPDATE|INTO|USING|LATERAL|ONLY)\s+|,\s*)(\w+)\b(?!\s*\.)(?:\s+(?:AS\s+)?(\w+)\b(?!\s*\.))?",
    re.IGNORECASE,
)
_SAME = re.compile(r"\b(\w+)\.org_id\s*=\s*(\w+)\.org_id\b", re.IGNORECASE)
_VALUE = r"(?:%\(|\(?\$\d|:\w|CAST\(|nullif\(|current_setting\(|''|org\b)"
_NAMED = re.compile(rf"\b(\w+)\.org_id\s*(?:=|IN)\s*\(?{_VALUE}", re.IGNORECASE)
_NAMED_AFTER = re.compile(r"(?:%\(\w+\)s(?:::\w+)?|\(?\$\d+(?:::\w+)?\)?)\s*=\s*(\w+)\.org_id\b", re.IGNORECASE)


@dataclass
class Level:
    """One SELECT of a statement, without those inside of it."""

    text: str
    inner: list["Level"] = field(default_factory=list)

    def all(self) -> Iterator["Level"]:
        yield self
        for one in self.inner:
            yield from one.all()

    def names_a_tenant(self) -> bool:
        return bool(self._named())

    def unnamed(self) -> set[str]:
        """What is compared with the tenant of a statement around this one, and with no parameter here."""
        sources = {name for found in _SOURCE.finditer(self.text) for name in found.groups() if name}
        same = {found.groups() for found in _SAME.finditer(self.text)}
        around = {one for pair in same for one in pair} - sources
        return _linked(around, same, sources) - _linked(self._named(), same, sources)

    def _named(self) -> set[str]:
        return {found[1] for found in (*_NAMED.finditer(self.text), *_NAMED_AFTER.finditer(self.text))}


def _linked(begun: set[str], same: set[tuple[str, ...]], sources: set[str]) -> set[str]:
    """The sources whose tenant is the tenant of one of those begun with."""
    found = set(begun)
    while more := {one for pair in same if found & set(pair) for one in pair if one in sources} - found:
        found |= more
    return found & sources


def correlated(statement: str) -> list[str]:
    """The sources of subqueries that know their tenant only from the row around them, with the subquery.

    A statement that names no tenant at any level is of all organizations: a sweep of the worker.
    """
    levels = [one for root in _levels(_LITERAL.sub("''", statement)) for one in root.all()]
    if not any(level.names_a_tenant() for level in levels):
        return []
    return [f"{source}: {' '.join(level.text.split())}" for level in levels for source in sorted(level.unnamed())]


def _levels(text: str) -> list[Level]:
    """The SELECTs of a statement, each side of a UNION for itself."""
    outside, inner, at = "", list[Level](), 0
    while found := _OPENING.search(text, at):
        end = _closing(text, found.start())
        outside += text[at : found.start()] + "( )"
        inner += _levels(text[found.start() + 1 : end])
        at = end + 1
    outside += text[at:]
    parts = [Level(part) for part in _PARTS.split(outside)]
    parts[0].inner = inner
    return parts


def _closing(text: str, opening: int) -> int:
    depth = 0
    for at in range(opening, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return at
    raise AssertionError(f"a bracket is not closed: {text[opening:]}")
