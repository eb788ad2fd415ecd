"""Address text folded for comparison: case, accents, digits of other scripts, dashes and width are one."""

import unicodedata
from dataclasses import dataclass

# What no decomposition tells.
_LETTERS = {
    "ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h",
    "½": " 1/2", "⁄": "/", "’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "、": ",", "。": ".", "،": ",", "؛": ";",
    "º": "º", "ª": "º", "°": "º", "ᵒ": "º", "〒": "〒",
}  # fmt: skip
# Scripts that are written without blanks between words and numbers.
_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "THAI")


@dataclass(frozen=True, slots=True)
class FoldedText:
    """Folded `text`; `places[i]` is the index in the original of what became its character `i`."""

    text: str
    places: tuple[int, ...]


def fold(text: str) -> str:
    """`text` without case, accents and differences of print."""
    return fold_with_places(text).text


def fold_with_places(text: str) -> FoldedText:
    """`text` folded, with where each character comes from. Digits stand apart from scripts that know no blanks."""
    letters: list[str] = []
    places: list[int] = []
    for index, character in enumerate(text):
        for letter in _folded(character):
            if letters and _touch(letters[-1], letter):
                letters.append(" ")
                places.append(index)
            letters.append(letter)
            places.append(index)
    return FoldedText("".join(letters), tuple(places))


def _folded(character: str) -> str:
    if character.isascii():
        return character.lower()
    known = _LETTERS.get(character) or _LETTERS.get(character.casefold())
    if known is not None:
        return known
    category = unicodedata.category(character)
    if category == "Pd" or character == "\u2212":
        return "-"
    if category == "Nd":
        return str(unicodedata.digit(character))
    if category == "Cf":  # direction marks and other things that are not seen
        return ""
    if unicodedata.name(character, "").startswith("HANGUL SYLLABLE"):
        return character
    decomposed = unicodedata.normalize("NFKD", character.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _touch(before: str, after: str) -> bool:
    """Whether a digit and a letter of an unspaced script stand side by side."""
    if before.isascii() and after.isascii():
        return False
    return (before.isdecimal() and _is_unspaced(after)) or (_is_unspaced(before) and after.isdecimal())


def _is_unspaced(letter: str) -> bool:
    return not letter.isascii() and unicodedata.name(letter, "").startswith(_UNSPACED)
