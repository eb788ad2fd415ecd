"""What the organization uses of what its operator allows."""

from datetime import date, datetime

from pydantic import Field

from geo_assign.access.domain import Quota
from geo_assign.http.operations import ADMINISTRATORS, Call, Reply, Routes
from geo_assign.http.schemas import Answer
from geo_assign.workforce.usage import Usage, UsageState, get_usage

routes = Routes("Insight")


class QuotaAnswer(Answer):
    """One quota."""

    quota: Quota = Field(description="Of what.")
    used: int = Field(description="How much there is now, or was today.")
    limit: int | None = Field(description="null: no limit.")
    state: UsageState = Field(description="`nearly_used` from 80 % on.")
    renews_at: datetime | None = Field(description="null where it does not begin anew by itself.")


class UsageAnswer(Answer):
    """What is used, and what was turned away today, a day of UTC."""

    day: date = Field(description="Today, in UTC.")
    quotas: list[QuotaAnswer]
    leads_refused: int = Field(description="Turned away today.")
    positions_rejected: int = Field(description="Because of the quota alone.")


@routes.get("/v1/usage", access=ADMINISTRATORS, answer=UsageAnswer)
def get_usage_of_organization(call: Call[None, None]) -> Reply:
    """Read what the organization uses of its quotas.

    Positions are counted some seconds late; the storage is an estimate.
    """
    with call.transaction() as tx:
        usage = get_usage(tx)
    return Reply(_answer(usage))


def _answer(usage: Usage) -> UsageAnswer:
    quotas = [
        QuotaAnswer(quota=one.quota, used=one.used, limit=one.limit, state=one.state, renews_at=one.renews_at)
        for one in usage.quotas
    ]
    today = usage.today
    return UsageAnswer(
        day=today.day, quotas=quotas, leads_refused=today.leads_refused, positions_rejected=today.pings_rejected
    )
