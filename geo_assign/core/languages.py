"""The languages that people are written to in."""

from enum import StrEnum


class Language(StrEnum):
    """A language in which people are written to."""

    ENGLISH = "en"
    GERMAN = "de"
    PORTUGUESE = "pt"
