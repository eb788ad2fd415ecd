"""One address from question to answer: a transaction, a call with none open, a transaction."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Self
from uuid import UUID

from pydantic import SecretStr

from geo_assign.core.clock import wall_clock
from geo_assign.core.db import Database, Tx
from geo_assign.core.errors import InvalidError
from geo_assign.core.outbound import (
    OutboundClient,
    OutboundInvalidUrlError,
    OutboundRefusedError,
    OutboundTimeoutError,
    OutboundUnreachableError,
)
from geo_assign.core.reachable import parse_allow
from geo_assign.core.secrets import SecretBox
from geo_assign.core.settings import Settings
from geo_assign.core.telemetry import counter, summary
from geo_assign.geocoding.commands.calls import ReservedCall, prepare, record
from geo_assign.geocoding.coordinates import find_typed_point
from geo_assign.geocoding.domain import (
    AddressQuery,
    Confidence,
    GeocodeCandidate,
    GeocodeProblem,
    GeocodeResult,
    ProblemCode,
    better,
    is_without_house,
)
from geo_assign.geocoding.keys import check_map_key
from geo_assign.geocoding.providers import ProviderAccess
from geo_assign.geocoding.providers.base import unavailable
from geo_assign.geocoding.simpler import find_simpler_text

_ANSWERS = counter(
    "geocode_answers", "Addresses asked for, by provider and outcome; `kept`: from the cache.", ("provider", "outcome")
)
_CALL_S = summary("geocode_call_seconds", "Duration of calls to geocoders.", ("provider",))

# A call that has less than this left is not made: it could only fail, and would count against the provider.
LEAST_CALL_S = 0.05


FindKnown = Callable[[Tx, AddressQuery, UUID], GeocodeResult | None]
"""Finds what is known of an address of a store better than a geocoder knows it."""


@dataclass(frozen=True, slots=True)
class Geocoder:
    """Geocodes with the map keys in `database`. One for the process; safe to share between threads.

    `find_known` is asked first, for addresses of a store.
    """

    database: Database
    client: OutboundClient
    box: SecretBox
    gazetteers: Path | None = None
    find_known: FindKnown | None = None

    @classmethod
    def from_settings(cls, settings: Settings, database: Database, *, find_known: FindKnown | None = None) -> Self:
        """Raises ValueError for a GEO_ASSIGN_OUTBOUND_ALLOW or a secret key that cannot be read."""
        return cls(
            database=database,
            client=OutboundClient(allow=parse_allow(settings.outbound_allow)),
            box=SecretBox(settings.fernet_keys),
            gazetteers=settings.gazetteer_dir,
            find_known=find_known,
        )

    def geocode(
        self,
        org_id: UUID,
        query: AddressQuery,
        *,
        deadline_s: float,
        store_id: UUID | None = None,
        group_id: UUID | None = None,
    ) -> GeocodeResult:
        """Candidates, or a problem, within `deadline_s` for everything. What goes wrong outside is never an exception.

        The store's map key is used, else the group's, else the organization's. Coordinates that were typed as an
        address need none. Where no house is found, a simpler text is asked once more in the time that is left.
        """
        result = self._answer(org_id, query, deadline_s=deadline_s, store_id=store_id, group_id=group_id)
        outcome = result.problem.code.value if result.problem else "found" if result.candidates else "not_found"
        _ANSWERS.labels(
            result.provider or ("pin" if result.learned else "none"), "kept" if result.cached else outcome
        ).inc()
        return result

    def call(self, job: ReservedCall, *, deadline_s: float) -> GeocodeResult:
        """Make a prepared call. Touches no database."""
        provider = job.spec.build(self._access(job.url, job.key))
        with _CALL_S.labels(job.spec.name).time():
            result = provider.geocode(job.query, deadline_s=deadline_s, asked_at=job.asked_at)
        return replace(result, provider=job.spec.name)

    def _answer(
        self, org_id: UUID, query: AddressQuery, *, deadline_s: float, store_id: UUID | None, group_id: UUID | None
    ) -> GeocodeResult:
        typed = find_typed_point(query.text)
        if typed is not None:
            return GeocodeResult(candidates=(GeocodeCandidate(query.text.strip(), typed, Confidence.ROOFTOP),))
        until = time.monotonic() + deadline_s
        first = self._ask(org_id, query, deadline_s=deadline_s, store_id=store_id, group_id=group_id)
        simpler = find_simpler_text(query.text, country=query.habits) if is_without_house(first) else None
        if simpler is None:
            return first
        again = replace(query, text=simpler, whole=query.typed)
        left_s = until - time.monotonic()
        return better(first, self._ask(org_id, again, deadline_s=left_s, store_id=store_id, group_id=group_id))

    def _ask(
        self, org_id: UUID, query: AddressQuery, *, deadline_s: float, store_id: UUID | None, group_id: UUID | None
    ) -> GeocodeResult:
        began = time.monotonic()
        prepared = self.database.run(org_id, lambda tx: self._prepare(tx, query, store_id=store_id, group_id=group_id))
        if isinstance(prepared, GeocodeResult):
            return prepared
        left_s = deadline_s - (time.monotonic() - began)
        if left_s < LEAST_CALL_S:
            return GeocodeResult(problem=unavailable("No time was left to ask."), provider=prepared.spec.name)
        result = self.call(prepared, deadline_s=left_s)
        self.database.run(org_id, lambda tx: record(tx, self.box, prepared, result=result))
        return result

    def _prepare(
        self, tx: Tx, query: AddressQuery, *, store_id: UUID | None, group_id: UUID | None
    ) -> GeocodeResult | ReservedCall:
        known = None
        if self.find_known is not None and store_id is not None:
            known = self.find_known(tx, query, store_id)
        return known or prepare(tx, self.box, query, store_id=store_id, group_id=group_id)

    def test_map_key(
        self, *, provider: str, url: str | None, key: SecretStr | None, deadline_s: float
    ) -> GeocodeProblem | None:
        """Try a key with a harmless question; None when it works. Touches no database.

        An address that the provider does not have is no problem: it answered. Raises InvalidError with pointers, also
        for a place that may not be called and for a file that is not there.
        """
        began = time.monotonic()
        spec = check_map_key(provider=provider, url=url, key=key)
        if spec.is_remote and url:
            self._require_callable(url, deadline_s=deadline_s)
        asked_at: datetime = wall_clock()  # judges nothing: it only dates a Retry-After
        built = spec.build(self._access(url or None, key))
        left_s = max(LEAST_CALL_S, deadline_s - (time.monotonic() - began))
        result = built.geocode(AddressQuery(spec.probe), deadline_s=left_s, asked_at=asked_at)
        if result.problem is not None and not spec.is_remote and result.problem.is_transient:
            raise InvalidError.at("/url", "file_unreadable", "There is no such file, or it is no list of addresses.")
        if result.problem is None or result.problem.code is ProblemCode.NOT_FOUND:
            return None
        return result.problem

    def _require_callable(self, url: str, *, deadline_s: float) -> None:
        """Raises InvalidError. A name that cannot be looked up just now may be there tomorrow."""
        try:
            self.client.leads_to_private_place(url, deadline_s=deadline_s)
        except OutboundRefusedError:
            raise InvalidError.at(
                "/url",
                OutboundRefusedError.code,
                "This leads to a private or reserved address. The operator allows one in GEO_ASSIGN_OUTBOUND_ALLOW.",
            ) from None
        except OutboundInvalidUrlError:
            raise InvalidError.at("/url", OutboundInvalidUrlError.code, "Give an http or https URL.") from None
        except (OutboundUnreachableError, OutboundTimeoutError):
            return

    def _access(self, url: str | None, key: SecretStr | None) -> ProviderAccess:
        return ProviderAccess(client=self.client, url=url, key=key, gazetteers=self.gazetteers)
