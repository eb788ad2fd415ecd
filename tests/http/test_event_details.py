"""The shapes of events in the API document are those of the event classes, whole and with their meanings."""

import pytest

from geo_assign.http.event_details import history_detail
from geo_assign.http.routes.work_order_models import (
    AlarmAnswer,
    CustomerAnswer,
    DeviceAnswer,
    GeocodedPlaceAnswer,
    PendingDetailAnswer,
)
from geo_assign.http.webhook_events import list_sent_events
from geo_assign.webhooks.domain import OUTGOING_EVENTS
from geo_assign.workorders.domain import (
    EVENTS,
    AlarmDetail,
    Customer,
    Device,
    LocationCandidate,
    PendingDetail,
)


def test_history_may_have_the_members_of_every_event() -> None:
    told = {member.name for event in EVENTS.values() for member in event.members()}
    assert set(history_detail().model_fields) == told


@pytest.mark.parametrize("event", list_sent_events(), ids=lambda event: event.name)
def test_an_event_that_is_sent_has_the_members_of_its_class(event: object) -> None:
    name, detail = event.name, event.detail  # type: ignore[attr-defined]
    told = OUTGOING_EVENTS[name].detail
    if told is None:
        assert detail is None
        return
    schema = detail.model_json_schema(mode="serialization")
    assert set(schema["properties"] if told else ()) == {member.name for member in told}
    assert set(schema.get("required", ())) == {member.name for member in told if not member.optional}
    assert all(member.get("description") for member in schema.get("properties", {}).values())


@pytest.mark.parametrize(
    ("answer", "stored"),
    [
        (PendingDetailAnswer, PendingDetail),
        (AlarmAnswer, AlarmDetail),
        (CustomerAnswer, Customer),
        (DeviceAnswer, Device),
        (GeocodedPlaceAnswer, LocationCandidate),
    ],
)
def test_what_is_answered_has_the_members_of_what_is_stored(answer: type, stored: type) -> None:
    assert set(answer.model_fields) == set(stored.__annotations__)  # type: ignore[attr-defined]
