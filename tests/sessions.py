"""Reads the text of a statement, to see whether it leaves something behind on its connection.

Between PostgreSQL and the service may be a pooler that lends each transaction another connection. What a statement
leaves on one is then missing where it is looked for, and found by a transaction that knows nothing of it.
"""

import re

_LITERAL = re.compile(r"'(?:[^']|'')*'")
_SETS = re.compile(r"\bset_config\s*\((?P<arguments>[^()]*(?:\([^()]*\)[^()]*)*)\)", re.IGNORECASE)
_BEGUN = r"(?:^|;)\s*"
_KEPT = {
    "a setting": re.compile(_BEGUN + r"(?:RE)?SET\s+(?!LOCAL\b|TRANSACTION\b|CONSTRAINTS\b)", re.IGNORECASE),
    "an advisory lock": re.compile(r"\bpg_(?:try_)?advisory_(?:un)?lock\w*\s*\(", re.IGNORECASE),
    "a listener": re.compile(_BEGUN + r"(?:UN)?LISTEN\b", re.IGNORECASE),
    "a temporary table": re.compile(
        r"\bTEMP(?:ORARY)?\s+(?:TABLE|VIEW|SEQUENCE)\b(?!.*\bON COMMIT DROP\b)", re.IGNORECASE | re.DOTALL
    ),
    "a prepared statement": re.compile(_BEGUN + r"(?:PREPARE\s+(?!TRANSACTION)|DEALLOCATE\b)", re.IGNORECASE),
    "a cursor": re.compile(r"\bWITH\s+HOLD\b", re.IGNORECASE),
    "loaded code": re.compile(_BEGUN + r"LOAD\b", re.IGNORECASE),
}


def kept_by_session(statement: str) -> list[str]:
    """What the statement leaves on its connection when its transaction is over, in words."""
    said = _LITERAL.sub("''", statement)
    found = [name for name, pattern in _KEPT.items() if pattern.search(said)]
    # Only its third argument says that a setting ends with the transaction: it has to stand there.
    sets = (one["arguments"].rpartition(",")[2].strip().lower() for one in _SETS.finditer(said))
    return found + ["a setting" for last in sets if last != "true"]
