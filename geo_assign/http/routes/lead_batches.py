"""Many leads at once: each is judged by itself, and made in a transaction of its own."""

import json
from collections import Counter
from dataclasses import replace

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from geo_assign.core.errors import FieldProblem, GeoAssignError, InvalidError
from geo_assign.core.idempotency import Attempt
from geo_assign.core.telemetry import get_logger
from geo_assign.http.idempotency import attempt_of
from geo_assign.http.operations import LEAD_WRITING, Call, Reply, Routes
from geo_assign.http.problems import problem_of, translate
from geo_assign.http.routes.lead_batch_models import (
    LEADS_JSON,
    BatchedLeadBody,
    LeadResultAnswer,
    LeadResultsAnswer,
    LeadsBody,
    LeadVerdict,
)
from geo_assign.http.routes.new_orders import new_order_of, require_place
from geo_assign.http.routes.work_order_models import LeadBody, work_order_answer
from geo_assign.workorders.domain import Kind, slot_warnings

routes = Routes("Work orders")
_log = get_logger()
_ROUTE = "create_lead"
"""A key means the same whether the lead is sent alone or among others."""


@routes.post(
    "/v1/leads/bulk",
    access=LEAD_WRITING,
    body=LeadsBody,
    reads=LEADS_JSON,
    example={
        "leads": [
            {
                "store_id": "01a2019c-3960-7b1d-9a52-6a0a5b3a8d20",
                "customer": {"name": "Eva Lima", "phone": "+351 910 000 000"},
                "address": "Rua das Flores 12, Porto",
                "external_id": "order-1041",
            }
        ]
    },
    answer=LeadResultsAnswer,
    status=207,
    creates=True,
    own_transactions=True,
    errors=(InvalidError,),
)
def create_leads(call: Call[None, LeadsBody]) -> Reply:
    """Create up to 200 leads.

    Each is judged by itself: one that is refused costs no other. The worker locates and assigns them at once. A lead
    whose `external_id` its store has, or whose key was used, is answered as it is now. Under `Idempotency-Key` the
    whole may be sent again.
    """
    results = [_create(call, index, item) for index, item in enumerate(call.body.items)]
    counts = Counter(one.verdict for one in results)
    return Reply(
        LeadResultsAnswer(
            results=results,
            created=counts[LeadVerdict.CREATED],
            exist=counts[LeadVerdict.EXISTS],
            refused=counts[LeadVerdict.REFUSED],
        )
    )


def _create(call: Call[None, LeadsBody], index: int, item: BatchedLeadBody | GeoAssignError) -> LeadResultAnswer:
    if isinstance(item, GeoAssignError):
        return _refused(call, index, item)
    lead = LeadBody.model_construct(**{name: getattr(item, name) for name in LeadBody.model_fields})
    try:
        require_place(lead)
        attempt = _attempt(call, index, item.idempotency_key, lead)
        order, existed = call.services.dispatch.create_for_worker(call.caller, new_order_of(Kind.LEAD, lead), attempt)
    except (GeoAssignError, DBAPIError, PoolTimeout) as error:
        return _refused(call, index, _told(error))
    return LeadResultAnswer(
        index=index,
        verdict=LeadVerdict.EXISTS if existed else LeadVerdict.CREATED,
        status=200 if existed else 201,
        work_order=work_order_answer(order, slot_warnings(order, order.updated_at)),
        problem=None,
    )


def _attempt(call: Call[None, LeadsBody], index: int, key: str | None, lead: LeadBody) -> Attempt | None:
    """The attempt of one lead: under its own key, or under the whole call's and its place."""
    own = attempt_of(key or "-", caller_id=call.caller.id, route=_ROUTE, path={}, body=lead)
    if own is None or key is not None:
        return own
    return (
        None
        if call.attempt is None
        else replace(call.attempt, key=f"{call.attempt.key}#{index}", request_hash=own.request_hash)
    )


def _told(error: Exception) -> GeoAssignError:
    told = translate(error)
    if not isinstance(error, GeoAssignError):
        _log.warning("lead_of_batch_failed", code=told.code, error=type(error).__name__)
    return told


def _refused(call: Call[None, LeadsBody], index: int, error: GeoAssignError) -> LeadResultAnswer:
    problem = problem_of(_located(error, f"/leads/{index}"), call.request_id)
    members = json.loads(problem.body)
    del members["instance"]  # the request's, for all of them: the header names it
    return LeadResultAnswer(
        index=index,
        verdict=LeadVerdict.REFUSED,
        status=problem.status,
        work_order=None,
        problem=members,
    )


def _located(error: GeoAssignError, at: str) -> GeoAssignError:
    """The error with its pointers into the body of the whole call."""
    moved = [FieldProblem(f"{at}{one.pointer}", one.code, one.detail) for one in error.errors]
    return type(error)(error.detail, errors=moved, retry_after_s=error.retry_after_s, **error.facts)
