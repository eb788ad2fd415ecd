"""What a function's prefix promises: `get_` raises, `find_` may return None, `list_` returns all."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.docs.pages import ROOT
from tests.sources import nodes_of

# Handlers are named as the API names its operations; click asks for a command by this name.
_OTHERS = {"geo_assign/http/routes", "geo_assign/cli.py"}


def functions(prefix: str) -> Iterator[tuple[str, str]]:
    """Where each function with this prefix is defined, and what it is annotated to return."""
    for path in sorted((ROOT / "geo_assign").rglob("*.py")):
        place = str(path.relative_to(ROOT))
        if place.startswith(tuple(_OTHERS)):
            continue
        source = path.read_text(encoding="utf-8")
        # Most files have none, and to read a tree takes far longer than a text.
        if not re.search(rf"def _*{prefix}", source):
            continue
        for node in nodes_of(ast.parse(source)):
            if isinstance(node, ast.FunctionDef) and node.name.lstrip("_").startswith(prefix):
                yield f"{place}: {node.name}", ast.unparse(node.returns) if node.returns else ""


def test_find_may_return_none() -> None:
    assert [name for name, answer in functions("find_") if "None" not in answer] == []


@pytest.mark.parametrize("prefix", ["get_", "list_"])
def test_get_and_list_never_do(prefix: str) -> None:
    assert [name for name, answer in functions(prefix) if "None" in answer] == []
