"""The seed file's shape.

Entries are identified by slug (users by e-mail, API keys by name). A member that an entry leaves out has its default
when the entry is created, and stays unchanged when it exists.
"""

import codecs
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AliasChoices, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json, to_json

from geo_assign.access.domain import ApiScope, Permission
from geo_assign.access.key_terms import WebOrigin
from geo_assign.core import geo
from geo_assign.core.blanks import without_blanks
from geo_assign.core.email_addresses import EmailAddress
from geo_assign.core.errors import FieldProblem, InvalidError
from geo_assign.core.validation import Written, code_of, words_of
from geo_assign.workforce.domain import WorksFrom
from geo_assign.workforce.store_settings import StoreSettings

Slug = Annotated[str, Written(r"^[a-z0-9][a-z0-9-]{0,62}$", "Write small letters, digits and hyphens, such as north-2")]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Password = Annotated[str, Field(min_length=1, max_length=200)]
Hours = dict[str, list[list[str]]]


class SeedError(InvalidError):
    """The seed file cannot be loaded.

    `geo-assign seed` says where and why. Not answered over HTTP.
    """

    code = "bad_seed_file"


class _Entry(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True)


class PointEntry(_Entry):
    """WGS 84, degrees."""

    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)

    def point(self) -> geo.Point:
        return geo.Point(lat=self.lat, lon=self.lon)


def _unless_unset(place: PointEntry | None) -> PointEntry | None:
    return None if place is None or place.point().is_unset else place


def _require_set(place: PointEntry) -> PointEntry:
    if place.point().is_unset:
        raise ValueError("(0, 0) means that no place is known")
    return place


class MapKeyEntry(_Entry):
    """A geocoder and its key, which is stored encrypted and not tested here."""

    provider: str
    url: str | None = None
    key: str | None = None


class StoreEntry(_Entry):
    slug: Slug
    name: Name
    timezone: str
    location: Annotated[PointEntry, AfterValidator(_require_set)]
    settings: StoreSettings = StoreSettings()
    map_key: MapKeyEntry | None = None


class GroupEntry(_Entry):
    """`store` is a slug."""

    slug: Slug
    name: Name
    store: Slug


class ProviderEntry(_Entry):
    """`groups` are slugs."""

    slug: Slug
    name: Name
    base: Annotated[PointEntry | None, AfterValidator(_unless_unset)] = None
    groups: list[Slug] = []
    valid_until: datetime | None = Field(None, strict=False)
    valid_from: datetime | None = Field(None, strict=False)
    works_from: WorksFrom = Field(WorksFrom.STAFF, strict=False)
    capacity: int | None = Field(None, ge=1)


class TechnicianEntry(_Entry):
    """`store`, `groups` and `provider` are slugs. Without an e-mail address only the printed token logs in."""

    slug: Slug
    name: Name
    store: Slug
    groups: list[Slug] = []
    skills: list[Annotated[str, Field(min_length=1, max_length=63)]] = []
    hours: Literal["always"] | Hours = "always"
    home: Annotated[PointEntry | None, AfterValidator(_unless_unset)] = None
    provider: Slug | None = None
    email: EmailAddress | None = None
    password: Password | None = None
    on_duty: bool = False


class UserEntry(_Entry):
    """`stores` are a store administrator's, `groups` a dispatcher's: slugs."""

    email: EmailAddress
    name: Name
    password: Password | None = None
    role: Literal["administrator", "store_administrator", "dispatcher"]
    stores: list[Slug] = []
    groups: list[Slug] = []
    permissions: list[Annotated[Permission, Field(strict=False)]] = []


class ApiKeyEntry(_Entry):
    """`token` chooses the token: at least 16 characters, behind `gak_<organization>_` or without it.

    `key` is its older name. `web_origins` and `leads_per_day` go with the scope `widget`.
    """

    name: Name
    scopes: list[Annotated[ApiScope, Field(strict=False)]] = []
    stores: list[Slug] = []
    token: Annotated[str, Field(min_length=16, max_length=250)] | None = Field(  # type: ignore[pydantic-alias] # never built in code
        None, validation_alias=AliasChoices("token", "key")
    )
    expires_at: AwareDatetime | None = Field(None, strict=False)
    web_origins: list[WebOrigin] = []
    leads_per_day: int | None = Field(None, ge=1, le=100_000)


class OrganizationEntry(_Entry):
    slug: Slug
    name: Name
    stores: list[StoreEntry] = []
    groups: list[GroupEntry] = []
    providers: list[ProviderEntry] = []
    technicians: list[TechnicianEntry] = []
    users: list[UserEntry] = []
    api_keys: list[ApiKeyEntry] = []


class SeedDocument(_Entry):
    """The whole file."""

    organizations: list[OrganizationEntry]


def read_document(raw: bytes | str) -> SeedDocument:
    """Return the document. Raises SeedError with the place of each error in the file."""
    try:
        return SeedDocument.model_validate_json(_without_blanks(raw))
    except ValidationError as error:
        problems = [
            FieldProblem("/" + "/".join(str(part) for part in wrong["loc"]), code_of(wrong["type"]), words_of(wrong))
            for wrong in error.errors(include_url=False, include_input=False)
        ]
        raise SeedError(errors=problems) from error


def _without_blanks(raw: bytes | str) -> bytes | str:
    """The file without members that say nothing; what is no JSON stays, for its refusal."""
    try:
        data = from_json(raw.removeprefix("\ufeff") if isinstance(raw, str) else raw.removeprefix(codecs.BOM_UTF8))
    except ValueError:
        return raw
    return to_json(without_blanks(SeedDocument, data), inf_nan_mode="constants")
