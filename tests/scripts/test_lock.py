"""The lock files hold what setup.cfg and pyproject.toml ask for, no less, no more and from nowhere in particular."""

import re
from dataclasses import dataclass
from functools import cache

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts.lib.requirements import requirements
from tests.scripts.shell import REPOSITORY

RENEW = "renew the lock files with ./scripts/lock"
EXTRAS = ("", "test", "mutants")
# A pin with its hashes, and after them the packages that asked for it, if any but the project itself.
ENTRY = re.compile(r"^(?P<pin>[^\s#].*?) \\\n(?P<hashes>(?:    --hash=.*\n)+)(?P<via>(?:    #.*\n)*)", re.MULTILINE)
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")


@dataclass(frozen=True)
class Pin:
    """One locked package. `via` are the packages that asked for it."""

    requirement: Requirement
    hashes: tuple[str, ...]
    via: frozenset[str]

    @property
    def version(self) -> str:
        return str(self.requirement.specifier).removeprefix("==")


def text_of(extra: str) -> str:
    name = f"requirements-{extra}.lock" if extra else "requirements.lock"
    return (REPOSITORY / "config" / name).read_text()


@cache
def pins(extra: str) -> dict[str, Pin]:
    found = {}
    for entry in ENTRY.finditer(text_of(extra)):
        requirement = Requirement(entry["pin"])
        askers = re.sub(r"# via|#|-c \S+", " ", entry["via"]).split()
        pin = Pin(requirement, tuple(entry["hashes"].splitlines()), frozenset(map(canonicalize_name, askers)))
        assert found.setdefault(canonicalize_name(requirement.name), pin) is pin, requirement.name
    return found


@cache
def wanted(extra: str) -> dict[str, Requirement]:
    parsed = [Requirement(line) for line in requirements(extra)]
    return {canonicalize_name(requirement.name): requirement for requirement in parsed}


@pytest.mark.parametrize("extra", EXTRAS)
def test_what_is_required_is_locked_within_its_range(extra: str) -> None:
    locked = pins(extra)
    assert wanted(extra).keys() <= locked.keys(), RENEW
    outside = {
        name: locked[name].version
        for name, requirement in wanted(extra).items()
        if not requirement.specifier.contains(locked[name].version)
    }
    assert outside == {}, RENEW


@pytest.mark.parametrize("extra", EXTRAS)
def test_what_is_locked_is_required_by_the_project_or_by_what_is_locked(extra: str) -> None:
    locked = pins(extra)
    assert {name for name, pin in locked.items() if not pin.via} <= wanted(extra).keys(), RENEW
    assert {asker for pin in locked.values() for asker in pin.via} <= locked.keys(), RENEW


@pytest.mark.parametrize("extra", EXTRAS)
def test_extras_are_locked(extra: str) -> None:
    for name, requirement in wanted(extra).items():
        for part in requirement.extras:
            assert f"{name}-{part}" in pins(extra), RENEW


@pytest.mark.parametrize("extra", EXTRAS)
def test_each_line_of_a_lock_is_understood_here(extra: str) -> None:
    assert re.sub(r"^#.*\n", "", ENTRY.sub("", text_of(extra)), flags=re.MULTILINE) == ""
    for pin in pins(extra).values():
        assert re.fullmatch(r"==[^=*,]+", str(pin.requirement.specifier)), pin
        assert pin.requirement.url is None
        assert all(HASH.fullmatch(line) for line in pin.hashes), pin


def test_both_locks_name_the_same_versions() -> None:
    for name, pin in pins("").items():
        assert pins("test")[name].version == pin.version, RENEW


@pytest.mark.parametrize("extra", EXTRAS)
def test_a_lock_names_no_place(extra: str) -> None:
    assert "://" not in text_of(extra)
    assert "index-url" not in text_of(extra)
