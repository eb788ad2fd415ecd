"""Many leads in one body, and how it is read: one that cannot be read costs no other."""

import codecs
import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated

from pydantic import Field, PrivateAttr

from geo_assign.core.errors import FieldProblem, GeoAssignError, InvalidError
from geo_assign.http.bodies import BodyFormat
from geo_assign.http.decoding import M, decode_body, require_json
from geo_assign.http.errors import MalformedJsonError
from geo_assign.http.routes.work_order_models import LeadBody, WorkOrderAnswer
from geo_assign.http.schemas import Answer, Body, Shaped

MOST_LEADS = 200


class BatchedLeadBody(LeadBody):
    """A lead among others. With `external_id` or `idempotency_key` it is made once, however often it is sent."""

    idempotency_key: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        None, description="As the header `Idempotency-Key` of `POST /v1/leads`, for this one."
    )


class LeadsBody(Body):
    """Leads to be created, each for itself."""

    leads: Annotated[list[BatchedLeadBody], Field(min_length=1, max_length=MOST_LEADS)]
    _items: list[BatchedLeadBody | GeoAssignError] = PrivateAttr(default_factory=list)

    @classmethod
    def of_items(cls, items: list[BatchedLeadBody | GeoAssignError]) -> "LeadsBody":
        """A batch of which each item was read by itself."""
        body = cls.model_construct(leads=[one for one in items if isinstance(one, BatchedLeadBody)])
        body._items = items  # noqa: SLF001 - its own class
        return body

    @property
    def items(self) -> Sequence[BatchedLeadBody | GeoAssignError]:
        """In the order of the body each lead, or what is wrong with it."""
        return self._items


def decode_leads(model: type[M], raw: bytes) -> M:
    """A batch of leads, read one by one. Raises InvalidError, MalformedJsonError for the batch as a whole."""
    del model
    return LeadsBody.of_items([_read(item) for item in _items_of(raw)])  # type: ignore[return-value]


LEADS_JSON = BodyFormat(("application/json",), require_json, decode_leads)


class LeadVerdict(StrEnum):
    """What became of a lead of a batch."""

    CREATED = "created"
    EXISTS = "exists"
    REFUSED = "refused"


class ProblemAnswer(Answer):
    """A problem, as this call would have answered it alone."""

    code: str = Field(description="Stable: decide by it.")
    title: str = Field(description="What the code means.")
    detail: str = Field(description="What was wrong this time, as a sentence.")
    status: int = Field(description="Its HTTP status.")


class LeadResultAnswer(Answer):
    """What became of one lead: `work_order` of one that is there, `problem` of one that is refused."""

    index: int = Field(description="Its place in the body.")
    verdict: LeadVerdict
    status: int = Field(description="As `POST /v1/leads` would have answered; 200 if it existed.")
    work_order: WorkOrderAnswer | None
    problem: Annotated[Mapping[str, object], Shaped(ProblemAnswer)] | None


class LeadResultsAnswer(Answer):
    """One result for each lead, in the order of the body."""

    results: Sequence[LeadResultAnswer]
    created: int = Field(description="How many were created.")
    exist: int = Field(description="How many existed before.")
    refused: int = Field(description="How many were refused.")


def _items_of(raw: bytes) -> list[object]:
    try:
        sent = json.loads(raw.removeprefix(codecs.BOM_UTF8) or b"{}")
    except (ValueError, RecursionError) as error:
        raise MalformedJsonError("The body is not JSON.") from error
    if not isinstance(sent, dict):
        raise InvalidError.at("", "wrong_type", "Input should be an object.")
    unknown = [FieldProblem(f"/{name}", "unknown_member", "Not known here.") for name in sent if name != "leads"]
    if unknown:
        raise InvalidError("Only `leads` is known here.", errors=unknown)
    items = sent.get("leads")
    if items is None:
        raise InvalidError.at("/leads", "missing", "Is required.")
    if not isinstance(items, list):
        raise InvalidError.at("/leads", "wrong_type", "Input should be a list.")
    if not items:
        raise InvalidError.at("/leads", "too_short", "Send at least one lead.")
    if len(items) > MOST_LEADS:
        raise InvalidError.at("/leads", "too_long", f"Send at most {MOST_LEADS} leads at once.")
    return items


def _read(item: object) -> BatchedLeadBody | GeoAssignError:
    if not isinstance(item, dict):
        return InvalidError.at("", "wrong_type", "Input should be an object.")
    try:
        return decode_body(BatchedLeadBody, json.dumps(item).encode())
    except GeoAssignError as error:
        return error
