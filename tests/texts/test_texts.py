"""The texts of mails and pushes in each language: complete, with the same places to fill in."""

from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from string import Formatter

import pytest

from geo_assign.core.languages import Language
from geo_assign.texts import TEXTS, ServiceTexts


def texts_by_name(of: object) -> dict[str, str]:
    """Every text by its name; those of lists and mails by names of their own."""
    found: dict[str, str] = {}
    assert is_dataclass(of)
    for field in fields(of):
        value = getattr(of, field.name)
        if isinstance(value, str):
            found[field.name] = value
        elif isinstance(value, tuple):
            found |= {f"{field.name}/{place}": one for place, one in enumerate(value)}
        else:
            found |= {f"{field.name}/{name}": one for name, one in texts_by_name(value).items()}
    return found


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_every_language_has_every_text_with_the_same_places() -> None:
    assert set(TEXTS) == set(Language)
    english = texts_by_name(TEXTS[Language.ENGLISH])
    assert len(english) == 4 + 4 + 3 + 12 + 12 + 7
    for language, texts in TEXTS.items():
        told = texts_by_name(texts)
        assert told.keys() == english.keys(), language
        assert [name for name in told if not told[name].strip()] == [], language
        assert [name for name in told if places(told[name]) != places(english[name])] == [], language


@pytest.mark.parametrize("texts", TEXTS.values(), ids=TEXTS)
def test_days_are_told_apart(texts: ServiceTexts) -> None:
    year = [date(2028, 1, 1) + timedelta(days=number) for number in range(366)]
    assert len({texts.day_of(day, clock="07:00") for day in year}) == 366
    assert len({texts.slot_on(day, start="07:00", end="08:00") for day in year}) == 366
    assert not any(set("{}") & set(texts.slot_on(day, start="07:00", end="08:00")) for day in year)
