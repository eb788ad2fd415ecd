"""Rules of URLs that are compiled once in a test process, however many applications it makes.

Werkzeug writes, compiles and keeps two functions for each of two hundred rules: most of what an application costs.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from werkzeug.routing import Rule

_compiled: dict[tuple[object, ...], tuple[dict[str, object], set[str]]] = {}


class RememberedRule(Rule):
    """A rule that takes over what was compiled of an earlier one that is written alike."""

    def compile(self) -> None:
        if self.defaults:
            super().compile()
            return
        kinds = tuple(sorted((name, id(kind)) for name, kind in self.map.converters.items()))
        written = (self.rule, self.subdomain, self.host, self.merge_slashes, self.build_only, self.map.host_matching)
        known = _compiled.get((*written, kinds))
        if known is None:
            before = dict(vars(self))
            super().compile()
            made = {name: value for name, value in vars(self).items() if before.get(name) is not value}
            _compiled[*written, kinds] = made, set(self.arguments)
        else:
            made, arguments = known
            vars(self).update(made)
            self.arguments = set(arguments)


@contextmanager
def remembered_rules() -> Iterator[None]:
    """Let every application remember."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flask, "url_rule_class", RememberedRule)
        yield
