"""The `detail` of events, as models made from the event classes: history, webhooks and the API document share them."""

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from types import GenericAlias, NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import Field, create_model

from geo_assign.core.wire import FreeText, Member
from geo_assign.http.routes.people_models import PersonAnswer
from geo_assign.http.routes.work_order_models import (
    BrokenCrewAnswer,
    NearestExcludedAnswer,
    PendingDetailAnswer,
    SearchRingAnswer,
)
from geo_assign.http.schemas import PartialAnswer, SlotAnswer
from geo_assign.webhooks.domain import OutgoingEvent
from geo_assign.workorders.domain import (
    EVENTS,
    BrokenCrew,
    ExcludedTechnician,
    NamedTechnician,
    PendingEvent,
    SearchRing,
    SlotTold,
)

# What stands for a value inside an event.
_ANSWERS: Mapping[object, type] = {
    BrokenCrew: BrokenCrewAnswer,
    ExcludedTechnician: NearestExcludedAnswer,
    NamedTechnician: PersonAnswer,
    SearchRing: SearchRingAnswer,
    SlotTold: SlotAnswer,
    FreeText: str,
}


def history_detail() -> type[PartialAnswer]:
    """What an entry of the history may say beyond its kind: the members of every event."""
    by_name: dict[str, list[Member]] = {}
    for event in EVENTS.values():
        for member in event.members():
            if event is not PendingEvent or member.name not in PendingDetailAnswer.model_fields:
                by_name.setdefault(member.name, []).append(member)
    fields = {name: (_type_of(alike), Field(None, description=_meaning(alike[0]))) for name, alike in by_name.items()}
    doc = "What one entry says beyond its kind. Which members there are depends on the kind."
    return _model("EventDetailAnswer", doc, fields, base=PendingDetailAnswer)


def sent_detail(event: OutgoingEvent, name: str) -> type[PartialAnswer]:
    """The `detail` of one kind of event that is sent to other systems."""
    fields = {
        member.name: (
            _type_of([member], sent=True),
            Field(None if member.optional else ..., description=member.meaning),
        )
        for member in event.detail or ()
    }
    return _model(name, event.sent_when, fields, base=PartialAnswer)


def _meaning(member: Member) -> str | None:
    inherited = PendingDetailAnswer.model_fields.get(member.name)
    return member.meaning if inherited is None else inherited.description


def _model(name: str, doc: str, fields: Mapping[str, Any], *, base: type[PartialAnswer]) -> type[PartialAnswer]:
    return create_model(name, __base__=base, __doc__=doc, **fields)


def _type_of(alike: Iterable[Member], *, sent: bool = False) -> object:
    """The type of a member that several events may have; null only where one of them says so."""
    kinds = list(dict.fromkeys(kind for member in alike for kind in _kinds_of(member, sent=sent)))
    values = [kind for kind in kinds if kind is not NoneType]
    if len(values) > 1 and all(isinstance(kind, type) and issubclass(kind, str | Enum) for kind in values):
        values = [str]
    return Union[(*values, *(kind for kind in kinds if kind is NoneType))]


def _kinds_of(member: Member, *, sent: bool) -> Iterator[object]:
    for kind in _alternatives(member.annotation):
        is_left_out = (kind is NoneType and member.optional) or (kind is FreeText and sent)
        if not is_left_out:
            yield _shown(kind)


def _alternatives(annotation: object) -> tuple[object, ...]:
    return get_args(annotation) if get_origin(annotation) in {Union, UnionType} else (annotation,)


def _shown(kind: object) -> object:
    if get_origin(kind) is tuple:
        return GenericAlias(tuple, (_shown(get_args(kind)[0]), ...))
    return _ANSWERS.get(kind, kind)
