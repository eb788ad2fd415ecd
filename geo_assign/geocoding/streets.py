"""Whether a geocoder's answer lies on another street than the one an address names.

"20 Farringdon Street" was answered with 20 Northburgh Street: the right number on the wrong street. So the answer's
road is looked for in the text: words are folded, abbreviations of both sides expanded, and words for kinds of streets
(road, lane, rua, travessa) compared by themselves. It is another street only where the text clearly names one: a road
in another script or language, or none at all, says nothing.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from geo_assign.geocoding.folding import fold
from geo_assign.geocoding.told_apart import is_told_apart
from geo_assign.geocoding.units import without_units
from geo_assign.geocoding.words.streets import (
    DIRECTIONS,
    EMPTY,
    KINDS_AFTER,
    KINDS_BEFORE,
    KINDS_JOINED,
    SAME,
    SIGNS,
    TELLING,
    Kind,
)

_LONGEST_NAME = 8
# Two spellings of one word, in words of so many letters: Crispim and Crispin.
_LEAST_LIKENESS = 0.83
_LEAST_LETTERS = 5
# So much of two names must be the same where each has words that the other has not.
_LEAST_SHARE = 0.75
_SHORTEST_STEM = 3

_TOKENS = re.compile(r"\d+(?:st|nd|rd|th|er|ere|eme|e|º|-?[^\W\d_]{1,2})?(?!\w)|\d+|[^\W\d_]+(?:'[^\W\d_]+)*\.?")
# Russian and Ukrainian short forms: пр-т, б-р.
_HYPHENED = re.compile(r"(?<!\w)(пр|б|наб|пл|ул)-(?:к?т|р|д|ная|я|щадь)(?!\w)")
# Italian ones: V.le, C.so, P.zza.
_DOTTED = re.compile(r"(?<!\w)([vcp])\.(le|so|zza|za)(?!\w)")
# What may be a house number; without one a text names a place, and no street.
_HOUSE = re.compile(r"(?<![\w-])\d{1,4}[a-z]?(?![\w-])")
_BORDERS = re.compile(r"[,;\n|§()]+|\s-\s")
_ALTERNATIVES = re.compile(r"\s*[;|]\s*|\s+[/-]\s+")
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th|er|ere|eme|e|º|-?[^\W\d_]{1,2})")


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of an address. `short`: it ends in a dot. `number`: digits; an ordinal is a word."""

    text: str
    short: bool = False
    number: bool = False


@dataclass(frozen=True, slots=True)
class _Name:
    """A street: its words, nearest to the word for its kind first, and the kinds that word may mean."""

    words: tuple[_Word, ...]
    kinds: frozenset[Kind] = frozenset()
    numbers: frozenset[str] = frozenset()
    ends_in_kind: bool = False

    @property
    def languages(self) -> frozenset[str]:
        return frozenset(language for language, _ in self.kinds)


def names_another_street(text: str, street: str) -> bool:
    """Whether the address `text` clearly names another street than `street`."""
    asked = without_units(fold(text))
    spellings = [one for one in [*_ALTERNATIVES.split(fold(street)), fold(street)] if one.strip()]
    return bool(spellings) and all(is_told_apart(asked, one) or _is_another(asked, one) for one in spellings)


def _is_another(asked: str, street: str) -> bool:
    if any(_is_unspaced(letter) for letter in street):
        return _is_another_unspaced(asked, street)
    road = _road(_words(street))
    if road is None:
        return False
    names = list(_names(asked))
    if not names:
        return _shares_nothing(asked, road)
    return all(_differs(name, road) for name in names)


def _is_another_unspaced(asked: str, street: str) -> bool:
    """Chinese and Japanese: the name stands in the text or not, where the text has a name of a street at all."""
    name, text = re.sub(r"\s", "", street), re.sub(r"\s", "", asked)
    if name in text or re.search(rf"[^\W\d]{{2,}}[{SIGNS}]", text) is None or name[-1] not in SIGNS:
        return False
    stem = name[:-1]
    return sum(letter in text for letter in stem) < len(stem) / 2


def _words(text: str) -> list[_Word]:
    text = _DOTTED.sub(r"\1\2", _HYPHENED.sub(r"\1", text))
    return [word for token in _TOKENS.findall(text) for word in _read(token)]


def _read(token: str) -> Iterator[_Word]:
    ordinal = _ORDINAL.fullmatch(token)
    if ordinal is not None:
        yield _Word(ordinal[1])
        return
    if token.isdecimal():
        yield _Word(token, number=True)
        return
    short, token = token.endswith("."), token.rstrip(".")
    before, quote, rest = token.partition("'")
    if quote and (before in EMPTY or (len(before) == 1 and before != "o")):
        token = rest
    token = token.replace("'", "")
    ending = next(
        (one for one in KINDS_JOINED if token.endswith(one) and len(token) - len(one) >= _SHORTEST_STEM), None
    )
    if ending is None or token in KINDS_BEFORE or token in KINDS_AFTER:
        yield _Word(token, short=short)
    else:
        yield _Word(token[: -len(ending)])
        yield _Word(ending)


def _road(words: list[_Word]) -> _Name | None:
    """The street that a provider returned; None where it is no name."""
    while len(words) > 2 and SAME.get(words[-1].text) in DIRECTIONS:
        words = [words[-1], *words[:-1]]
    if len(words) > 2 and words[-1].text in TELLING and words[-2].text in KINDS_AFTER:  # O'Connell Street Lower
        words = words[:-1]
    # A direction may stand before: N Charles Street.
    kinds_at = 1 if len(words) > 2 and SAME.get(words[0].text) in DIRECTIONS else 0
    first, last = words[kinds_at:][:1], words[-1:]
    if not first:
        return None
    numbers = frozenset(word.text for word in words if word.number)
    if (
        len(words) > 1
        and last[0].text in _KINDS_AFTER
        and not (first[0].text in KINDS_BEFORE and first[0].text not in KINDS_AFTER and len(words) > 2)
    ):
        road = _Name(tuple(reversed(words[:-1])), _KINDS_AFTER[last[0].text], numbers, ends_in_kind=True)
    elif len(words) > 1 and first[0].text in KINDS_BEFORE:
        road = _Name(tuple(words[:kinds_at] + words[kinds_at + 1 :]), KINDS_BEFORE[first[0].text], numbers)
    else:
        road = _Name(tuple(words), frozenset(), numbers)
    letters = "".join(word.text for word in road.words)
    return road if len(letters) > 1 or road.kinds else None


_KINDS_AFTER = {**KINDS_AFTER}
for _word, _kinds in KINDS_JOINED.items():
    _KINDS_AFTER[_word] = _KINDS_AFTER.get(_word, frozenset()) | _kinds


def _names(asked: str) -> Iterator[_Name]:
    """The streets that a text may name: what stands before and behind each word for a kind of street."""
    for part in _BORDERS.split(asked):
        words = _words(part)
        numbers = frozenset(word.text for word in words if word.number)
        led = False  # by a word for the kind, so that none follows the name: Rua Northgate
        for index, word in enumerate(words):
            behind, before = _run(words[index + 1 :], numbers_first=True), _run(_before(words[:index]))
            if word.text in _KINDS_AFTER and before and not led:
                yield _Name((*before, *_direction(words[index + 1 :])), _KINDS_AFTER[word.text], numbers)
            if word.text in KINDS_BEFORE and behind:
                yield _Name(behind, KINDS_BEFORE[word.text], numbers)
                led = led or (word.text not in _KINDS_AFTER and len(word.text) > 1)
            led = led and not word.number


def _direction(following: Sequence[_Word]) -> Sequence[_Word]:
    """The side of a long street, which may stand behind all: Birch Street E."""
    return [word for word in following[:1] if SAME.get(word.text) in DIRECTIONS]


def _before(words: list[_Word]) -> list[_Word]:
    """The words before one for a kind, the nearest first; in "112 W 42 St" the second number is the name."""
    *others, last = words or [_Word("", number=True)]
    if last.number and any(word.number for word in others):
        last = _Word(last.text)
    return [last, *others[::-1]]


def _run(words: Sequence[_Word], *, numbers_first: bool = False) -> tuple[_Word, ...]:
    """The words up to a number. A number may begin the name: Rua 31 de Janeiro."""
    found: list[_Word] = []
    for word in words[:_LONGEST_NAME]:
        if word.number and (found or not numbers_first):
            break
        if not word.number:
            found.append(word)
        numbers_first = numbers_first and word.number
    # A single letter beside the house number belongs to that.
    while len(found) > 1 and len(found[-1].text) == 1 and found[-1].text not in SAME and len(words) > len(found):
        found.pop()
    return tuple(found) if any(_tells(word) for word in found) else ()


def _tells(word: _Word) -> bool:
    return word.text not in EMPTY and not word.number and (len(word.text) > 1 or word.text.isdecimal())


def _telling(words: Sequence[_Word]) -> list[_Word]:
    """The words that make the name: without articles and titles, spelled in one way."""
    # A single letter with a dot is an initial, whatever else it may mean; only "D." is a title: Dom, Don.
    kept = [
        word for word in words if word.text not in EMPTY or (word.short and len(word.text) == 1 and word.text != "d")
    ]
    found = [_Word(SAME.get(word.text, word.text), word.short) for word in kept]
    plain = [word for word in found if word.text != "saint" and word.text not in DIRECTIONS]
    return plain or found


def _differs(name: _Name, road: _Name) -> bool:
    """Whether a street that the text names is surely not the road."""
    asked, found = _telling(name.words), _telling(road.words)
    if not asked or not found or not _is_comparable(asked[0], found[0]):
        return False
    if name.kinds and road.kinds and not name.languages & road.languages and not _shared(asked, found):
        return False  # the same street in another language perhaps
    if _directed_otherwise(name, road) or _is_other_saint(name, road):
        return True
    nearest = road.ends_in_kind
    return not _is_one_name(asked, found, name.numbers, nearest=nearest) or _is_other_kind(name, road)


def _is_other_kind(name: _Name, road: _Name) -> bool:
    return bool(name.kinds and road.kinds and not name.kinds & road.kinds and name.languages & road.languages)


def _directed_otherwise(name: _Name, road: _Name) -> bool:
    one, other = ({SAME.get(word.text, "") for word in words} & DIRECTIONS for words in (name.words, road.words))
    return bool(one and other and not one & other)


def _is_other_saint(name: _Name, road: _Name) -> bool:
    """Whether one is a saint's and the other has more to its name: São Miguel is not Miguel Bombarda."""
    saints = [any(SAME.get(word.text) == "saint" or word.text == "s" for word in one.words) for one in (name, road)]
    names = [{word.text for word in _telling(one.words)} for one in (name, road)]
    return saints[0] != saints[1] and not names[saints.index(True)] - {"saint"} >= names[saints.index(False)]


def _is_one_name(asked: list[_Word], found: list[_Word], numbers: frozenset[str], *, nearest: bool) -> bool:
    """Whether the words of a text, nearest to the kind first, name the road of the words `found`.

    A name may be shortened, but `nearest` says that the word nearest to the kind cannot be left out.
    """
    if _joined(asked).startswith(_joined(found)) or _joined(asked[::-1]).endswith(_joined(found[::-1])):
        return _no_more(asked, found)
    missing = [word for word in found if not _is_among(word, asked) and word.text not in numbers]
    extra = [word for word in asked if not _is_among(word, found) and len(word.text) > 1]
    if not missing:
        return _is_among(asked[0], found) and _no_more(asked, found)
    if not extra:
        ends = found[:1] if nearest else [found[0], found[-1]]
        return any(_is_among(one, asked) for one in ends) and not any(word.text in TELLING for word in missing)
    if _initials(found) in {word.text for word in asked}:
        return True
    shared = sum(len(word.text) for word in found if word not in missing)
    longest = max(sum(len(word.text) for word in words) for words in (asked, found))
    return shared >= _LEAST_SHARE * longest and not any(word.text in TELLING for word in [*missing, *extra])


def _no_more(asked: list[_Word], found: list[_Word]) -> bool:
    """Whether the text adds no word that makes it another street: Old Kent Road is not Kent Road."""
    known = {word.text for word in found}
    beyond = asked[len(found) : len(found) + 1]
    return not any(word.text in TELLING and word.text not in known for word in beyond)


def _is_among(word: _Word, words: Sequence[_Word]) -> bool:
    return any(_is_one_word(word, other) for other in words)


def _is_one_word(one: _Word, other: _Word) -> bool:
    if one.text == other.text:
        return True
    for short, whole in ((one, other), (other, one)):
        if (short.short or len(short.text) == 1) and short.text.isalpha() and whole.text.startswith(short.text):
            return True
    if len(_plain_umlauts(one.text)) > 2 and _plain_umlauts(one.text) == _plain_umlauts(other.text):
        return True
    if min(len(one.text), len(other.text)) < _LEAST_LETTERS:
        return False
    return SequenceMatcher(None, one.text, other.text, autojunk=False).ratio() >= _LEAST_LIKENESS


def _plain_umlauts(text: str) -> str:
    return text.replace("ae", "a").replace("oe", "o").replace("ue", "u")


def _joined(words: Sequence[_Word]) -> str:
    return "".join(word.text for word in words)


def _initials(words: Sequence[_Word]) -> str:
    return "".join(word.text[0] for word in reversed(words))


def _shared(asked: list[_Word], found: list[_Word]) -> bool:
    return any(_is_among(word, asked) for word in found)


def _shares_nothing(asked: str, road: _Name) -> bool:
    """Where no word tells which words are the street's: whether the road has none of them."""
    words = [word for word in _words(asked) if _tells(word)]
    found = _telling(road.words)
    if all(word.text in KINDS_BEFORE or word.text in _KINDS_AFTER for word in words):
        return False
    if not found or all(word.number for word in road.words):
        return False
    if not any(_is_comparable(word, found[0]) for word in words):
        return False
    if _HOUSE.search(asked) is None:
        return False
    joined = _joined(words)
    return not _shared(_telling(words), found) and _joined(found[::-1]) not in joined and _joined(found) not in joined


def _is_comparable(one: _Word, other: _Word) -> bool:
    """Whether both are of one script; a number is of any."""
    scripts = {unicodedata.name(word.text[0], "").split(" ", 1)[0] for word in (one, other) if word.text[0].isalpha()}
    return len(scripts) < 2


def _is_unspaced(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith(("CJK", "HIRAGANA", "KATAKANA"))
