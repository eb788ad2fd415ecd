"""The paths of operations: as they are declared, as OpenAPI writes them, and as Flask's rules.

A path is declared as `/v1/tiles/{z:int}/{x:int}/{y:int}.mvt`: a parameter without a kind is a UUID, the others are
`int` and `slug`. What does not fit its kind matches no rule, so that a badly formed id is as absent as an unknown one.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from uuid import UUID

from werkzeug.routing import BaseConverter, IntegerConverter, Map, UUIDConverter

PathValue = UUID | int | str
_PARAMETER = re.compile(r"\{([a-z_]+)(?::([a-z]+))?\}")


class SmallIntConverter(IntegerConverter):
    """An integer of at most nine ASCII digits; werkzeug's own takes any digits of Unicode, and any number of them."""

    regex = "[0-9]{1,9}"


class SlugConverter(BaseConverter):
    """Lower-case words such as a skill's name."""

    regex = "[a-z0-9][a-z0-9_.-]{0,62}"


_CONVERTERS: Mapping[str, type[BaseConverter]] = {
    "uuid": UUIDConverter,
    "int": SmallIntConverter,
    "slug": SlugConverter,
}
TYPE_OF_KIND: Mapping[str, type[PathValue]] = {"uuid": UUID, "int": int, "slug": str}


def prepare_url_map(url_map: Map) -> None:
    """Make `url_map` understand the kinds of parameters, and answer `//` with 404 instead of a redirect."""
    url_map.converters.update(_CONVERTERS)
    url_map.merge_slashes = False


def parameters_of(path: str) -> list[tuple[str, str]]:
    """Names and kinds of a path's parameters, in order."""
    return [(name, kind or "uuid") for name, kind in _PARAMETER.findall(path)]


@lru_cache(maxsize=1024)
def template_of(path: str) -> str:
    """The path as OpenAPI writes it: parameters without their kind."""
    return _PARAMETER.sub(r"{\1}", path)


def rule_of(path: str) -> str:
    """The path as a rule of Flask: `/v1/stores/<uuid:id>`."""
    return _PARAMETER.sub(lambda match: f"<{match[2] or 'uuid'}:{match[1]}>", path)
