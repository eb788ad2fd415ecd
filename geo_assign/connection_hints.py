"""What to do where a database lets no one in, by its own words: the driver hands on no SQLSTATE of a refused log-in."""

import re

# The first that is found counts.
_HINTS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), hint)
    for pattern, hint in (
        (
            r"no space left|could not (write|extend)",
            "its disk may be full: make room for it, and look at PostgreSQL's own log",
        ),
        (
            r"too many (clients|connections)|connection slots|connection limit",
            "all its connections are taken: end some, or raise max_connections",
        ),
        (
            r"starting up|shutting down|not yet accepting|recovery",
            "it is being started or stopped: try again in a moment",
        ),
        (
            r"database \S+ does not exist",
            "see {variable}; make the database first, then: geo-assign db upgrade",
        ),
        (
            r"password|authentication|role \S+ (does not exist|is not permitted)|pg_hba",
            "see {variable}; the roles' log-ins are made by: geo-assign db upgrade",
        ),
        (
            r"refused|resolve|translate host|timed? ?out|timeout|unreachable|no route|no such file",
            "see {variable}; PostgreSQL must run there, and be reached from here",
        ),
    )
)
_OTHER = "see {variable}, and PostgreSQL's own log"


def hint_for(refusal: str, *, variable: str) -> str:
    """What to do about `refusal`, the server's or the driver's sentence; `variable` is the setting with the URL."""
    found = (hint for pattern, hint in _HINTS if pattern.search(refusal))
    return next(found, _OTHER).format(variable=variable)
