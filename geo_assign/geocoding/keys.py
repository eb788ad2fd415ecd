"""What a map key must look like before it is stored or tried."""

import re
from urllib.parse import urlsplit

from pydantic import SecretStr

from geo_assign.core.errors import FieldProblem, InvalidError
from geo_assign.geocoding.providers import PROVIDERS, ProviderSpec

MAX_URL = 500
MAX_KEY = 1_000
_HINT_LENGTH = 4
# A hint must leave most of the key unsaid.
_SHORTEST_HINTED = 16


def check_map_key(*, provider: str, url: str | None, key: SecretStr | None, key_kept: bool = False) -> ProviderSpec:
    """The provider's entry. Raises InvalidError with pointers into `{"provider", "url", "key"}`.

    `key_kept`: the key stored before stays, so none need be given.
    """
    spec = PROVIDERS.get(provider)
    if spec is None:
        known = ", ".join(PROVIDERS)
        raise InvalidError.at("/provider", "unknown_provider", f"Choose one of: {known}.")
    problems = []
    if url and (wrong := _wrong_url(spec, url)):
        problems.append(FieldProblem("/url", "invalid_url", wrong))
    text = key.get_secret_value() if key else ""
    if spec.needs_key and not text and not key_kept:
        problems.append(FieldProblem("/key", "key_required", f"The provider {provider} needs a key."))
    if len(text) > MAX_KEY or not text.isprintable():
        problems.append(FieldProblem("/key", "invalid_key", f"A key is printable text of up to {MAX_KEY} characters."))
    if problems:
        raise InvalidError(problems[0].detail, errors=problems)
    return spec


def key_hint(key: SecretStr) -> str:
    """The key's last four characters, to tell two keys apart; nothing of a short one."""
    text = key.get_secret_value()
    return f"…{text[-_HINT_LENGTH:]}" if len(text) >= _SHORTEST_HINTED else "…"


def _wrong_url(spec: ProviderSpec, url: str) -> str | None:
    if len(url) > MAX_URL or not url.isprintable():
        return f"A URL is printable text of up to {MAX_URL} characters."
    if not spec.is_remote:
        fine = re.fullmatch(r".*\.csv(\.gz)?", url) and ".." not in url.split("/")
        return None if fine else "Name a .csv or .csv.gz file in the folder for gazetteers."
    try:
        parts = urlsplit(url)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        fine = False
    if not fine or "@" in url or "?" in url or "#" in url or " " in url:
        return "Give an http or https URL without credentials, query or fragment."
    return None
