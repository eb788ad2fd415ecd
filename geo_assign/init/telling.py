"""What comes after `geo-assign init`: links to open and commands to paste, with everything filled in."""

import json
import shlex
from collections.abc import Iterator
from datetime import timedelta

from geo_assign.access.links import LIFETIMES, LinkPurpose, link_url
from geo_assign.core.settings import Settings
from geo_assign.core.wire import Json, JsonObject
from geo_assign.init.founding import Company, Invited

_DAYS = LIFETIMES[LinkPurpose.INVITATION] // timedelta(days=1)
_ONCE = f"It works once, for {_DAYS} days"
_OUT_OF_ANSWER = """sed 's/.*"token":"\\([^"]*\\)".*/\\1/'"""
_NOW = "$(date -u +%FT%TZ)"
_SOMEONE = "technician@example.com"


class Telling:
    """The words about a company that was just set up, and how it is reached."""

    def __init__(self, company: Company, settings: Settings) -> None:
        self._company = company
        self._url = settings.console_url
        self._email = company.administrator.user.email
        self._technician = None if company.technician is None else company.technician.user.email

    def as_json(self) -> JsonObject:
        """For machines."""
        company = self._company
        return {
            "organization": company.slug,
            "store_id": str(company.store.id),
            "administrator": self._invited(company.administrator),
            "technician": None if company.technician is None else self._invited(company.technician),
            "lead_key": company.lead_key,
            "console_url": f"{self._url}/",
        }

    def as_text(self) -> str:
        """For people: what was set up, and what to do until the first lead is offered."""
        store = self._company.store
        lines = [f"{self._company.name} is set up, with the store {store.name} ({store.timezone}). What comes next:"]
        steps = (self._choose, self._enter, self._technicians, self._phone, self._lead)
        for number, step in enumerate(steps, start=1):
            first, *others = step()
            lines += ["", f"{number}. {first}", *(f"   {line}" for line in others)]
        return "\n".join(lines)

    def _choose(self) -> Iterator[str]:
        yield f"Open this link and choose your password. {_ONCE}:"
        yield self._link(self._company.administrator)

    def _enter(self) -> Iterator[str]:
        yield f"Log in at {self._url}/ : organization {self._company.slug}, e-mail {self._email}."

    def _technicians(self) -> Iterator[str]:
        if self._company.technician is not None:
            yield f"Send {self._technician} this link to choose a password, or open it yourself. {_ONCE}:"
            yield self._link(self._company.technician)
            return
        yield "Create a technician, with a password for the phone:"
        yield self._log_in("TOKEN", {"email": self._email})
        new = {"name": "First Technician", "store_id": self._store_id, "email": _SOMEONE, "password": "PASSWORD"}
        yield self._call("/v1/technicians", "Bearer $TOKEN", new)

    def _phone(self) -> Iterator[str]:
        yield "Be the technician's phone (docs/first-day.md: a real one): log in, begin the shift, say where you are:"
        yield self._log_in("PHONE", {"email": self._technician or _SOMEONE, "device": "phone"})
        yield self._call("/v1/me/presence", "Bearer $PHONE", {"on_duty": True}, method="PUT")
        position: dict[str, Json] = {"recorded_at": "NOW", **self._place}
        body: dict[str, Json] = {"positions": [position]}
        yield self._call("/v1/positions", "Bearer $PHONE", body).replace("NOW", f"'\"{_NOW}\"'")

    def _lead(self) -> Iterator[str]:
        yield 'Post the first lead, with the API key of your lead form. The answer has "state":"offered":'
        lead: dict[str, Json] = {
            "store_id": self._store_id,
            "customer": {"name": "First Customer"},
            "location": self._place,
        }
        yield self._call("/v1/leads", f"Bearer {self._company.lead_key}", lead)

    def _log_in(self, name: str, who: JsonObject) -> str:
        body = {"organization": self._company.slug, "password": "PASSWORD", **who}
        return f"{name}=$(curl -sS {self._url}/v1/sessions --json {_quoted(body)} | {_OUT_OF_ANSWER})"

    def _call(self, path: str, authorization: str, body: JsonObject, *, method: str = "POST") -> str:
        how = "" if method == "POST" else f"-X {method} "
        return f'curl -sS {how}{self._url}{path} -H "Authorization: {authorization}" --json {_quoted(body)}'

    @property
    def _store_id(self) -> str:
        return str(self._company.store.id)

    @property
    def _place(self) -> dict[str, Json]:
        return {"lat": self._company.store.location.lat, "lon": self._company.store.location.lon}

    def _link(self, invited: Invited) -> str:
        return link_url(self._url, invited.minted.token)

    def _invited(self, invited: Invited) -> JsonObject:
        expires_at = invited.minted.link.expires_at.isoformat()
        return {"email": invited.user.email, "link": self._link(invited), "expires_at": expires_at}


def _quoted(body: JsonObject) -> str:
    return shlex.quote(json.dumps(body, ensure_ascii=False))
