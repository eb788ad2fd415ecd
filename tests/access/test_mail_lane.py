"""The worker sends what was put down, by the settings alone."""

import threading
from contextlib import ExitStack

from sqlalchemy import Connection, text

from geo_assign.app import make_services
from geo_assign.worker import open_worker
from tests.access.api import seeded_api
from tests.access.mail_server import mail_server
from tests.conftest import World
from tests.waiting import wait_until


def test_an_invitation_reaches_its_user_and_opens_the_account(world: World, admin: Connection) -> None:
    with ExitStack() as closing:
        mailbox = closing.enter_context(mail_server())
        mail = {"smtp_host": "127.0.0.1", "smtp_port": mailbox.port, "smtp_security": "none"}
        api = closing.enter_context(seeded_api(world, public_url="https://desk.example.test", **mail))
        invited = api.post("/v1/invitations", by="root", json={"email": "eva@lark.example", "role": "administrator"})
        assert invited.get_json()["link"] is None
        settings = world.settings(public_url="https://desk.example.test", sweep_interval_s=0.02, **mail)
        services = make_services(settings)
        closing.callback(services.close)
        process = closing.enter_context(open_worker(settings, services.dispatch, services.webhooks))
        running = threading.Thread(target=process.run)
        running.start()
        closing.callback(running.join)
        closing.callback(process.stop.set)
        state = text("SELECT state FROM mails")
        wait_until(lambda: admin.execute(state).scalar_one() == "sent", "the mail is sent")
        (message,) = mailbox.messages
        assert message["To"] == "eva <eva@lark.example>"
        (line,) = [one for one in message.get_content().splitlines() if "#" in one]
        token = line.removeprefix("https://desk.example.test/console/choose-password#")
        choice = {"token": token, "password": "five quiet herons"}
        assert api.post("/v1/invitations/accept", json=choice).status_code == 201
