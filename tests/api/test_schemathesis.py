"""The whole API against its own document: whatever is sent, no 500, and no answer that the document does not describe.

Made-up ids are never there, so every operation is also asked about real things, with the version that they have.
"""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from geo_assign.http.json_schemas import resolved
from geo_assign.http.paths import parameters_of, template_of
from tests.api.conformance import undescribed
from tests.api.neighbours import Neighbours
from tests.api.samples import OPERATIONS, SAMPLES
from tests.thoroughness import combined, times

# The stream has no end; ending the session, and a second factor that the caller lacks, would end the test.
_LAST = {"GET /v1/live", "DELETE /v1/sessions/current", "PUT /v1/organization/second-factor"}
NAMES = [name for name in OPERATIONS if name not in _LAST]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# The examples of the administrator, of each operation.
EXAMPLES = times(3, 30)
# What a member of a body or a query names.
_MEANS = {
    "store_id": "store",
    "store_ids": "store",
    "group_id": "group",
    "group_ids": "group",
    "provider_id": "provider",
    "technician_id": "technician",
    "technician_ids": "technician",
    "assignee_id": "technician",
    "work_order_id": "work_order",
}


@pytest.fixture(scope="module")
def schema(neighbours: Neighbours) -> Any:
    return schemathesis.openapi.from_wsgi("/openapi.json", neighbours.app)


# Most of what a technician or a key sends is refused alike.
@pytest.mark.parametrize(("name", "other"), combined(NAMES, ["ana", "reader"]))
def test_every_answer_is_in_the_document(neighbours: Neighbours, schema: Any, name: str, other: str) -> None:
    method, path = name.split(" ")
    operation = schema[template_of(path)][method]
    codes = _codes(schema.raw_schema, name)
    requests = _requests(operation, name, neighbours.ours.things)
    for who, examples in ((other, 1), ("root", EXAMPLES)):
        _exchange(neighbours, name, who, requests, codes, examples=examples)


def _exchange(
    neighbours: Neighbours,
    name: str,
    who: str,
    requests: st.SearchStrategy[Any],
    codes: dict[str, int],
    *,
    examples: int,
) -> None:
    """Send the requests of one caller, and hold each answer against the document."""
    authorization = {"Authorization": f"Bearer {neighbours.ours.token(who)}"}

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=requests)
    def exchange(case: Any) -> None:
        # The call goes past what would unpack a compressed answer.
        plain = {"Accept-Encoding": "identity"}
        headers = authorization | plain | _present_version(neighbours, case, authorization)
        answer = case.call(headers=headers)
        case.validate_response(answer, checks=CHECKS)
        if answer.headers.get("Content-Type", "").endswith("json"):
            assert undescribed(OPERATIONS[name], answer.status_code, answer.json()) == [], who
        if answer.status_code >= 400:
            assert codes[answer.json()["code"]] == answer.status_code, (who, case.formatted_path)

    exchange()


def _codes(document: dict[str, Any], name: str) -> dict[str, int]:
    """The problem codes that the document lists for an operation, with their statuses."""
    method, path = name.split(" ")
    codes: dict[str, int] = {}
    for response in document["paths"][template_of(path)][method.lower()]["responses"].values():
        codes |= resolved(document, response).get("x-codes", {})
    return codes


def _requests(operation: Any, name: str, things: dict[str, str]) -> st.SearchStrategy[Any]:
    made_up = [operation.as_strategy(), operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)]
    sample = SAMPLES[name]
    given = {"uuid": (things[one] for one in sample.ids), "slug": iter(sample.words), "int": iter(sample.numbers)}
    real = {parameter: next(given[kind]) for parameter, kind in parameters_of(name)}
    about_real = operation.as_strategy(path_parameters=real or None).map(lambda case: _about(case, things))
    return st.one_of(about_real, about_real, *made_up)


def _about(case: Any, things: dict[str, str]) -> Any:
    """The same request, about real things wherever it names any."""
    for members in (case.query, case.body):
        for member in _MEANS.keys() & members if isinstance(members, dict) else ():
            real = things[_MEANS[member]]
            members[member] = [real] if isinstance(members[member], list) else real
    return case


def _present_version(neighbours: Neighbours, case: Any, authorization: dict[str, str]) -> dict[str, str]:
    """The If-Match of the thing that a valid request names, if it has one."""
    if "If-Match" not in (case.headers or {}) or case.meta.generation.mode is GenerationMode.NEGATIVE:
        return {}
    path = case.formatted_path.removesuffix("/assign").removesuffix("/unassign")
    answer = neighbours.app.test_client().get(path, headers=authorization)
    return {"If-Match": answer.headers["ETag"]} if "ETag" in answer.headers else {}
