"""What a technician's app must know."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import Field
from werkzeug.http import parse_etags

from geo_assign.http.long_poll import MOST_S
from geo_assign.http.operations import TECHNICIANS, Call, Lane, Reply, Routes
from geo_assign.http.routes.calendar import SpanAnswer
from geo_assign.http.routes.me import OrganizationAnswer
from geo_assign.http.routes.presence import own_technician
from geo_assign.http.schemas import Answer, PointAnswer
from geo_assign.phones.app_facts import AppFacts, AppStore, get_app_facts, privacy_texts
from geo_assign.positions.domain import MAX_BATCH, MOVING_FROM_MPS, next_interval_s
from geo_assign.workforce.domain import InactiveError
from geo_assign.workorders.domain import MAY_ASK_AGAIN, RejectReason

routes = Routes("Me")

_REASON_TEXTS = {
    RejectReason.TOO_FAR: "Too far away",
    RejectReason.BUSY: "Busy with other work",
    RejectReason.MISSING_SKILL: "I cannot do this kind of work",
    RejectReason.MISSING_PARTS: "Parts are missing",
    RejectReason.BREAK: "On a break",
    RejectReason.OTHER: "Another reason",
}


class AppStoreAnswer(Answer):
    """A store whose work you may be given: whether you `may_reject`, or are asked at all (`may_accept`)."""

    id: UUID
    name: str
    phone: str | None
    timezone: str
    location: PointAnswer
    may_accept: bool
    may_reject: bool
    answer_within_s: float = Field(description="Time to answer an offer.")


class RejectReasonAnswer(Answer):
    """A reason to reject as `text`, and whether you are asked again for that work (`may_ask_again`)."""

    code: RejectReason
    text: str
    may_ask_again: bool


class WantedPositionsAnswer(Answer):
    """How often positions are wanted: `moving_s`, `standing_s`, `off_duty_s`; and how many, `most_at_once`."""

    moving_s: int
    standing_s: int
    off_duty_s: int
    most_at_once: int
    kept_days: int = Field(description="Older ones are refused.")


class PrivacyTextAnswer(Answer):
    """Who sees what of you, and when: a `text` to show."""

    code: str
    text: str


class AppAnswer(Answer):
    """What your app must know; `longest_wait_s`: the most of `wait_s`; `may_reject`: somewhere; `steps` of work."""

    technician_id: UUID
    technician_name: str
    organization: OrganizationAnswer
    stores: Sequence[AppStoreAnswer]
    may_reject: bool
    reject_reasons: Sequence[RejectReasonAnswer]
    steps: Sequence[str]
    positions: WantedPositionsAnswer
    longest_wait_s: int
    vapid_public_key: str | None = Field(description="For Web Push, where it is set up.")
    privacy: Sequence[PrivacyTextAnswer]
    working_times: Sequence[SpanAnswer] = Field(description="Of two weeks from today on, exceptions included.")
    time_off: Sequence[SpanAnswer]
    server_now: datetime


@routes.get("/v1/me/app", access=TECHNICIANS, answer=AppAnswer, tagged=True, lane=Lane.PHONES, errors=(InactiveError,))
def get_app(call: Call[None, None]) -> Reply:
    """Read what your app must know.

    Keep it, and ask with `If-None-Match` at each start. `server_now` is beside it and not part of its version.
    """
    settings, keys = call.services.settings, call.services.push.keys
    with call.transaction() as tx:
        facts, now = get_app_facts(tx, own_technician(call)), tx.now()
    answer = _answer(
        facts,
        now=now,
        kept_days=settings.track_retention_days,
        vapid_public_key=None if keys is None else keys.public_key,
    )
    version = hashlib.sha256(answer.model_dump_json(exclude={"server_now"}).encode()).hexdigest()[:32]
    known = parse_etags(call.headers.get("If-None-Match")).contains_weak(version)
    return Reply(None if known else answer, version=version)


def _answer(facts: AppFacts, *, now: datetime, kept_days: int, vapid_public_key: str | None) -> AppAnswer:
    return AppAnswer(
        technician_id=facts.technician_id,
        technician_name=facts.technician_name,
        organization=OrganizationAnswer.model_validate(facts.organization),
        stores=[_store(one) for one in facts.stores],
        may_reject=any(one.may_reject for one in facts.stores),
        reject_reasons=[
            RejectReasonAnswer(code=reason, text=_REASON_TEXTS[reason], may_ask_again=again)
            for reason, again in MAY_ASK_AGAIN.items()
        ],
        steps=("travelling", "on_site", "in_progress", "completed"),
        positions=WantedPositionsAnswer(
            moving_s=next_interval_s(on_duty=True, speed_mps=MOVING_FROM_MPS, freshness_s=facts.freshness_s),
            standing_s=next_interval_s(on_duty=True, speed_mps=0, freshness_s=facts.freshness_s),
            off_duty_s=next_interval_s(on_duty=False, speed_mps=None, freshness_s=facts.freshness_s),
            most_at_once=MAX_BATCH,
            kept_days=kept_days,
        ),
        longest_wait_s=MOST_S,
        vapid_public_key=vapid_public_key,
        privacy=[
            PrivacyTextAnswer(code=code, text=text) for code, text in privacy_texts(retention_days=kept_days).items()
        ],
        working_times=[SpanAnswer(start=start, end=end) for start, end in facts.working_times],
        time_off=[SpanAnswer(start=start, end=end) for start, end in facts.time_off],
        server_now=now,
    )


def _store(one: AppStore) -> AppStoreAnswer:
    return AppStoreAnswer(
        id=one.store.id,
        name=one.store.name,
        phone=one.phone,
        timezone=one.store.timezone,
        location=PointAnswer.model_validate(one.store.location),
        may_accept=one.may_accept,
        may_reject=one.may_reject,
        answer_within_s=one.answer_within_s,
    )
