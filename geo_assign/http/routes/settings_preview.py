"""Other settings, tried on what was decided in the last days."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import Field

from geo_assign.core.errors import NotFoundError
from geo_assign.http.operations import STORE_SETTINGS, Call, Reply, Routes
from geo_assign.http.schemas import Answer, Body
from geo_assign.privacy.domain import How
from geo_assign.receipts.settings_preview import preview_settings
from geo_assign.workforce.store_rules import get_store_rules
from geo_assign.workforce.store_settings import StoreSettings, load_settings

routes = Routes("Stores")


class SettingsPreviewBody(Body):
    """The settings to try, as they would be put: what is left out follows the defaults."""

    settings: StoreSettings
    days: int = Field(7, ge=1, le=30, description="How far back.")


class PreviewedChoiceAnswer(Answer):
    """Whom a decision comes to."""

    technician_id: UUID
    name: str
    distance_m: float


class ChangedDecisionAnswer(Answer):
    """A decision that would have been another one; null: no technician."""

    decision_id: UUID = Field(description="Its receipt.")
    work_order_id: UUID
    at: datetime
    old: PreviewedChoiceAnswer | None
    new: PreviewedChoiceAnswer | None


class PreviewedRulesAnswer(Answer):
    """One of the two sets of rules over all decisions compared.

    `acceptance` is an estimate: the share of the chosen people's answered offers in these days that they accepted.
    """

    found: int = Field(description="Decisions that find a technician.")
    mean_m: float | None = Field(description="How far away they are.")
    median_m: float | None = Field(description="How far away they are.")
    acceptance: float | None


class SettingsPreviewAnswer(Answer):
    """What other settings would have made of the last days.

    `found_instead` decisions found no technician and would have, `lost_instead` the other way round. Left out are
    decisions that did not come out again under their own rules (`not_reproduced`), those whose track is gone
    (`track_expired`), and, when `truncated`, those older than the ones `examined`. `not_judged` settings differ, and
    what they would have changed cannot be told.
    """

    since: datetime = Field(description="Older decisions are left out.")
    examined: int
    compared: int = Field(description="Decisions judged under both rules.")
    changed: Sequence[ChangedDecisionAnswer]
    found_instead: int
    lost_instead: int
    old: PreviewedRulesAnswer
    new: PreviewedRulesAnswer
    not_reproduced: int
    track_expired: int
    truncated: bool
    not_judged: Sequence[str]


@routes.post(
    "/v1/stores/{id}/settings/preview",
    access=STORE_SETTINGS,
    body=SettingsPreviewBody,
    example={"settings": {"radius_m": 20000}, "days": 7},
    answer=SettingsPreviewAnswer,
    errors=(NotFoundError,),
)
def preview_store_settings(call: Call[None, SettingsPreviewBody], id: UUID) -> Reply:
    """Preview other settings on past decisions.

    Replays what automation decided for the store in the last days. Nothing changes. At most the latest 500
    decisions, and as many of them as ten seconds suffice for.
    """
    body = call.body
    with call.transaction() as tx:
        rules = get_store_rules(tx, call.caller.scope, id)
        other = load_settings(body.settings.stored(), freshness_s=tx.defaults.freshness_s)
        found = preview_settings(tx, rules.store.id, present=rules.settings, other=other, days=body.days)
        at = tx.as_of()
    seen = {pick.technician_id for changed in found.changed for pick in (changed.old, changed.new) if pick is not None}
    call.services.views.note(call.caller, How.DECISION, sorted(seen), at=at)
    return Reply(SettingsPreviewAnswer.model_validate(found))
