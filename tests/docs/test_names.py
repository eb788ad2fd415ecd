"""Whatever the documentation names is there: pages, files, settings, calls, commands, metrics, tables."""

import ast
import importlib
import re
from collections.abc import Iterator
from functools import cache

import click
import pytest
from click.testing import CliRunner

from geo_assign.app import list_operations
from geo_assign.cli import main
from geo_assign.core.settings import PREFIX, Settings
from geo_assign.core.telemetry import registry
from geo_assign.http.paths import template_of
from geo_assign.schema import metadata
from tests.docs.pages import ROOT, Page, list_pages, page

PAGES = list_pages()
_METHODS = "GET|POST|PUT|PATCH|DELETE"
_SETTING = re.compile(rf"{PREFIX}[A-Z][A-Z_]*[A-Z]")
_CALL = re.compile(rf"({_METHODS}) (/v1/[\w/{{}}-]+(?:\.mvt)?)|(?<![\w/])()(/v1/[\w/{{}}-]+(?:\.mvt)?)")
_COMMAND = re.compile(r"geo-assign ((?:[a-z]+(?:-[a-z]+)* ?)+)")
_COMMAND_LINE = re.compile(r"geo-assign ([a-z][^\n|&;`)]*)")
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
# `name` … in `path.py`: at most a few plain words stand between them.
_DEFINITION = re.compile(r"`([A-Za-z_]\w*)(?:\([^`]*\))?`,?[^`.;:|()]{0,40}?\s(?:in|of)\s+`([\w/]+\.py)`")
_METRIC = re.compile(r"`(geo_assign_\w+)`")
_TOP = ("geo_assign/", "tests/", "scripts/", "docs/", "config/", "migrations/", ".ci/")
_ADMINISTRATION = {
    "API keys",
    "Geocoding",
    "Me",
    "Service groups",
    "Service providers",
    "Stores",
    "Technicians",
    "Usage",
    "Users",
    "Webhooks",
}
_MADE = ("geo_assign/console/dist",)

every_page = pytest.mark.parametrize("one", PAGES, ids=str)


@every_page
def test_relative_links_lead_somewhere(one: Page) -> None:
    for link in one.links():
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        path = (one.path.parent / target).resolve() if target else one.path
        assert path.exists(), link
        assert not anchor or anchor in Page(path).anchors(), link


@every_page
def test_every_page_is_linked(one: Page) -> None:
    others = [other for other in PAGES if other != one]
    linked = {(other.path.parent / link.partition("#")[0]).resolve() for other in others for link in other.links()}
    assert one.path.name == "README.md" or one.path in linked


@every_page
def test_paths_in_backticks_exist(one: Page) -> None:
    for span in one.spans():
        path = span.removeprefix("./")
        if path.startswith(_TOP) and re.fullmatch(r"[\w./-]+", path) and not path.startswith(_MADE):
            assert (ROOT / path).exists(), span


@every_page
def test_a_name_that_is_said_to_be_in_a_file_is_defined_there(one: Page) -> None:
    for name, path in _DEFINITION.findall(one.prose):
        assert name in defined_names(path), f"{name} in {path}"


@cache
def defined_names(path: str) -> set[str]:
    """What a module, and the classes in it, define."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    bodies = [tree.body, *(node.body for node in ast.walk(tree) if isinstance(node, ast.ClassDef))]
    return {name for body in bodies for node in body for name in _names_of(node)}


def _names_of(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    yield from (target.id for target in targets if isinstance(target, ast.Name))


@every_page
def test_settings_are_known(one: Page) -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    assert set(_SETTING.findall(one.text)) <= known | switches_of_the_tests()


@cache
def switches_of_the_tests() -> set[str]:
    """The variables that the tests themselves read."""
    texts = (path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    return {name for text in texts for name in _SETTING.findall(text) if name.startswith(f"{PREFIX}TEST_")}


@every_page
def test_calls_are_served(one: Page) -> None:
    served = {(operation.method, shape(template_of(operation.path))) for operation in list_operations()}
    paths = {path for _, path in served}
    for method, path in calls(one.text):
        if method:
            assert (method, shape(path)) in served, f"{method} {path}"
        else:
            assert shape(path) in paths, path


@every_page
def test_commands_are_known(one: Page) -> None:
    for words in spoken(one):
        assert find_command(words) is not None, words


@every_page
def test_commands_run_and_have_the_options_named_with_them(one: Page) -> None:
    for line in command_lines(one):
        command = find_command(line.split())
        assert command is not None, line
        options = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        assert set(_OPTION.findall(line)) <= options, line
        answer = CliRunner().invoke(command, ["--help"])
        assert answer.exit_code == 0, answer.output


def test_metrics_are_counted() -> None:
    for process in ("geo_assign.app", "geo_assign.worker"):
        importlib.import_module(process)
    counted = {metric.name + ("_total" if metric.type == "counter" else "") for metric in registry.collect()}
    text = page("docs/operations.md").text
    assert set(_METRIC.findall(text)) == counted
    in_tables = [name for line in text.splitlines() if line.startswith("| `geo_") for name in _METRIC.findall(line)]
    assert sorted(in_tables) == sorted(counted)


def test_every_table_is_described() -> None:
    spans = set(page("docs/data-model.md").spans())
    assert set(metadata.tables) <= spans


def test_every_operation_of_the_phone_and_the_dispatcher_is_in_the_tour() -> None:
    told = {shape(path) for _, path in calls(page("docs/api.md").text)}
    wanted = {shape(template_of(one.path)) for one in list_operations() if one.tag not in _ADMINISTRATION}
    assert wanted <= told


def calls(text: str) -> Iterator[tuple[str, str]]:
    """Method (empty where none is told) and path of the calls named in a text."""
    for method, path, _, bare in _CALL.findall(text):
        yield method, (path or bare).rstrip("/")


def shape(path: str) -> str:
    """A path whose parameters have no names."""
    return re.sub(r"\{[^}]*\}|\$[A-Z]+", "{}", path)


def spoken(one: Page) -> Iterator[list[str]]:
    """The words after `geo-assign` in code."""
    for code in (*one.spans(), *one.blocks("sh")):
        for words in _COMMAND.findall(code):
            yield words.split()


def command_lines(one: Page) -> Iterator[str]:
    """What follows `geo-assign` in code, continued lines joined."""
    for code in (*one.spans(), *one.blocks("sh")):
        yield from _COMMAND_LINE.findall(code.replace("\\\n", " "))


def find_command(words: list[str]) -> click.Command | None:
    """The command that the first words name; a group wants the next word, too."""
    command: click.Command | None = main
    context = click.Context(main)
    for word in words:
        if not isinstance(command, click.Group):
            break
        command = command.get_command(context, word)
    return command
