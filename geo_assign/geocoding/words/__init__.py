"""What addresses are made of in many languages, as data: folded words, and the habits of countries."""

from collections.abc import Iterable

from geo_assign.geocoding.folding import fold


def folded_words(text: str) -> tuple[str, ...]:
    """The words of a table, folded, the longest first; `_` stands for a blank within a word."""
    words = {fold(word).replace("_", " ") for word in text.split()}
    return tuple(sorted(words, key=lambda word: (-len(word), word)))


def alternatives(words: Iterable[str]) -> str:
    """The words as alternatives of a regular expression; a blank within one may be any space, a dot may be left out."""
    return "|".join(r"\.?\s*".join(part.replace(".", r"\.?\s?") for part in word.split(" ")) for word in words)
