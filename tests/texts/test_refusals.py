"""Words of the console for the refusals of the service, in the languages that are not the service's own."""

import re
from pathlib import Path

import pytest

from geo_assign.app import list_operations

SRC = Path(__file__).parents[2] / "geo_assign/console/web/src"
_CALL = re.compile(r'\.(GET|POST|PUT|PATCH|DELETE)\(\s*"(/v1/[^"]*)"')
# What any call may be answered with.
ANY = {
    "csrf_token_wrong",
    "forbidden",
    "invalid_request",
    "overloaded",
    "stale_version",
    "too_large",
    "too_many_requests",
    "unauthenticated",
    "unavailable",
    "version_required",
}


def without_names(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def calls_of_pages() -> set[tuple[str, str]]:
    """Every operation that the console or the technician's app calls."""
    sources = [path.read_text() for path in SRC.rglob("*.ts*") if ".gen." not in path.name]
    return {(method, without_names(path)) for source in sources for method, path in _CALL.findall(source)}


@pytest.mark.parametrize("language", ["de", "pt"])
def test_every_refusal_that_a_page_can_meet_has_words(language: str) -> None:
    operations = {(one.method, without_names(one.path)): one for one in list_operations()}
    calls = calls_of_pages()
    assert len(calls) > 100
    assert calls <= operations.keys()
    codes = ANY | {error.code for call in calls for error in operations[call].errors}
    words = dict(re.findall(r'^  (\w+):\s+"(.+)",$', (SRC / f"texts/{language}/refusals.ts").read_text(), re.MULTILINE))
    assert sorted(codes - words.keys()) == []
