"""config/geo-assign.env lists every setting, in order, with its default and what it means."""

import re
from dataclasses import dataclass

import pytest
from pydantic import SecretStr

from geo_assign.core.settings import PREFIX, Settings
from tests.docs.pages import ROOT

FILE = ROOT / "config" / "geo-assign.env"
_LINE = re.compile(r"(#?)(GEO_ASSIGN_\w+)=(.*)")


@dataclass(frozen=True)
class Listed:
    """One setting as the file lists it. `value` None: the line is commented out."""

    name: str
    value: str | None
    comment: str


def listed() -> list[Listed]:
    found = []
    for paragraph in FILE.read_text(encoding="utf-8").split("\n\n"):
        *comment, last = paragraph.strip().split("\n")
        match = _LINE.fullmatch(last)
        if match is None:
            continue
        hidden, name, value = match.groups()
        text = " ".join(line.removeprefix("#").strip() for line in comment)
        found.append(Listed(name, None if hidden else value, text))
    return found


def test_every_setting_is_listed_once_and_in_order() -> None:
    assert [one.name for one in listed()] == [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]


def test_the_file_says_nothing_but_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    for one in listed():
        monkeypatch.delenv(one.name, raising=False)
    assert plain(Settings(_env_file=FILE)) == plain(Settings(_env_file=None))  # type: ignore[call-arg]


@pytest.mark.parametrize("one", listed(), ids=lambda one: one.name)
def test_a_setting_is_explained_in_its_own_words(one: Listed) -> None:
    description = Settings.model_fields[one.name.removeprefix(PREFIX).lower()].description
    assert description
    assert one.comment.startswith(description)


def test_only_settings_without_a_fixed_default_are_commented_out() -> None:
    without = {
        f"{PREFIX}{name.upper()}"
        for name, field in Settings.model_fields.items()
        if field.default is None or field.default_factory is not None
    }
    assert {one.name for one in listed() if one.value is None} == without


def plain(settings: Settings) -> dict[str, object]:
    """The values, secrets opened for comparison."""
    return {
        name: value.get_secret_value() if isinstance(value, SecretStr) else value
        for name, value in settings.model_dump().items()
    }
