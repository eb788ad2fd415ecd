"""What `geo-assign seed` prints of an organization, as far as the simulation reads it."""

from typing import NotRequired, TypedDict


class SeededPlace(TypedDict):
    """WGS 84, degrees."""

    lat: float
    lon: float


class SeededSettings(TypedDict, total=False):
    """The settings of a store that decide how many leads it gets."""

    lead_auto_user_assignment: str


class SeededStore(TypedDict):
    """A store with its id."""

    id: str
    slug: str
    location: SeededPlace
    settings: NotRequired[SeededSettings]


class SeededGroup(TypedDict):
    """A service group with its id; `store` is a slug."""

    id: str
    slug: str
    store: str


class SeededTechnician(TypedDict):
    """A technician with the id; the token is missing where the technician has no log-in."""

    id: str
    token: str
    home: NotRequired[SeededPlace | None]
    on_duty: NotRequired[bool]


class SeededUser(TypedDict):
    """A user who logs in with the token."""

    role: str
    token: str


class SeededKey(TypedDict):
    """An API key, whose token only the first seeding prints; `key` is its older name."""

    token: NotRequired[str | None]
    key: NotRequired[str | None]


class SeededOrganization(TypedDict):
    """Ids and tokens of an organization's entries."""

    slug: str
    stores: list[SeededStore]
    technicians: list[SeededTechnician]
    groups: NotRequired[list[SeededGroup]]
    users: NotRequired[list[SeededUser]]
    api_keys: NotRequired[list[SeededKey]]
