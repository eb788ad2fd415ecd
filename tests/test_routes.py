"""The remembered rules of the tests lead where the application's own do."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from flask import Flask
from werkzeug.routing import MapAdapter, Rule

from geo_assign.app import create_app
from tests.conftest import World
from tests.routes import RememberedRule

ANY_ID = UUID("01900000-0000-7000-8000-000000000001")
VALUES = (str(ANY_ID), "7", "screen", "any/path.js")


def addresses(rule: Rule) -> Iterator[str]:
    """Paths like those of the rule: each of the values in the place of all its parameters, and one of none."""
    for value in VALUES:
        parts = [value if part.startswith("<") else part for part in rule.rule.split("/")]
        yield "/".join(parts)
        yield f"{'/'.join(parts)}/"


def led_to(adapter: MapAdapter, path: str) -> object:
    """What answers at `path`, by method; the name of the problem where nothing does."""
    found = {}
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        try:
            found[method] = adapter.match(path, method=method)
        except Exception as problem:  # noqa: BLE001 - compared
            found[method] = (type(problem).__name__, ())
    return found


def test_a_later_application_is_led_by_the_same_rules(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    create_app(world.settings())
    again = create_app(world.settings())
    monkeypatch.setattr(Flask, "url_rule_class", Rule)
    own = create_app(world.settings())
    assert [rule.rule for rule in again.url_map.iter_rules()] == [rule.rule for rule in own.url_map.iter_rules()]
    assert all(isinstance(rule, RememberedRule) for rule in again.url_map.iter_rules())
    here, there = again.url_map.bind(""), own.url_map.bind("")
    for rule in own.url_map.iter_rules():
        for path in addresses(rule):
            assert led_to(here, path) == led_to(there, path), path
