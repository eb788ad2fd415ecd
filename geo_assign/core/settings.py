"""Settings: environment variables named GEO_ASSIGN_*, then `.local/geo-assign.env`, then the defaults below.

`config/geo-assign.env` lists every one of them with its default; a test holds the two together.
"""

import ipaddress
import os
import re
import sys
from functools import cached_property
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from geo_assign.core.vapid import VapidKeys, read_private_key, vapid_keys

PREFIX = "GEO_ASSIGN_"
LOCAL_ENV_FILE = Path(".local/geo-assign.env")
_ADDRESS = re.compile(r"[^\s@<>\"(),:;\x00-\x1f\x7f]+@[^\s@<>\"(),:;\x00-\x1f\x7f]+")
_NO_CONTACT = "geo-assign@example.invalid"
_PACKAGE = Path(__file__).resolve().parent.parent


def get_migrations_path() -> Path:
    """Beside the package in a checkout; in the installation's data folder when it came as a wheel."""
    beside = _PACKAGE.parent / "migrations"
    return beside if (beside / "env.py").is_file() else Path(sys.prefix) / "share" / "geo-assign" / "migrations"


class Settings(BaseSettings):
    """Everything an operator can choose. Each field's description is its documentation."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=LOCAL_ENV_FILE, extra="ignore", frozen=True)

    database_url: SecretStr = Field(
        SecretStr("postgresql:///geo_assign"),
        description="The application role's database. This role owns no table and is bound by row security.",
    )
    worker_database_url: SecretStr | None = Field(
        None, description="The worker role's database: it may see due rows of every organization. Empty: no sweeps."
    )
    admin_database_url: SecretStr | None = Field(
        None, description="The owner's database, used by `geo-assign db upgrade` only."
    )
    replica_url: SecretStr | None = Field(
        None, description="A standby of that database, as the application role: reads go there. Empty: none."
    )
    replica_wait_ms: float = Field(
        50.0,
        ge=0,
        le=1_000,
        description="How long a read may wait until the standby has what the primary had; then the primary answers.",
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on.")
    public_url: str = Field(
        "",
        description="Address at which people open the console, such as https://dispatch.example.com. "
        "Links in mails begin with it. Empty: the address it listens on.",
    )
    processes: int = Field(1, ge=1, le=64, description="API processes.")
    threads: int = Field(128, ge=1, le=1000, description="Requests that one process holds at once, most waiting.")
    streams: int = Field(128, ge=1, le=2000, description="Live map streams and waiting phones of one process at once.")
    pool_size: int = Field(10, ge=1, le=200, description="Database connections of one process.")
    queue_s: float = Field(2.0, gt=0, le=30, description="How long a request may wait for its turn before it gets 503.")
    secret_keys: SecretStr = Field(
        SecretStr(""),
        description="Fernet keys, newest first, separated by commas. They encrypt map keys and sign console requests.",
    )
    vapid_private_key: SecretStr = Field(
        SecretStr(""), description="Key for Web Push, as `geo-assign push-keys` prints it. Empty: no phone is woken."
    )
    vapid_contact: str = Field(
        "", description="E-mail address under which push services reach the operator. Some want one."
    )
    smtp_host: str = Field(
        "", description="Mail server for invitations and password resets. Empty: links are shown to who makes them."
    )
    smtp_port: int = Field(0, ge=0, le=65535, description="Its port. 0: 587 with starttls, 465 with tls, 25 with none.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How the connection to it is encrypted; `starttls` is never given up for plain text."
    )
    smtp_user: str = Field("", description="User to log in to it as. Empty: no log-in. It needs starttls or tls.")
    smtp_password: SecretStr = Field(SecretStr(""), description="Password of that user.")
    smtp_sender: str = Field(
        "", description="Sender of mails: an address. Empty: geo-assign@ the host of the public URL."
    )
    freshness_s: float = Field(300, gt=0, description="Age at which a position is too old; a store may set its own.")
    limit_technicians: int | None = Field(
        None, ge=0, description="Technicians of an organization for which none is chosen. Empty: any number."
    )
    limit_pings_per_day: int | None = Field(None, ge=0, description="Its positions a day. Empty: any number.")
    limit_leads_per_day: int | None = Field(None, ge=0, description="Its new leads a day. Empty: any number.")
    limit_storage_mb: int | None = Field(None, ge=0, description="Its storage, in millions of bytes. Empty: any.")
    sweep_interval_s: float = Field(1.0, gt=0, description="How often the worker looks for due work.")
    geocode_deadline_s: float = Field(1.5, gt=0, le=60, description="Time that one geocoding call may take.")
    outbound_allow: str = Field(
        "", description="Private places that outgoing requests may reach: CIDR:port, separated by commas."
    )
    gazetteer_dir: Path = Field(
        Path(".local"), description="Folder with address lists (CSV) that map keys of the provider gazetteer may name."
    )
    rate_limits: Literal["on", "off"] = Field("on", description="`off` switches rate limits off.")
    rate_limit_storage: str = Field("memory://", description="Where rates are counted: memory:// or redis://host:port.")
    widget_proof_numbers: int = Field(
        20_000, ge=1, le=10_000_000, description="Numbers that a booking page tries at most before its lead is taken."
    )
    allow_unsafe_database: bool = Field(
        False, description="Accept a database with fsync or synchronous_commit off. For tests only."
    )
    track_retention_days: int = Field(30, ge=1, le=3650, description="Days that the track of positions is kept.")
    group_pings_ms: float = Field(
        3.0, ge=0, le=100, description="Single pings that arrive within this time share one commit. 0 switches it off."
    )
    max_body_bytes: int = Field(1_000_000, ge=1_000, description="Largest request body.")
    image_dir: Path | None = Field(
        None, description="Folder for photos and signatures, shared by all processes. Empty: they are in the database."
    )
    body_within_s: float = Field(10.0, gt=0, le=300, description="How long a request body may take to arrive.")
    body_bytes_per_s: int = Field(
        2_000, ge=1, description="Least rate of large bodies: each so many bytes that arrived give a second more."
    )
    map_tiles_url: str = Field(
        "https://tile.openstreetmap.org/{z}/{x}/{y}.png", description="Raster tiles of the console's map. Empty: none."
    )
    map_tiles_attribution: str = Field("© OpenStreetMap contributors", description="Credit shown on the map.")
    basemap_path: Path | None = Field(None, description="A GeoJSON file that the console draws as its own basemap.")
    trusted_proxies: str = Field(
        "", description="Proxies whose X-Forwarded-For is believed: addresses or CIDR, separated by commas."
    )
    cookie_secure: bool = Field(False, description="Mark the console's cookie Secure: set it behind HTTPS.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is logged.")
    worker_metrics_port: int = Field(
        8081,
        ge=0,
        le=65535,
        description="Port of the worker's `/metrics` and `/health/live`, 0: none.",
    )
    migrations_path: Path = Field(default_factory=get_migrations_path, description="Where the migrations lie.")

    @cached_property
    def vapid_keys(self) -> VapidKeys | None:
        """The key pair of Web Push; None where none is set."""
        text = self.vapid_private_key.get_secret_value().strip()
        return vapid_keys(text, contact=self.vapid_contact or _NO_CONTACT) if text else None

    @field_validator("vapid_private_key")
    @classmethod
    def _is_vapid_key(cls, given: SecretStr) -> SecretStr:
        if given.get_secret_value().strip():
            read_private_key(given.get_secret_value())
        return given

    @cached_property
    def console_url(self) -> str:
        """The address at which people open the console, without a slash at its end."""
        if self.public_url:
            return self.public_url.rstrip("/")
        everywhere = self.host in {"0.0.0.0", "::"}  # noqa: S104 - compared, not listened on
        host = "localhost" if everywhere else f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @cached_property
    def console_host(self) -> str:
        """The host of that address as a name: an IP address is none."""
        host = urlsplit(self.console_url).hostname or ""
        return "localhost" if host.replace(".", "").isdigit() or ":" in host else host

    @cached_property
    def sends_mail(self) -> bool:
        """Whether there is a mail server."""
        return bool(self.smtp_host)

    @cached_property
    def limits(self) -> dict[str, int]:
        """The limits of organizations for which none is chosen, by the name of the quota."""
        names = ("technicians", "pings_per_day", "leads_per_day", "storage_mb")
        limits: dict[str, int | None] = {name: getattr(self, f"limit_{name}") for name in names}
        return {name: limit for name, limit in limits.items() if limit is not None}

    @cached_property
    def fernet_keys(self) -> tuple[str, ...]:
        """The secret keys, newest first. Empty when none is configured."""
        return tuple(key.strip() for key in self.secret_keys.get_secret_value().split(",") if key.strip())

    @cached_property
    def trusted_networks(self) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
        """The trusted proxies as networks."""
        return _networks(self.trusted_proxies)

    @field_validator("public_url")
    @classmethod
    def _is_an_address(cls, text: str) -> str:
        parts = urlsplit(text)
        if text and not (parts.scheme in {"http", "https"} and parts.hostname and not parts.query + parts.fragment):
            raise ValueError("it begins with http:// or https:// and a host, and has neither ? nor #")
        return text

    @field_validator("smtp_user")
    @classmethod
    def _is_not_sent_in_clear(cls, user: str, info: ValidationInfo) -> str:
        if user and info.data.get("smtp_security") == "none":
            raise ValueError("a log-in needs GEO_ASSIGN_SMTP_SECURITY to be starttls or tls: it is not sent in clear")
        return user

    @field_validator("smtp_sender")
    @classmethod
    def _is_one_address(cls, text: str) -> str:
        if text and not _ADDRESS.fullmatch(text):
            raise ValueError("it is one e-mail address, such as dispatch@example.com")
        return text

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, text: str) -> str:
        _networks(text)
        return text


def _networks(text: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())


def objections(error: ValidationError) -> list[str]:
    """What is wrong with the settings, each with its name."""
    return [
        f"{PREFIX}{'.'.join(map(str, wrong['loc'])).upper()}: {wrong['msg'].removeprefix('Value error, ')}"
        for wrong in error.errors()
    ]


def unknown_settings(environ: "os._Environ[str] | dict[str, str] | None" = None) -> list[str]:
    """Names that start like ours and mean nothing: misspelt settings, sorted."""
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    names = os.environ if environ is None else environ
    return sorted(name for name in names if name.startswith(PREFIX) and name not in known and "_TEST_" not in name)
