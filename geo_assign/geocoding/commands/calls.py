"""The two transactions around a call to a geocoder. No transaction is open during the call itself."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import Connection, case, delete, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from geo_assign.core.db import Tx
from geo_assign.core.secrets import SecretBox, SecretUnreadableError
from geo_assign.geocoding.commands.map_keys import change_state, open_map_key
from geo_assign.geocoding.domain import (
    FAILURES_TO_OPEN,
    FIRST_OPEN_S,
    LONGEST_OPEN_S,
    PROBE_S,
    AddressQuery,
    Confidence,
    GeocodeProblem,
    GeocodeResult,
    KeyOwner,
    MapKey,
    ProblemCode,
    result_from_document,
    result_to_document,
)
from geo_assign.geocoding.providers import PROVIDERS, ProviderSpec
from geo_assign.geocoding.queries import find_cached, owned_by, resolve_map_key
from geo_assign.geocoding.tables import geocode_cache, geocode_usage, map_keys

# A failed call is remembered this long: what asks again at once gets the same answer.
FAILURE_KEEP = timedelta(seconds=5)
# An address that is not found, or found without its house, may be mapped tomorrow.
UNCERTAIN_KEEP = timedelta(hours=6)
MAX_ADDRESS = 500
# Answers are kept with what they are worth: raised when the rules for that change, so that none outlives them.
_RULES = 3


@dataclass(frozen=True, slots=True)
class ReservedCall:
    """A call that may be made: reserved in the budget, let through by the breaker. Belongs to one version of a key."""

    owner: KeyOwner
    version: int
    spec: ProviderSpec
    url: str | None
    key: SecretStr | None
    query: AddressQuery
    cache_key: bytes = field(repr=False)
    asked_at: datetime


def prepare(
    tx: Tx, box: SecretBox, query: AddressQuery, *, store_id: UUID | None, group_id: UUID | None
) -> GeocodeResult | ReservedCall:
    """Before a call: the answer when it is known or may not be asked for, else the job to do.

    A job is counted in the day's budget here, so that many callers cannot overdraw it together.
    """
    key = resolve_map_key(tx, store_id=store_id, group_id=group_id)
    if key is None:
        return _problem(
            ProblemCode.MAP_KEY_MISSING, "No map key is configured for the store, its group or organization."
        )
    if not query.text.strip() or len(query.text) > MAX_ADDRESS:
        return _problem(ProblemCode.NOT_FOUND, f"An address has 1 to {MAX_ADDRESS} characters.")
    now, spec = tx.now(), PROVIDERS[key.provider]
    cache_key = _cache_key(box, key, query)
    cached = _from_cache(tx, box, key.provider, cache_key=cache_key, now=now)
    if cached is not None:
        return cached
    try:
        secret = open_map_key(box, key)
    except SecretUnreadableError as error:
        return _problem(ProblemCode.MAP_KEY_INVALID, error.detail)
    refused = _refused(tx, key, now)
    if refused is not None:
        return GeocodeResult(problem=refused, provider=key.provider)
    return ReservedCall(
        owner=key.owner,
        version=key.version,
        spec=spec,
        url=key.url,
        key=secret,
        query=query,
        cache_key=cache_key,
        asked_at=now,
    )


def record(tx: Tx, box: SecretBox, job: ReservedCall, *, result: GeocodeResult) -> None:
    """After a call: keep the answer as long as the provider's terms allow, and what it says about the key.

    Of a key that was replaced meanwhile nothing is written.
    """
    now = tx.now()
    _keep(tx, box, job, result=result, now=now)
    problem = result.problem
    code = problem.code if problem else None
    if problem is not None and code is ProblemCode.MAP_KEY_INVALID:
        change_state(tx, job.owner, job.version, status="invalid", last_error=problem.detail)
    elif problem is not None and code is ProblemCode.GEOCODER_RATE_LIMITED:
        until = now + timedelta(seconds=problem.retry_after_s or 0.0)
        later = func.greatest(map_keys.c.blocked_until, until)
        change_state(tx, job.owner, job.version, blocked_until=later, last_error=problem.detail)
    elif problem is not None and code is ProblemCode.GEOCODER_UNAVAILABLE:
        _count_failure(tx, job, problem, now=now)
    else:
        change_state(
            tx,
            job.owner,
            job.version,
            only_after_failure=True,
            failures=0,
            opened_until=None,
            last_error=None,
            tested_at=func.coalesce(map_keys.c.tested_at, now),
        )


def purge_cache(conn: Connection, *, now: datetime, limit: int = 1_000) -> int:
    """Delete outcomes that are over, of every organization the connection may see; returns how many."""
    key = (geocode_cache.c.org_id, geocode_cache.c.provider, geocode_cache.c.cache_key)
    due = select(*key).where(geocode_cache.c.expires_at <= now).limit(limit)
    return conn.execute(delete(geocode_cache).where(tuple_(*key).in_(due))).rowcount


def _count_failure(tx: Tx, job: ReservedCall, problem: GeocodeProblem, *, now: datetime) -> None:
    # In SQL, so that failures that are recorded together all count.
    failures = map_keys.c.failures + 1
    open_s = func.least(LONGEST_OPEN_S, FIRST_OPEN_S * func.power(2.0, func.least(failures - FAILURES_TO_OPEN, 10)))
    # Not `now + interval`: that depends on the session's time zone, which Citus lets into no CASE.
    until = case((failures >= FAILURES_TO_OPEN, func.to_timestamp(now.timestamp() + open_s)), else_=None)
    change_state(tx, job.owner, job.version, failures=failures, opened_until=until, last_error=problem.detail)


def _refused(tx: Tx, key: MapKey, now: datetime) -> GeocodeProblem | None:
    """Why the key may not be used now; counts the request when it may."""
    if key.status == "invalid":
        return GeocodeProblem(ProblemCode.MAP_KEY_INVALID, key.last_error or "The provider refused the map key.")
    if key.blocked_until is not None and key.blocked_until > now:
        wait_s = (key.blocked_until - now).total_seconds()
        return GeocodeProblem(ProblemCode.GEOCODER_RATE_LIMITED, "The provider asked to wait.", wait_s)
    if key.opened_until is not None and not _may_probe(tx, key, now):
        wait_s = max((key.opened_until - now).total_seconds(), PROBE_S)
        return GeocodeProblem(ProblemCode.CIRCUIT_OPEN, "The geocoder failed repeatedly; it is left alone.", wait_s)
    return _spend(tx, key, now)


def _may_probe(tx: Tx, key: MapKey, now: datetime) -> bool:
    """Whether this caller is the one that tries again after the circuit's time: one conditional update decides."""
    statement = (
        update(map_keys)
        .where(map_keys.c.org_id == tx.org_id, owned_by(key.owner), map_keys.c.version == key.version)
        .where(map_keys.c.opened_until <= now)
        .values(opened_until=now + timedelta(seconds=PROBE_S))
    )
    return tx.conn.execute(statement).rowcount == 1


def _spend(tx: Tx, key: MapKey, now: datetime) -> GeocodeProblem | None:
    """Count a request on the UTC day, unless the day's budget is used up."""
    day = now.astimezone(UTC).date()
    keyed = {"org_id": tx.org_id, "owner_kind": key.owner.kind.value, "owner_id": key.owner.id, "day": day}
    left = None if key.daily_budget is None else geocode_usage.c.requests < key.daily_budget
    statement = insert(geocode_usage).values(**keyed, requests=1)
    counted = statement.on_conflict_do_update(
        index_elements=list(keyed), set_={"requests": geocode_usage.c.requests + 1}, where=left
    )
    if tx.conn.execute(counted.returning(geocode_usage.c.requests)).first() is not None:
        return None
    midnight = datetime.combine(day + timedelta(days=1), time(), UTC)
    detail = f"The day's budget of {key.daily_budget} requests is used up."
    return GeocodeProblem(ProblemCode.BUDGET_EXHAUSTED, detail, (midnight - now).total_seconds())


def _cache_key(box: SecretBox, key: MapKey, query: AddressQuery) -> bytes:
    """A keyed hash of all that an answer and what it is worth depend on."""
    near = f"{query.near.lat:.2f} {query.near.lon:.2f}" if query.near else ""
    texts = [" ".join(text.casefold().split()) for text in (query.text, query.typed)]
    judged = f"{_RULES} {query.habits or ''} {query.reach_m or ''}"
    return box.fingerprint(key.url or "", *texts, query.country or "", near, judged)


def _from_cache(tx: Tx, box: SecretBox, provider: str, *, cache_key: bytes, now: datetime) -> GeocodeResult | None:
    found = find_cached(tx, provider=provider, cache_key=cache_key, now=now)
    document = found and box.unseal(found[0].get("sealed", ""))
    if not found or document is None:
        return None
    result = result_from_document(document)
    if result.problem is None or not result.problem.is_transient:
        return result
    wait_s = (found[1] - now).total_seconds()
    problem = GeocodeProblem(result.problem.code, result.problem.detail, wait_s)
    return GeocodeResult(problem=problem, provider=provider, cached=True)


def _keep(tx: Tx, box: SecretBox, job: ReservedCall, *, result: GeocodeResult, now: datetime) -> None:
    keep = _keep_for(job.spec, result)
    if keep is None:
        return
    # The outcome names the address, so it is sealed: the table alone does not tell where customers live.
    values = {
        "outcome": {"sealed": box.seal(result_to_document(result))},
        "created_at": now,
        "expires_at": now + keep,
    }
    keyed = {"org_id": tx.org_id, "provider": job.spec.name, "cache_key": job.cache_key}
    statement = insert(geocode_cache).values(**keyed, **values)
    tx.conn.execute(statement.on_conflict_do_update(index_elements=list(keyed), set_=values))


def _keep_for(spec: ProviderSpec, result: GeocodeResult) -> timedelta | None:
    if result.problem is not None and result.problem.code is ProblemCode.GEOCODER_UNAVAILABLE:
        return FAILURE_KEEP
    if spec.keep_s is None or (result.problem is not None and result.problem.code is not ProblemCode.NOT_FOUND):
        return None
    longest = timedelta(seconds=spec.keep_s)
    certain = result.best is not None and result.best.confidence >= Confidence.INTERPOLATED
    return longest if certain else min(longest, UNCERTAIN_KEEP)


def _problem(code: ProblemCode, detail: str) -> GeocodeResult:
    return GeocodeResult(problem=GeocodeProblem(code, detail))
