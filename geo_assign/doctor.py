"""`geo-assign doctor`: look an installation over and say, thing by thing, what is well, what is not, and what to do.

It reads the settings as every command does and asks the database as the roles of the service do. What it tries to
write is rolled back: nothing is changed.
"""

import json
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

import click
from cryptography.fernet import Fernet
from pydantic import SecretStr, ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import Connection
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from geo_assign.connection_hints import hint_for
from geo_assign.core import pooler
from geo_assign.core.clock import wall_clock
from geo_assign.core.connecting import make_engine
from geo_assign.core.db import Database
from geo_assign.core.reachable import parse_allow
from geo_assign.core.rows import AnySelect, ResultRow
from geo_assign.core.settings import PREFIX, Settings, objections, unknown_settings
from geo_assign.core.vetting import (
    DatabaseFacts,
    durability_objections,
    read_facts,
    role_objections,
    standby_objections,
    version_objections,
)
from geo_assign.distribution.servers import server_objections
from geo_assign.first_step import find_first_step
from geo_assign.mail_trial import try_mail_server
from geo_assign.migrate import current_revision, head_revision
from geo_assign.support_bundle import LOGS, write_bundle
from geo_assign.trial import list_worker_objections, list_write_objections, try_once
from geo_assign.webhooks.queries import waiting_events

CONSOLE_PAGE = Path(__file__).parent / "console" / "dist" / "index.html"
TOLERATED_SKEW_S = 2.0
TOLERATED_WAIT_S = 60.0
RUN_UPGRADE = "run: geo-assign db upgrade"


class CheckVerdict(StrEnum):
    """How a check came out; `SKIP`: another one has to be well first."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was seen, and what to do about it (empty where nothing is to be done)."""

    name: str
    verdict: CheckVerdict
    detail: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class DatabaseView:
    """What one role found in its database, or why it could not look.

    `servers` is what stands against those that hold the rows of a distributed one.
    """

    facts: DatabaseFacts | None = None
    revision: str | None = None
    skew_s: float = 0.0
    refusal: str = ""
    servers: tuple[str, ...] = ()


def examine(settings: Settings, *, environ: dict[str, str] | None = None) -> list[Finding]:
    """Every check, in the order in which things have to be put right."""
    findings = [check_names(environ), *(check(settings) for check in SETTINGS_CHECKS)]
    app = look(settings.database_url)
    findings += [check_reachable("database", app, "GEO_ASSIGN_DATABASE_URL"), *check_database(app, settings)]
    findings.append(check_first_step(app, settings))
    findings.append(check_writes("writes", app, settings.database_url, list_write_objections))
    findings += check_worker(settings)
    findings += check_replica(settings, app)
    return findings


def check_names(environ: dict[str, str] | None) -> Finding:
    """A misspelt setting is ignored by everything else: this is where it is noticed."""
    unknown = unknown_settings(environ)
    if unknown:
        return Finding(
            "settings", CheckVerdict.WARN, f"not known: {', '.join(unknown)}", "see config/geo-assign.env for the names"
        )
    return Finding("settings", CheckVerdict.OK, "every name is known")


def check_secret_keys(settings: Settings) -> Finding:
    """Without a usable key no map key can be stored or read."""
    name, how = "secret keys", f"set {PREFIX}SECRET_KEYS to Fernet keys, newest first, separated by commas"
    if not settings.fernet_keys:
        return Finding(name, CheckVerdict.FAIL, "none is set", how)
    for number, key in enumerate(settings.fernet_keys, start=1):
        try:
            Fernet(key)
        except ValueError:
            return Finding(
                name, CheckVerdict.FAIL, f"key {number} of {len(settings.fernet_keys)} is no Fernet key", how
            )
    return Finding(name, CheckVerdict.OK, f"{len(settings.fernet_keys)} usable")


def check_push(settings: Settings) -> Finding:
    """Without a key sleeping phones hear nothing until their app asks."""
    if settings.vapid_keys is None:
        hint = f"set {PREFIX}VAPID_PRIVATE_KEY to what geo-assign push-keys prints"
        return Finding("push", CheckVerdict.WARN, "no key is set: no phone is woken", hint)
    contact = "a contact" if settings.vapid_contact else "no contact, which some push services want"
    return Finding("push", CheckVerdict.OK, f"a key is set, and {contact}")


def check_outbound(settings: Settings) -> Finding:
    """Outgoing requests reach the open internet and what the operator allows besides."""
    name = "outbound"
    try:
        places = parse_allow(settings.outbound_allow)
    except ValueError as error:
        return Finding(name, CheckVerdict.FAIL, str(error), "write it like 10.1.0.0/16:8080, 127.0.0.1/32:*")
    wide = [str(place.network) for place in places if place.network.prefixlen == 0]
    if wide:
        hint = f"name the one network that is needed in {PREFIX}OUTBOUND_ALLOW"
        return Finding(name, CheckVerdict.WARN, f"every private address may be reached ({', '.join(wide)})", hint)
    return Finding(name, CheckVerdict.OK, f"{len(places) or 'no'} private place{'s' * (len(places) != 1)} allowed")


def check_console(settings: Settings) -> Finding:
    """The pages, and the file that the map draws under everything."""
    if not CONSOLE_PAGE.is_file():
        return Finding(
            "console", CheckVerdict.WARN, "not built; the API works without it", "run ./scripts/run, or npm run build"
        )
    if settings.basemap_path is not None and not settings.basemap_path.is_file():
        return Finding("console", CheckVerdict.WARN, f"{settings.basemap_path} is missing", f"see {PREFIX}BASEMAP_PATH")
    return Finding("console", CheckVerdict.OK, "built")


def check_port(settings: Settings) -> Finding:
    """Either a server listens there, or one could."""
    place = f"{settings.host}:{settings.port}"
    try:
        with socket.create_connection((settings.host, settings.port), timeout=2):
            return Finding("port", CheckVerdict.OK, f"something listens on {place}")
    except OSError:
        pass
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        with socket.create_server((settings.host, settings.port), family=family):
            return Finding("port", CheckVerdict.OK, f"{place} is free; the service is not running")
    except OSError as error:
        hint = f"choose another with {PREFIX}HOST and {PREFIX}PORT"
        return Finding("port", CheckVerdict.FAIL, f"{place}: {error.strerror}", hint)


def check_mail(settings: Settings) -> Finding:
    """Log in at the mail server as the worker does, and send nothing."""
    if not settings.sends_mail:
        return Finding("mail", CheckVerdict.OK, "no server is set: links are shown to the administrators who make them")
    place, objection, hint = try_mail_server(settings)
    if objection:
        return Finding("mail", CheckVerdict.FAIL, f"{place}: {objection}", hint)
    return Finding("mail", CheckVerdict.OK, f"{place} takes mail from here; none was sent")


SETTINGS_CHECKS: tuple[Callable[[Settings], Finding], ...] = (
    check_secret_keys,
    check_push,
    check_mail,
    check_outbound,
    check_console,
    check_port,
)


def look(url: SecretStr) -> DatabaseView:
    """Ask a database as the role that `url` names; the reason instead where that is not possible."""
    try:
        engine = make_engine(url.get_secret_value())
    except ArgumentError:
        return DatabaseView(refusal="the URL cannot be read")
    try:
        with engine.connect() as conn:
            asked_at = wall_clock()
            facts = read_facts(conn)
            middle = asked_at + (wall_clock() - asked_at) / 2
            skew_s = (facts.now - middle).total_seconds()
            servers = tuple(server_objections(conn)) if facts.is_distributed else ()
            return DatabaseView(facts, _revision(conn), skew_s, servers=servers)
    except SQLAlchemyError as error:
        return DatabaseView(refusal=_reason(error))
    finally:
        engine.dispose()


def check_reachable(name: str, view: DatabaseView, variable: str) -> Finding:
    """Whether the role can log in at all."""
    if view.facts is None:
        return Finding(name, CheckVerdict.FAIL, view.refusal, hint_for(view.refusal, variable=variable))
    return Finding(name, CheckVerdict.OK, f"logged in as {view.facts.role}")


def check_database(view: DatabaseView, settings: Settings) -> Iterator[Finding]:
    """What the application role found, once it is in."""
    if view.facts is None:
        yield from (Finding(name, CheckVerdict.SKIP, "the database cannot be asked") for name in DATABASE_CHECKS)
        return
    for name, check in DATABASE_CHECKS.items():
        yield check(name, view, view.facts, settings)


def check_versions(name: str, _view: DatabaseView, facts: DatabaseFacts, _settings: Settings) -> Finding:
    seen = f"PostgreSQL {facts.server_version.split()[0]}, PostGIS {facts.postgis_version}"
    return _judged(
        name,
        [*standby_objections(facts), *version_objections(facts)],
        well=seen,
        hint=f"extensions: {RUN_UPGRADE}, as a role that may create them",
    )


def check_durability(name: str, _view: DatabaseView, facts: DatabaseFacts, settings: Settings) -> Finding:
    hint = "switch both on in postgresql.conf: answered positions and assignments must survive a crash"
    finding = _judged(name, durability_objections(facts), well="fsync and synchronous_commit are on", hint=hint)
    if finding.verdict is CheckVerdict.FAIL and settings.allow_unsafe_database:
        return Finding(name, CheckVerdict.WARN, f"{finding.detail}, as {PREFIX}ALLOW_UNSAFE_DATABASE allows", hint)
    return finding


def check_role(name: str, _view: DatabaseView, facts: DatabaseFacts, _settings: Settings) -> Finding:
    hint = f"let {PREFIX}DATABASE_URL name a role of its own, not the owner; {RUN_UPGRADE}, which makes it"
    return _judged(name, role_objections(facts), well=f"{facts.role} is bound by row security", hint=hint)


def check_migrations(name: str, view: DatabaseView, _facts: DatabaseFacts, settings: Settings) -> Finding:
    head = head_revision(settings)
    if view.revision == head:
        return Finding(name, CheckVerdict.OK, f"at the newest revision, {head}")
    return Finding(
        name,
        CheckVerdict.FAIL,
        f"the database is at {view.revision or 'no revision'}, this code wants {head}",
        RUN_UPGRADE,
    )


def check_clocks(name: str, view: DatabaseView, _facts: DatabaseFacts, _settings: Settings) -> Finding:
    """Deadlines are the database's; logs and certificates are this host's."""
    if abs(view.skew_s) <= TOLERATED_SKEW_S:
        return Finding(name, CheckVerdict.OK, f"the database's and this host's agree within {abs(view.skew_s):.1f} s")
    side = "ahead of" if view.skew_s > 0 else "behind"
    return Finding(
        name,
        CheckVerdict.WARN,
        f"the database is {abs(view.skew_s):.1f} s {side} this host",
        "synchronize both with NTP",
    )


def check_pooler(name: str, _view: DatabaseView, facts: DatabaseFacts, settings: Settings) -> Finding:
    """Some of what goes wrong behind a pooler does so now and then only, so it is provoked."""
    if not facts.is_pooled:
        return Finding(name, CheckVerdict.OK, "none: connections go straight to the server")
    url = settings.database_url.get_secret_value()
    objections = pooler.list_pooler_objections(url, lacking=facts.lacking_settings)
    return _judged(name, objections, well="one is in between; statements and time-outs are kept", hint=pooler.HINT)


def check_servers(name: str, view: DatabaseView, facts: DatabaseFacts, _settings: Settings) -> Finding:
    """Of a distributed database each server is asked for a row, and how it would run our statements."""
    if not facts.is_distributed:
        return Finding(name, CheckVerdict.OK, "one holds all rows")
    hint = "run: geo-assign db distribute, which makes roles and their settings there; see docs/scaling.md"
    return _judged(name, view.servers, well="each gives a row, and has the settings of the service", hint=hint)


DATABASE_CHECKS: dict[str, Callable[[str, DatabaseView, DatabaseFacts, Settings], Finding]] = {
    "versions": check_versions,
    "durability": check_durability,
    "application role": check_role,
    "migrations": check_migrations,
    "clocks": check_clocks,
    "pooler": check_pooler,
    "servers": check_servers,
}


def check_first_step(view: DatabaseView, settings: Settings) -> Finding:
    """An installation without an organization lets no user in."""
    name = "organizations"
    if view.facts is None or view.revision is None:
        return Finding(name, CheckVerdict.SKIP, "the database cannot be asked")
    database = Database(settings.database_url.get_secret_value(), pool_size=1)
    try:
        step = find_first_step(database)
    finally:
        database.close()
    if step is None:
        return Finding(name, CheckVerdict.OK, "at least one is there")
    told, _, hint = step.partition(". ")
    return Finding(name, CheckVerdict.WARN, told, hint)


def check_writes(
    name: str, view: DatabaseView, url: SecretStr, list_objections: Callable[[Database], list[str]]
) -> Finding:
    """Do some of the role's work and take it back: a server that answers reads may take no writes."""
    if view.facts is None:
        return Finding(name, CheckVerdict.SKIP, "the database cannot be asked")
    objections = try_once(url, list_objections)
    hint = f"see the database's own log; functions, triggers and privileges are made by: {RUN_UPGRADE.split(': ')[1]}"
    return _judged(name, objections, well="tried, and taken back", hint=hint)


def check_worker(settings: Settings) -> Iterator[Finding]:
    """The worker's role sees due rows of every organization, by policy and not by power."""
    name = "worker role"
    if settings.worker_database_url is None:
        hint = f"set {PREFIX}WORKER_DATABASE_URL where the worker runs"
        yield Finding(name, CheckVerdict.WARN, "not set here: this host runs no worker", hint)
        return
    view = look(settings.worker_database_url)
    if view.facts is None:
        yield check_reachable(name, view, f"{PREFIX}WORKER_DATABASE_URL")
        return
    hint = f"let {PREFIX}WORKER_DATABASE_URL name a role of its own; {RUN_UPGRADE}, which makes it"
    yield _judged(name, role_objections(view.facts), well=f"logged in as {view.facts.role}", hint=hint)
    yield check_writes("worker writes", view, settings.worker_database_url, list_worker_objections)
    yield check_events(settings.worker_database_url)


def check_replica(settings: Settings, app: DatabaseView) -> Iterator[Finding]:
    """Nothing stops where a standby fails: the primary answers. So it is told, and is no failure of the whole."""
    name, url = "replica", settings.replica_url
    if url is None:
        return
    view, hint = look(url), f"see {PREFIX}REPLICA_URL; the primary answers meanwhile"
    if view.facts is None:
        yield Finding(name, CheckVerdict.WARN, view.refusal, hint)
    elif not view.facts.is_standby:
        yield Finding(name, CheckVerdict.FAIL, "it is no standby, so nothing is read from it", hint)
    elif view.revision != app.revision:
        yield Finding(name, CheckVerdict.WARN, f"it is at revision {view.revision or 'none'}, and far behind", hint)
    else:
        yield Finding(name, CheckVerdict.OK, f"a standby, logged in as {view.facts.role}")


def check_events(worker_url: SecretStr) -> Finding:
    """Events leave the outbox within seconds wherever a worker runs, and webhooks are told in the end."""
    name = "events"
    try:
        row = _ask(worker_url, waiting_events())
    except SQLAlchemyError:
        return Finding(name, CheckVerdict.SKIP, "the tables cannot be asked", RUN_UPGRADE)
    if row.waiting_s > TOLERATED_WAIT_S:
        detail = f"the oldest has waited {row.waiting_s:.0f} s to be handed out"
        return Finding(name, CheckVerdict.WARN, detail, "is geo-assign worker running?")
    if row.dead:
        hint = "see GET /v1/webhooks/{id}/deliveries?state=dead; POST /v1/webhooks/{id}/redrive sends them again"
        return Finding(name, CheckVerdict.WARN, f"{row.dead} deliveries to webhooks were given up", hint)
    return Finding(name, CheckVerdict.OK, "handed out, and delivered to every webhook")


def _judged(name: str, objections: Iterable[str], *, well: str, hint: str) -> Finding:
    """Fail with the objections, if there are any."""
    found = "; ".join(objections)
    return Finding(name, CheckVerdict.FAIL, found, hint) if found else Finding(name, CheckVerdict.OK, well)


def _ask(url: SecretStr, question: AnySelect) -> ResultRow:
    engine = make_engine(url.get_secret_value())
    try:
        with engine.connect() as conn:
            return conn.execute(question).one()
    finally:
        engine.dispose()


def _revision(conn: Connection) -> str | None:
    """None also where this role may not know: a database that was never migrated grants nothing."""
    try:
        return current_revision(conn)
    except SQLAlchemyError:
        return None


def _reason(error: SQLAlchemyError) -> str:
    """The server's own sentence, without SQL and without the URL."""
    cause = getattr(error, "orig", None) or error
    return str(cause).strip().splitlines()[-1].strip()


def as_table(findings: Iterable[Finding]) -> Table:
    """For people: what is well in few words, what is not with its hint below."""
    table = Table("", "check", "seen", box=None, pad_edge=False)
    for finding in findings:
        seen = f"{finding.detail}\n→ {finding.hint}" if finding.hint else finding.detail
        table.add_row(f"[{STYLES[finding.verdict]}]{finding.verdict}", finding.name, Text(seen))
    return table


STYLES = {
    CheckVerdict.OK: "green",
    CheckVerdict.WARN: "yellow",
    CheckVerdict.FAIL: "bold red",
    CheckVerdict.SKIP: "dim",
}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of a table.")
@click.option(
    "--bundle",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a zip file for those who help, too: versions, counts and states, no personal data and no secrets.",
)
@click.option(
    "--log",
    "logs",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="A log for the bundle; may be given again. Without it those in .local/log.",
)
def doctor(*, as_json: bool, bundle: Path | None, logs: tuple[Path, ...]) -> None:
    """Check this installation and say what to do about what is not well. Fails when a check fails."""
    try:
        settings = Settings()
        findings = examine(settings)
        if bundle is not None:
            write_bundle(bundle, settings, {one.name: one.verdict.value for one in findings}, logs=logs or LOGS)
            click.echo(f"{bundle} is written; look into it before you send it.", err=True)
    except ValidationError as error:
        findings = [Finding("settings", CheckVerdict.FAIL, "; ".join(objections(error)), "see config/geo-assign.env")]
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        Console().print(as_table(findings))
    sys.exit(any(finding.verdict is CheckVerdict.FAIL for finding in findings))
