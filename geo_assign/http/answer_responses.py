"""What operations answer when all went well, as responses of the OpenAPI document."""

from collections import Counter
from collections.abc import Sequence
from http import HTTPStatus

import orjson

from geo_assign.http.idempotency import REPLAYED
from geo_assign.http.json_schemas import Json, References, name_in, reference
from geo_assign.http.operations import Operation

_NOT_MODIFIED = "Unchanged."


class AnswerResponses:
    """Answers with headers that several operations give are said once, in `components`; `of` refers to them."""

    def __init__(self, operations: Sequence[Operation], references: References) -> None:
        self._references = references
        answers = [_answer(operation, references) for operation in operations]
        times = Counter(map(orjson.dumps, answers))
        self._names = {
            orjson.dumps(answer): _name(operation, references)
            for operation, answer in zip(operations, answers, strict=True)
            if "headers" in answer and times[orjson.dumps(answer)] > 1
        }
        self.components = {name: orjson.loads(answer) for answer, name in self._names.items()}

    def of(self, operation: Operation) -> Json:
        """By status: the answer, or a reference to the one that is shared."""
        answer = _answer(operation, self._references)
        name = self._names.get(orjson.dumps(answer))
        responses = {str(operation.status): answer if name is None else reference("responses", name)}
        if operation.method == "GET" and _has_version(operation):
            responses["304"] = {"description": _NOT_MODIFIED}
        return responses


def _answer(operation: Operation, references: References) -> Json:
    headers: Json = {}
    if _has_version(operation):
        headers["ETag"] = reference("headers", "ETag")
    if operation.creates:
        headers[REPLAYED] = reference("headers", REPLAYED)
    answer: Json = {"description": HTTPStatus(operation.status).phrase}
    if headers:
        answer["headers"] = headers
    if operation.status != 204:
        schema = _schema(operation, references)
        answer["content"] = {media_type: {"schema": schema} for media_type in operation.media_types}
    return answer


def _schema(operation: Operation, references: References) -> Json:
    if any(media_type.startswith(("image/", "application/vnd.mapbox")) for media_type in operation.media_types):
        return {"type": "string", "format": "binary"}
    if operation.answer is None or "application/json" not in operation.media_types:
        return {"type": "string"}
    return references[operation.answer, "serialization"]


def _has_version(operation: Operation) -> bool:
    return operation.tagged or (operation.answer is not None and "version" in operation.answer.model_fields)


def _name(operation: Operation, references: References) -> str:
    """`WorkOrderAnswer`, and `WorkOrderAnswerCreated` where a new one is answered."""
    created = "Created" if operation.creates else ""
    return name_in(_schema(operation, references)) + created
