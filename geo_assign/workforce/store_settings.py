"""A store's settings: the triggers of automatic assignment and the numbers that they use.

One model says what a setting is called, what it may be, its default, and what it means: the API, the
seed file, the stored row and the documentation read it here.
"""

from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, ClassVar, Literal, Self
from urllib.parse import urlsplit

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from geo_assign.workforce.countries import country_names

DEFAULT_TAT_MINUTES = 10.0
DEFAULT_RADIUS_M = 50_000.0
DEFAULT_FRESHNESS_S = 300.0
DEFAULT_ROUTER_DEADLINE_S = 2.0

_WEEK_MINUTES = 7 * 24 * 60
_FARTHEST_M = 20_100_000
_NULLABLE = frozenset({"lead_time_tat_minutes", "radius_m", "freshness_s", "router_deadline_s"})
_MAX_URL = 500
_LONGEST_ROUTER_S = 10


def _or_null(most: float) -> WithJsonSchema:
    """How a positive number is described that may also be null: "not set", as leaving it out says."""
    return WithJsonSchema({"anyOf": [{"type": "number", "exclusiveMinimum": 0, "maximum": most}, {"type": "null"}]})


Minutes = Annotated[float, Field(gt=0, le=_WEEK_MINUTES), _or_null(_WEEK_MINUTES)]
Radius = Annotated[float, Field(gt=0, le=_FARTHEST_M), _or_null(_FARTHEST_M)]


def _known_country(code: str) -> str:
    if code.upper() not in country_names():
        raise PydanticCustomError("country", "Write the two letters of a country, such as PT")
    return code.upper()


Country = Annotated[
    str,
    AfterValidator(_known_country),
    WithJsonSchema({"type": "string", "minLength": 2, "maxLength": 2, "examples": ["PT"]}),
]
"""A country by its ISO 3166 code."""


def _plain_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        fine = False
    if not fine or not url.isprintable() or any(sign in url for sign in "@?# "):
        raise PydanticCustomError("url", "Give an http or https URL without credentials, query or fragment")
    return url.rstrip("/")


RouterUrl = Annotated[str, Field(min_length=1, max_length=_MAX_URL), AfterValidator(_plain_url)]
"""Where a router is asked; paths of its protocol follow."""
WidthM = Annotated[float, Field(gt=0, le=_FARTHEST_M)]
Age = Annotated[float, Field(gt=0, le=_WEEK_MINUTES * 60), _or_null(_WEEK_MINUTES * 60)]
RouterDeadline = Annotated[float, Field(gt=0, le=_LONGEST_ROUTER_S), _or_null(_LONGEST_ROUTER_S)]


class StoreSettings(BaseModel):
    """How one store wants its work assigned. What is left out has its default."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)
    # A trigger that is null could be meant as off: what is on by default is not switched on by that.
    refuses_null: ClassVar[bool] = True

    lead_auto_user_assignment: Literal["off", "suggest", "on"] = Field(
        "on",
        description="Trigger: `on` assigns by itself, `suggest` stores the ranking for a human, `off` does neither.",
    )
    ticket_auto_user_assignment: Literal["off", "suggest", "on"] = Field(
        "off", description="The same trigger for tickets: what a workshop takes in is usually given out by a person."
    )
    lead_acceptance: bool = Field(
        True, description="Trigger: the technician is asked (an offer); false assigns at once."
    )
    lead_rejection: bool = Field(True, description="Trigger: the technician may reject an offer.")
    lead_time_tat_minutes: Minutes = Field(
        DEFAULT_TAT_MINUTES,
        description="Minutes to answer an offer; fractions count. Not set means the default, never instantly.",
    )
    radius_m: Radius = Field(
        DEFAULT_RADIUS_M, description="How far away a technician may be, metres. Not set means the default."
    )
    freshness_s: Age = Field(
        DEFAULT_FRESHNESS_S,
        description="Age from which a position is too old to act on, seconds. Not set means the installation's.",
    )
    default_duration_minutes: float = Field(
        60, gt=0, le=_WEEK_MINUTES, description="Length of a visit whose slot was not given."
    )
    travel_buffer_minutes: float = Field(
        0, ge=0, le=1_440, description="Time kept free before a visit, for the way: part of what a booking occupies."
    )
    min_confidence: Literal["street", "interpolated", "rooftop"] = Field(
        "interpolated", description="A geocoder's answer below this needs a human to confirm the location."
    )
    mock_positions: Literal["refuse", "flag", "allow"] = Field(
        "flag",
        description="Positions that the phone calls simulated: refused, kept but not used by automation, or used.",
    )
    offer_limit: int = Field(1, ge=1, le=100, description="Open offers that one technician may have at a time.")
    reoffer_after_minutes: float = Field(
        30,
        ge=0,
        le=_WEEK_MINUTES,
        description="Minutes before a technician who let an offer pass may be asked again for the same work order.",
    )
    soon_minutes: float = Field(
        120, ge=0, le=_WEEK_MINUTES, description="Slots that start within this time are judged by live positions."
    )
    slot_grace_minutes: float = Field(
        15,
        ge=0,
        le=_WEEK_MINUTES,
        description="Minutes after the start of a slot in which automation still sends a technician to it.",
    )
    offer_policy: Literal["sequential", "parallel", "widening"] = Field(
        "sequential",
        description="Who is asked: one after the other, several at once (the first to accept has it), or one after the "
        "other within a radius that widens with time.",
    )
    parallel_offers: int = Field(3, ge=2, le=20, description="How many are asked at once where `parallel` is chosen.")
    widening_radii_m: Annotated[tuple[WidthM, ...], Field(strict=False)] = Field(
        (5_000.0, 15_000.0),
        min_length=1,
        max_length=10,
        description="Radii of the search, metres, one after the other, where `widening` is chosen; last is `radius_m`.",
    )
    widening_every_minutes: float = Field(
        5, gt=0, le=_WEEK_MINUTES, description="How long the search stays within each of those radii."
    )
    offers_before_alarm: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        None,
        description="After so many technicians asked in vain the dispatcher is alarmed and no more are asked. "
        "Not set means that all who can go are asked.",
    )
    crew_policy: Literal["lead_accepts", "all_or_nothing"] = Field(
        "lead_accepts",
        description="Several technicians: the lead engineer answers for all and the others are informed, or each is "
        "asked and all must accept.",
    )
    group_rejection_note_required: bool = Field(False, description="A group that sends a work order back must say why.")
    collect_seconds: float = Field(
        0,
        ge=0,
        le=60,
        description="Leads that arrive within this time are assigned together, so that the sum of all "
        "ways is shortest. 0 assigns each at once.",
    )
    country: Country | None = Field(
        None,
        description="Where phone numbers are read, two letters of ISO 3166. Not set means the time zone's country.",
    )
    router: Literal["straight_line", "osrm", "valhalla"] = Field(
        "straight_line",
        description="What tells how long drives take: an estimate from the straight line, or a router under "
        "`router_url`.",
    )
    router_url: RouterUrl | None = Field(
        None, description="Where the store's router is asked, without the path of its protocol."
    )
    router_deadline_s: RouterDeadline = Field(
        DEFAULT_ROUTER_DEADLINE_S,
        description="Seconds that the router has for one ranking; after that the straight line counts, and answers "
        "say so. Not set means the default.",
    )
    rank_by: Literal["distance", "drive_time"] | None = Field(
        None,
        description="What comes first where a search does not say. Not set means drive time where there is a router, "
        "and else distance.",
    )
    customer_links: bool = Field(
        False,
        description="Trigger: customers may follow their work order by a link: who comes, when, and on the way where.",
    )
    phone: Annotated[str, Field(min_length=1, max_length=50)] | None = Field(
        None, description="The number under which technicians reach the store. Not set means that none is shown."
    )
    coarse_positions: bool = Field(
        False, description="Positions of technicians who have no work from here are shown to about a kilometre."
    )

    @model_validator(mode="after")
    def _radii_widen(self) -> Self:
        if any(outer <= inner for inner, outer in pairwise(self.widening_radii_m)):
            raise PydanticCustomError("radii_not_widening", "Each radius should be larger than the one before")
        return self

    @model_validator(mode="after")
    def _router_has_url(self) -> Self:
        if self.router != "straight_line" and self.router_url is None:
            raise PydanticCustomError("router_url_needed", "A router needs the URL under which it is asked")
        return self

    @property
    def ranks_by_drive_time(self) -> bool:
        """Whether drive time comes first where a search does not say."""
        return self.rank_by == "drive_time" or (self.rank_by is None and self.router != "straight_line")

    @property
    def tat(self) -> timedelta:
        """The time to answer an offer."""
        return timedelta(minutes=self.lead_time_tat_minutes)

    @property
    def default_duration(self) -> timedelta:
        return timedelta(minutes=self.default_duration_minutes)

    @property
    def travel_buffer(self) -> timedelta:
        return timedelta(minutes=self.travel_buffer_minutes)

    @property
    def soon(self) -> timedelta:
        return timedelta(minutes=self.soon_minutes)

    @property
    def slot_grace(self) -> timedelta:
        return timedelta(minutes=self.slot_grace_minutes)

    def stored(self) -> dict[str, object]:
        """What to keep: only what was chosen, so that the rest goes on following the defaults."""
        return self.model_dump(mode="json", exclude_unset=True)

    @model_validator(mode="before")
    @classmethod
    def _not_set(cls, given: object) -> object:
        if not isinstance(given, dict):
            return given
        return {name: value for name, value in given.items() if value is not None or name not in _NULLABLE}


def load_settings(stored: Mapping[str, object], *, freshness_s: float = DEFAULT_FRESHNESS_S) -> StoreSettings:
    """The settings in force from what a row holds. `freshness_s` is the installation's (GEO_ASSIGN_FRESHNESS_S).

    A name that this version does not know is passed over: rows of a newer version, or of an older one, keep working.
    """
    return _settings_of(orjson.dumps(dict(stored)), freshness_s)


@lru_cache(maxsize=1_024)
def _settings_of(stored: bytes, freshness_s: float) -> StoreSettings:
    """Kept by the text of the row: every search and every decision needs them, and they rarely change."""
    known = {name: value for name, value in orjson.loads(stored).items() if name in StoreSettings.model_fields}
    return StoreSettings.model_validate({"freshness_s": freshness_s} | known)
