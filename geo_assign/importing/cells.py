"""Cells as spreadsheets of any language write them: numbers, truth values, times.

What a cell may mean in two ways is refused: a guess would be wrong for half of those who write it.
"""

import re
import unicodedata
from collections.abc import Mapping

_MINUS = str.maketrans({"\N{MINUS SIGN}": "-", "\N{EN DASH}": "-"})
_PLAIN = re.compile(r"[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_GROUPED = re.compile(
    r"([+-]?\d{1,3})((?P<mark>[., \u00a0\u2009\u202f'’])\d{3}(?:(?P=mark)\d{3})*)(?:([.,])(\d+))?", re.ASCII
)
_AMBIGUOUS = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", re.ASCII)
_LIST_AMBIGUOUS = re.compile(r"(?<![\d.,])[1-9]\d{0,2}[.,]\d{3}(?![\d.])", re.ASCII)
_DATE_ALONE = re.compile(
    r"(?:\d{1,4}[-./ ]\d{1,2}[-./ ]\d{1,4}\.?|\d{8}|\d{4}-\d{3}|\d{4}-?W\d\d(?:-?\d)?)T?", re.ASCII | re.IGNORECASE
)

# The words of spreadsheets and of people. A single letter is none of them: `o` is `oui` to one and `off` to another.
_TRUE = """
    true wahr vrai verdadero verdadeiro vero waar prawda истина sant sann sand tosi igaz pravda dogru αληθης істина
    правда adevarat tacno istina resnica toene patiess tiesa cert egia benar dung 真 是 はい 예 네 참 אמת כן صحيح نعم
    सही हाँ yes ja oui si sim tak да так ano igen kylla evet ναι da jah taip ya on 1
"""
_FALSE = """
    false falsch faux falso onwaar falsz ложь falskt usann falsk epatosi hamis nepravda yanlis ψευδης хибність
    неправда fals netacno laz neistina napaka vaar aplams netiesa gezurra salah sai 假 否 いいえ 아니요 아니오 거짓
    שקר לא خطأ لا गलत नहीं no nein non nao nie нет ні ne nem ei hayir οχι nu nej nee nei ikke niet tidak off 0
"""


class UnclearCellError(ValueError):
    """A cell may mean two things, or none. The message says what to write."""


def read_number(cell: str) -> str:
    """A number in the notation of JSON. Raises UnclearCellError where a mark may divide thousands or decimals.

    What is no number is given back as it is.
    """
    text = cell.translate(_MINUS)
    if _AMBIGUOUS.fullmatch(text):
        raise UnclearCellError(_two_ways(text))
    return _grouped(text) or read_decimal(text)


def read_decimal(cell: str) -> str:
    """A number that is too small for thousands, such as degrees: a comma in it is a decimal comma."""
    text = cell.translate(_MINUS)
    return text.replace(",", ".").lstrip("+") if _PLAIN.fullmatch(text) else cell


def read_numbers(cell: str) -> list[str]:
    """Several numbers, as a JSON list or divided by blanks, semicolons or commas. Raises UnclearCellError.

    In the brackets of a JSON list a comma divides numbers, whatever comes after it.
    """
    text = cell.strip()
    listed = text.startswith("[") and text.endswith("]")
    unclear = _LIST_AMBIGUOUS.search(text.replace(",", " ") if listed else text)
    if unclear is not None:
        raise UnclearCellError(_two_ways(unclear[0]))
    return [part for part in re.split(r"[\s,;|]+", text[1:-1] if listed else text) if part]


def read_truth(cell: str) -> bool:
    """Yes or no, in the words of many languages. Raises UnclearCellError."""
    word = _folded(cell)
    if word not in _TRUTHS:
        raise UnclearCellError(f"{cell!r} may be read in more than one way: write true or false")
    return _TRUTHS[word]


def is_date_alone(cell: str) -> bool:
    """Whether a cell names a day and no time of it."""
    return _DATE_ALONE.fullmatch(cell.strip()) is not None


def _grouped(text: str) -> str | None:
    """A number whose thousands are divided, where only one reading is possible."""
    found = _GROUPED.fullmatch(text)
    if found is None:
        return None
    first, groups, mark, decimal_mark, decimals = found.groups()
    if decimal_mark == mark or (decimal_mark is None and mark in ".," and len(groups) == 4):
        return None
    whole = first + re.sub(r"\D", "", groups)
    return f"{whole}.{decimals}" if decimals else whole


def _two_ways(text: str) -> str:
    thousands, decimal = re.sub(r"[.,]", "", text), text.replace(",", ".").rstrip("0")
    decimal = f"{decimal}0" if decimal.endswith(".") else decimal
    return f"{text!r} may mean {thousands} or {decimal}: write one of these"


def _folded(word: str) -> str:
    """A word in small letters without accents."""
    bare = unicodedata.normalize("NFKD", word.strip().casefold())
    kept = "".join(sign for sign in bare if not _is_accent(sign))
    return unicodedata.normalize("NFC", kept.replace("ı", "i").replace("ł", "l").replace("đ", "d"))


def _is_accent(sign: str) -> bool:
    return "\u0300" <= sign <= "\u036f"


_TRUTHS: Mapping[str, bool] = {
    _folded(word): truth for words, truth in ((_TRUE, True), (_FALSE, False)) for word in words.split()
}
