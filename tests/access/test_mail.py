"""Mails with links: sent once, tried again, given up with their link; no server delays anything or learns a secret."""

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError
from sqlalchemy import Connection, text

from geo_assign.access import tasks
from geo_assign.access.commands import (
    NewUser,
    PasswordChoice,
    create_link,
    create_user,
    set_organization_language,
    update_user,
    use_link,
)
from geo_assign.access.commands.mails import LEASE, MailOutcome, claim_mail, post_link, record_mail, wait_after
from geo_assign.access.domain import Role, TokenKind, User, new_token
from geo_assign.access.links import LinkPurpose, MintedLink
from geo_assign.access.mail_texts import LinkMail, message_of
from geo_assign.access.mailing import Postman, make_postman
from geo_assign.core.db import Database
from geo_assign.core.languages import Language
from geo_assign.core.secrets import SecretBox
from geo_assign.core.smtp import (
    DEADLINE_S,
    MailError,
    MailLogInError,
    MailMalformedError,
    MailRefusedError,
    MailServer,
    MailTimeoutError,
    MailTlsError,
    MailUnreachableError,
    RecipientRefusedError,
)
from geo_assign.core.telemetry import configure_logging
from geo_assign.mail_trial import try_mail_server
from tests.access.conftest import House
from tests.access.mail_server import (
    PASSWORD,
    USER,
    Certificate,
    Mailbox,
    Step,
    babble,
    drip,
    drop,
    hang,
    mail_server,
    make_certificate,
    scripted_server,
)
from tests.conftest import SECRET_KEY, World

NOON = datetime(2026, 5, 20, 12, tzinfo=UTC)
CONSOLE = "https://desk.example.test"
SENDER = "dispatch@desk.example.test"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("mail"))


def server_at(port: int, **more: Any) -> MailServer:
    chosen = {"host": "127.0.0.1", "security": "none", "sender": SENDER, "own_name": "desk.example.test", **more}
    return MailServer(port=port, **chosen)


def some_message(to: str = "rita@example.test") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = SENDER, to, "Hello"
    message.set_content("A line.\n")
    return message


# The talk to a server -----------------------------------------------------------------------------------------------


def test_a_mail_is_handed_over_in_plain_text() -> None:
    with mail_server() as mailbox:
        server_at(mailbox.port).send(some_message(), "rita@example.test")
    (taken,) = mailbox.taken
    assert (taken.mail_from, taken.rcpt_tos) == (SENDER, ["rita@example.test"])


@pytest.mark.parametrize("implicit", [False, True], ids=["starttls", "tls"])
def test_a_mail_is_handed_over_encrypted_and_logged_in(certificate: Certificate, *, implicit: bool) -> None:
    with mail_server(certificate, implicit=implicit) as mailbox:
        server_at(
            mailbox.port,
            security="tls" if implicit else "starttls",
            user=USER,
            password=SecretStr(PASSWORD),
            ssl_context=certificate.client_context,
        ).send(some_message(), "rita@example.test")
    assert len(mailbox.taken) == 1
    assert mailbox.authenticated == [USER]


def test_a_wrong_password_is_told_without_it(certificate: Certificate) -> None:
    with mail_server(certificate) as mailbox, pytest.raises(MailLogInError) as refusal:
        server_at(
            mailbox.port,
            security="starttls",
            user=USER,
            password=SecretStr("another password"),
            ssl_context=certificate.client_context,
        ).send(some_message(), "rita@example.test")
    assert refusal.value.described == "log_in_refused 535"
    assert "another" not in repr(refusal.value)


def test_a_certificate_that_is_not_trusted_ends_it(certificate: Certificate) -> None:
    with mail_server(certificate) as mailbox, pytest.raises(MailTlsError):
        server_at(mailbox.port, security="starttls").send(some_message(), "rita@example.test")
    assert mailbox.taken == []


def test_the_certificate_of_another_host_ends_it(tmp_path: Path) -> None:
    other = make_certificate(tmp_path, host="other.example.test")
    with mail_server(other, implicit=True) as mailbox, pytest.raises(MailTlsError):
        server_at(mailbox.port, security="tls", ssl_context=other.client_context).send(some_message(), "r@example.test")
    assert mailbox.taken == []


GREETED: tuple[Step, ...] = (b"220 ready\r\n", b"250 ours\r\n")
TO_DATA: tuple[Step, ...] = (*GREETED, b"250 sender\r\n", b"250 recipient\r\n", b"354 go on\r\n")
TAKES_ALL: tuple[Step, ...] = (*TO_DATA, b"250 taken\r\n")

STARTTLS_REFUSED: tuple[Step, ...] = (b"220 ready\r\n", b"250-ours\r\n250 STARTTLS\r\n", b"454 not now\r\n")

WRONG: dict[str, tuple[Sequence[Step], type[MailError]]] = {
    "hangs at once": ([hang], MailTimeoutError),
    "hangs after the greeting": ([b"220 ready\r\n", hang], MailTimeoutError),
    "hangs at the recipient": ([*GREETED, b"250 ok\r\n", hang], MailTimeoutError),
    "hangs with the mail": ([*TO_DATA, hang], MailTimeoutError),
    "drips": ([drip], MailTimeoutError),
    "drips at the recipient": ([*GREETED, b"250 ok\r\n", drip], MailTimeoutError),
    "drops at once": ([drop], MailUnreachableError),
    "drops after the greeting": ([b"220 ready\r\n", drop], MailUnreachableError),
    "drops with the mail": ([*TO_DATA, drop], MailUnreachableError),
    "says no at once": ([b"554 no service here\r\n"], MailRefusedError),
    "is busy": ([b"421 come back later\r\n"], MailRefusedError),
    "speaks HTTP": ([b"HTTP/1.1 400 Bad Request\r\n\r\n"], MailMalformedError),
    "speaks nothing": ([b"\x00\xff\xfe\r\n"], MailMalformedError),
    "babbles": ([b"220 ready\r\n", babble], MailMalformedError),
    "refuses the sender": ([*GREETED, b"550 not from you\r\n"], MailRefusedError),
    "refuses the recipient for now": ([*GREETED, b"250 ok\r\n", b"451 greylisted\r\n"], MailRefusedError),
    "refuses the recipient for good": ([*GREETED, b"250 ok\r\n", b"550 unknown\r\n"], RecipientRefusedError),
    "refuses the mail for now": ([*TO_DATA, b"452 full\r\n"], MailRefusedError),
    "refuses the mail": ([*TO_DATA, b"554 spam\r\n"], MailRefusedError),
    "says a line without an end": ([b"220 " + b"x" * 20_000], MailRefusedError),
}


@pytest.mark.parametrize(("steps", "error"), WRONG.values(), ids=WRONG)
def test_whatever_a_server_does_ends_within_the_deadline(steps: Sequence[Step], error: type[MailError]) -> None:
    waits = error is MailTimeoutError
    with scripted_server(steps) as (port, _), pytest.raises(MailError) as raised:
        server_at(port).send(some_message(), "rita@example.test", deadline_s=0.7 if waits else 30)
    assert type(raised.value) is error
    assert "rita" not in repr(raised.value)
    assert "rita" not in raised.value.described


@pytest.mark.parametrize("name", [name for name in WRONG if name.startswith("refuses")])
def test_a_refusal_is_the_end_of_the_talk(name: str) -> None:
    steps, error = WRONG[name]
    with scripted_server([*steps, b"250 forgotten\r\n"]) as (port, heard), pytest.raises(error):
        server_at(port).send(some_message(), "rita@example.test")
    assert b"rset\r\n" not in [line.lower() for line in heard]


# What doctor says of a server: the settings, what the server does, and the words.
TRIED: dict[str, tuple[dict[str, Any], Sequence[Step], str]] = {
    "well": ({}, (*GREETED, b"250 sender\r\n"), ""),
    "well, and rude at the end": ({}, (*GREETED, b"250 sender\r\n", drop), ""),
    "no such name": ({"host": "no-such-host.invalid"}, (), "SMTP_HOST spelt right"),
    "hangs": ({}, (hang,), "firewall may swallow"),
    "drips": ({}, (*GREETED, drip), "firewall may swallow"),
    "drops": ({}, (drop,), "does the server run"),
    "no STARTTLS": ({"security": "starttls"}, GREETED, "SMTP_SECURITY to tls"),
    "STARTTLS refused": ({"security": "starttls"}, STARTTLS_REFUSED, "starttls for port 587"),
    "plain where TLS is meant": ({"security": "tls"}, GREETED, "starttls for port 587"),
    "no log-in known": ({"user": USER, "password": SecretStr(PASSWORD)}, GREETED, "SMTP_USER and"),
    "another sender": ({}, (*GREETED, b"530 log in first\r\n"), "another sender"),
    "busy": ({}, (b"421 later\r\n",), "another sender"),
    "no mail server": ({}, (b"HTTP/1.1 400 Bad Request\r\n\r\n",), "no mail server answers"),
}


@pytest.mark.parametrize(("settings", "steps", "words"), TRIED.values(), ids=TRIED)
def test_a_trial_says_what_stands_in_the_way_and_sends_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], steps: Sequence[Step], words: str
) -> None:
    try_out = MailServer.try_out
    monkeypatch.setattr(MailServer, "try_out", lambda server: try_out(server, deadline_s=1.5))
    with scripted_server(steps) as (port, heard):
        trial = try_mail_server(world.settings(), server=server_at(port, **settings))
    assert (words in trial.hint, bool(trial.hint)) == (True, bool(words)), trial
    assert PASSWORD not in f"{trial}"
    assert not any(line.upper().startswith((b"RCPT", b"DATA")) for line in heard)


def test_a_trial_logs_in_over_an_encrypted_connection(certificate: Certificate, world: World) -> None:
    with mail_server(certificate) as mailbox:
        chosen = {"security": "starttls", "user": USER, "ssl_context": certificate.client_context}
        right = server_at(mailbox.port, password=SecretStr(PASSWORD), **chosen)
        assert try_mail_server(world.settings(), server=right).objection == ""
        wrong = try_mail_server(world.settings(), server=replace(right, password=SecretStr("another password")))
        assert (wrong.objection.endswith("It said 535."), "SMTP_PASSWORD" in wrong.hint) == (True, True)
        stranger = try_mail_server(world.settings(), server=replace(right, ssl_context=None))
        assert "certificate" in stranger.hint
    assert (mailbox.taken, mailbox.authenticated) == ([], [USER])


def test_no_server_at_all_is_told() -> None:
    with pytest.raises(MailUnreachableError):
        server_at(1).send(some_message(), "rita@example.test")
    with pytest.raises(MailUnreachableError):
        replace(server_at(25), host="no-such-host.invalid").send(some_message(), "rita@example.test")


def test_a_server_that_takes_the_mail_and_hangs_at_the_farewell_has_it() -> None:
    with scripted_server([*TAKES_ALL, drop]) as (port, heard):
        server_at(port).send(some_message(), "rita@example.test")
    assert b"A line.\r\n.\r\n" in heard[-2] + heard[-1]


STRIPPED: dict[str, Sequence[Step]] = {
    "offers no STARTTLS": GREETED,
    "refuses it": STARTTLS_REFUSED,
    "goes on in plain text": (b"220 ready\r\n", b"250-ours\r\n250 STARTTLS\r\n", b"220 go on\r\n250 ours\r\n"),
}


@pytest.mark.parametrize("steps", STRIPPED.values(), ids=STRIPPED)
def test_encryption_is_never_given_up(steps: Sequence[Step]) -> None:
    with scripted_server(steps) as (port, heard), pytest.raises((MailTlsError, MailTimeoutError)):
        server_at(port, security="starttls", user=USER, password=SecretStr(PASSWORD)).send(
            some_message(), "rita@example.test", deadline_s=1
        )
    assert not any(b"AUTH" in line or b"rita" in line or b"A line" in line for line in heard)


def test_an_address_with_other_letters_needs_a_server_that_can_write_it() -> None:
    with scripted_server(TAKES_ALL) as (port, _), pytest.raises(RecipientRefusedError):
        server_at(port).send(some_message(), "josé@example.test")


# Settings -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("security", "port", "meant"), [("starttls", 0, 587), ("tls", 0, 465), ("none", 0, 25), ("starttls", 2525, 2525)]
)
def test_the_port_follows_the_security(world: World, security: str, port: int, meant: int) -> None:
    settings = world.settings(smtp_host="mail.example.test", smtp_security=security, smtp_port=port, public_url=CONSOLE)
    server = MailServer.of(settings)
    assert server is not None
    assert (server.port, server.sender, server.own_name) == (
        meant,
        "geo-assign@desk.example.test",
        "desk.example.test",
    )


def test_without_a_host_there_is_no_server(world: World) -> None:
    assert MailServer.of(world.settings()) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"smtp_security": "none", "smtp_user": "relay"},
        {"smtp_security": "ssl"},
        {"smtp_sender": "Dispatch <dispatch@example.test>"},
        {"smtp_sender": "dispatch@example.test\nBcc: all@example.test"},
        {"public_url": "desk.example.test"},
        {"public_url": "https://"},
        {"public_url": "ftp://desk.example.test"},
        {"public_url": "https://desk.example.test/?a=b"},
    ],
)
def test_settings_that_cannot_work_are_refused(world: World, wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        world.settings(smtp_host="mail.example.test", **wrong)


@pytest.mark.parametrize(
    ("chosen", "console", "host"),
    [
        ({"public_url": "https://desk.example.test/"}, "https://desk.example.test", "desk.example.test"),
        ({"public_url": "https://example.test/geo/"}, "https://example.test/geo", "example.test"),
        ({"host": "0.0.0.0", "port": 8081}, "http://localhost:8081", "localhost"),  # noqa: S104
        ({"host": "127.0.0.1", "port": 8082}, "http://127.0.0.1:8082", "localhost"),
        ({"host": "::1"}, "http://[::1]:8080", "localhost"),
    ],
)
def test_where_the_console_is(world: World, chosen: dict[str, object], console: str, host: str) -> None:
    settings = world.settings(**chosen)
    assert (settings.console_url, settings.console_host) == (console, host)


# Texts --------------------------------------------------------------------------------------------------------------


LINK = f"{CONSOLE}/console/choose-password#{new_token(TokenKind.ONE_TIME_LINK, UUID(int=7))[0]}"


def mail_of(purpose: LinkPurpose, *, language: Language = Language.ENGLISH, **more: str) -> LinkMail:
    of_it = {"organization": "Lark & Sons", "slug": "lark", "name": "Rita", "email": "rita@example.test", **more}
    return LinkMail(
        mail_id=UUID(int=9),
        purpose=purpose,
        link=LINK,
        language=language,
        expires_at=NOON,
        created_at=NOON,
        **of_it,
    )


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("purpose", LinkPurpose)
def test_a_mail_names_the_organization_and_carries_the_link_whole(purpose: LinkPurpose, language: Language) -> None:
    message = message_of(mail_of(purpose, language=language), sender=SENDER)
    assert message["Content-Language"] == language.value
    assert UNTIL[language] in message.get_content()
    assert message.get_content().startswith(GREETED_IN[language])
    assert not set("{}") & set(message["Subject"] + message.get_content())
    assert "Lark & Sons" in message["Subject"]
    assert message["To"] == "Rita <rita@example.test>"
    assert message["From"] == f"Lark & Sons <{SENDER}>"
    assert message["Message-ID"] == f"<{UUID(int=9)}@desk.example.test>"
    assert [line for line in message.get_content().splitlines() if "#" in line] == [LINK]
    # The letters of the other languages need a transfer encoding, which every mailbox undoes.
    assert LINK.encode() in message.as_bytes() or language is not Language.ENGLISH
    assert "lark" in message.get_content() or purpose is LinkPurpose.PASSWORD_RESET


UNTIL = {
    Language.ENGLISH: "until 20 May 2026, 12:00 UTC",
    Language.GERMAN: "bis 20. Mai 2026, 12:00 UTC",
    Language.PORTUGUESE: "até 20 de maio de 2026, 12:00 UTC",
}
GREETED_IN = {
    Language.ENGLISH: "Hello Rita,",
    Language.GERMAN: "Guten Tag Rita,",
    Language.PORTUGUESE: "Olá Rita,",
}

names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=200)


@given(organization=names, name=names)
def test_no_name_becomes_a_header(organization: str, name: str) -> None:
    mail = mail_of(LinkPurpose.INVITATION, organization=organization, name=name)
    message = message_of(mail, sender=SENDER)
    head, _, _ = message.as_bytes().partition(b"\r\n\r\n")
    names_of_headers = {line.partition(b":")[0] for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))}
    assert len(names_of_headers) == len(message.keys())
    assert mail.link in message.get_content()


# On their way -------------------------------------------------------------------------------------------------------


def invitee(
    house: House, email: str = "rita@example.test", purpose: LinkPurpose = LinkPurpose.INVITATION
) -> tuple[User, MintedLink]:
    with house.database.transaction(house.org_id) as tx:
        user = create_user(tx, house.system, NewUser(email=email, name="Rita", role=Role.DISPATCHER))
        return user, create_link(tx, house.system, user.id, purpose)


BOX = SecretBox([SECRET_KEY])


@dataclass(frozen=True)
class Posted:
    """A mail that waits, and what has become of it."""

    house: House
    admin: Connection
    user: User
    link: MintedLink

    def send(self, port: int, *, box: SecretBox = BOX) -> None:
        Postman(self.house.database, server_at(port), box, CONSOLE).send(self.house.org_id, self.link.link.id)

    def row(self) -> Any:
        return self.admin.execute(text("SELECT * FROM mails")).one()

    def is_due_again(self) -> None:
        self.admin.execute(text("UPDATE mails SET next_attempt_at = now() - interval '1 s' WHERE state = 'waiting'"))

    def use(self, token: str) -> None:
        choice = PasswordChoice(token=token, password="five quiet herons")
        use_link(self.house.database, LinkPurpose.INVITATION, choice, then=lambda _tx, _user, _caller: None)


@pytest.fixture
def posted(house: House, admin: Connection) -> Posted:
    user, link = invitee(house)
    with house.database.transaction(house.org_id) as tx:
        post_link(tx, BOX, link)
    return Posted(house, admin, user, link)


def token_in(mailbox: Mailbox, index: int = -1) -> str:
    (line,) = [one for one in mailbox.messages[index].get_content().splitlines() if one.startswith(CONSOLE)]
    return line.partition("#")[2]


def test_a_mail_is_sent_once_and_its_link_works(posted: Posted) -> None:
    with mail_server() as mailbox:
        for _ in range(3):
            posted.send(mailbox.port)
    assert len(mailbox.taken) == 1
    assert (posted.row().state, posted.row().attempts, posted.row().token_encrypted) == ("sent", 1, None)
    posted.use(token_in(mailbox))


@pytest.mark.parametrize(
    ("own", "of_organization", "subject"),
    [
        (None, Language.ENGLISH, "Your invitation to"),
        (None, Language.GERMAN, "Ihre Einladung zu"),
        (Language.PORTUGUESE, Language.GERMAN, "O seu convite para"),
        (Language.ENGLISH, Language.GERMAN, "Your invitation to"),
    ],
)
def test_a_mail_is_in_the_language_of_its_user_or_of_the_organization(
    house: House, own: Language | None, of_organization: Language, subject: str
) -> None:
    with house.database.transaction(house.org_id) as tx:
        set_organization_language(tx, house.system, of_organization)
        new = NewUser(email="rita@example.test", name="Rita", role=Role.DISPATCHER, language=own)
        user = create_user(tx, house.system, new)
        assert user.language is own
        link = create_link(tx, house.system, user.id, LinkPurpose.INVITATION)
        post_link(tx, BOX, link)
    with mail_server() as mailbox:
        Postman(house.database, server_at(mailbox.port), BOX, CONSOLE).send(house.org_id, link.link.id)
    (message,) = mailbox.messages
    assert message["Subject"].startswith(subject)
    assert token_in(mailbox) == link.token


def test_a_failed_attempt_is_made_again_with_the_same_link_and_id(posted: Posted) -> None:
    with scripted_server([*TO_DATA, drop]) as (port, heard):
        posted.send(port)
    assert (posted.row().state, posted.row().last_error) == ("waiting", "unreachable")
    with mail_server() as mailbox:
        posted.send(mailbox.port)
        assert mailbox.taken == []  # it rests first
        posted.is_due_again()
        posted.send(mailbox.port)
    assert (posted.row().state, posted.row().attempts, posted.row().last_error) == ("sent", 2, None)
    assert token_in(mailbox) == posted.link.token
    assert mailbox.messages[0]["Message-ID"].encode() in b"".join(heard)
    assert posted.link.token.encode() in b"".join(heard)


@pytest.mark.parametrize(("steps", "error"), WRONG.values(), ids=WRONG)
def test_nothing_is_lost_whatever_the_server_does(
    posted: Posted, monkeypatch: pytest.MonkeyPatch, steps: Sequence[Step], error: type[MailError]
) -> None:
    send = MailServer.send
    monkeypatch.setattr(MailServer, "send", lambda *given: send(*given, deadline_s=0.7))
    with scripted_server(steps) as (port, _):
        posted.send(port)
    row = posted.row()
    if error is RecipientRefusedError:
        assert (row.state, row.last_error) == ("refused", "recipient_refused 550")
        return
    assert (row.state, row.leased_until) == ("waiting", None)
    assert row.last_error
    posted.is_due_again()
    with mail_server() as mailbox:
        posted.send(mailbox.port)
    posted.use(token_in(mailbox))


ENDS: dict[str, Callable[[Posted], object]] = {
    "used": lambda posted: posted.use(posted.link.token),
    "expired": lambda posted: posted.admin.execute(text("UPDATE one_time_links SET expires_at = now()")),
    "deactivated": lambda posted: change(posted, active=False),
    "another address": lambda posted: change(posted, email="lark@example.test"),
}


def change(posted: Posted, **changes: object) -> None:
    with posted.house.database.transaction(posted.house.org_id) as tx:
        update_user(tx, posted.house.system, posted.user.id, changes=changes)


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_a_link_that_works_no_more_is_not_sent(posted: Posted, end: Callable[[Posted], object]) -> None:
    end(posted)
    with mail_server() as mailbox:
        posted.send(mailbox.port)
    assert mailbox.taken == []
    assert (posted.row().state, posted.row().token_encrypted) == ("dropped", None)


def test_a_worker_that_died_leaves_the_mail_to_the_next(posted: Posted) -> None:
    with posted.house.database.transaction(posted.house.org_id) as tx:
        first = claim_mail(tx, BOX, posted.link.link.id)
    assert first is not None
    with mail_server() as mailbox:
        posted.send(mailbox.port)
        assert mailbox.taken == []
        posted.admin.execute(text("UPDATE mails SET leased_until = now()"))
        posted.send(mailbox.port)
    assert len(mailbox.taken) == 1
    with posted.house.database.transaction(posted.house.org_id) as tx:
        assert record_mail(tx, first, MailOutcome("timeout"), draw=0.5) is None
    assert posted.row().state == "sent"


def test_of_many_workers_one_sends(posted: Posted) -> None:
    with mail_server() as mailbox:
        threads = [threading.Thread(target=posted.send, args=(mailbox.port,)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(mailbox.taken) == 1


def test_a_mail_whose_key_is_gone_carries_a_new_token(posted: Posted) -> None:
    with mail_server() as mailbox:
        posted.send(mailbox.port, box=SecretBox([Fernet.generate_key().decode()]))
    assert token_in(mailbox) != posted.link.token
    posted.use(token_in(mailbox))


def test_a_dump_holds_no_usable_link(posted: Posted) -> None:
    secret = posted.link.token.rpartition("_")[2]
    for table in ("mails", "one_time_links", "audit_entries"):
        for row in posted.admin.execute(text(f"SELECT t::text FROM {table} t")).scalars():
            assert secret not in row
            assert secret.encode().hex() not in row
            assert "rita@example.test" not in row


def test_no_log_line_has_the_link_or_the_address(posted: Posted, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("debug")
    with scripted_server([*GREETED, b"250 ok\r\n", b"550 rita@example.test is unknown\r\n"]) as (port, _):
        posted.send(port)
    told = capsys.readouterr().out
    assert json.loads(told.splitlines()[-1])["event"] == "mail_attempted"
    assert "rita@example.test" not in told
    assert posted.link.token not in told


def test_due_mails_are_listed_in_turns(house: House, admin: Connection, world: World) -> None:
    links = []
    for name in ("a", "b", "c"):
        _, link = invitee(house, f"{name}@example.test")
        with house.database.transaction(house.org_id) as tx:
            post_link(tx, BOX, link)
        links.append(link.link.id)
    admin.execute(
        text("UPDATE mails SET next_attempt_at = now() + interval '1 h' WHERE link_id = :id"), {"id": links[0]}
    )
    admin.execute(text("UPDATE mails SET leased_until = now() + interval '1 h' WHERE link_id = :id"), {"id": links[1]})
    worker = Database(world.worker_url, pool_size=1)
    try:
        assert list(tasks.list_due_mails(worker)) == [(house.org_id, links[2])]
    finally:
        worker.close()


@given(attempts=st.integers(1, 500), draw=st.floats(0, 1))
def test_the_rest_grows_to_an_hour(attempts: int, draw: float) -> None:
    rest = wait_after(attempts, draw=draw)
    assert timedelta(seconds=20) < rest <= timedelta(hours=1)
    assert wait_after(attempts + 1, draw=draw) >= rest


def test_an_attempt_ends_before_its_lease(world: World) -> None:
    assert timedelta(seconds=DEADLINE_S) * 2 < LEASE
    assert make_postman(world.settings(), Database(world.app_url)) is None
