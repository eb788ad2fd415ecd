"""The calls of these pages, made in their order as they stand; nothing is put in but tokens, ids and addresses."""

import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from tests.access.api import Api, seeded_api
from tests.completion.conftest import step
from tests.completion.test_completion import picture
from tests.conftest import World
from tests.docs.pages import page
from tests.docs.test_commands import body_of, commands, is_call
from tests.phones.conftest import new_lead, ping

_VARIABLE = re.compile(r"\$([A-Z_]+)")
SLOTS = [{"start": f"2031-05-21T{hour}:00:00Z", "end": f"2031-05-21T{hour + 1}:00:00Z"} for hour in (10, 14)]


@dataclass
class Reader:
    """Types the calls of a page.

    `values` are the shell's variables, `instead` what the page's examples are here, `files` what `@name` sends.
    """

    api: Api
    values: dict[str, str] = field(default_factory=dict)
    instead: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)

    def call(self, command: str) -> TestResponse:
        body, words = body_of(command), shlex.split(command.partition("<<")[0])
        headers = dict(self._put_in(after).split(": ", 1) for word, after in pairwise(words) if word == "-H")
        address = next(word for word in words if "/v1/" in word)
        method = words[words.index("-X") + 1] if "-X" in words else "GET" if body is None else "POST"
        kind = headers.pop("Content-Type", "application/json")
        file = next((word[1:] for word in words if word.startswith("@") and word != "@-"), None)
        content = self.files[file] if file is not None else body and self._put_in(body)
        sent: dict[str, Any] = {} if content is None else {"data": content, "content_type": kind}
        path = "/v1/" + self._put_in(address).split("/v1/", 1)[1]
        return self.api.call(method, path, headers=headers, **sent)

    def _put_in(self, text: str) -> str:
        for example, here in self.instead.items():
            text = text.replace(example, here)
        text = text.replace("$(uuidgen)", str(uuid4()))
        return _VARIABLE.sub(lambda found: self.values.get(found[1], found[0]), text)


@pytest.fixture
def reader(world: World) -> Iterator[Reader]:
    with seeded_api(world) as api:
        ping(api)
        yield Reader(api, {"STORE": api.id("stores", "centre"), "ADMIN": api.token("root")})


def calls_of(name: str) -> list[str]:
    return [one for block in page(name).blocks("sh") for one in commands(block) if is_call(one)]


def walk(reader: Reader, name: str, before: Mapping[str, Callable[[], Any]]) -> list[Any]:
    """Every answer of a page; `before` a call whose text has this in it something is prepared."""
    answers = []
    for command in calls_of(name):
        for part, prepare in before.items():
            if part in command:
                prepare()
        answer = reader.call(command)
        assert answer.status_code in {200, 201, 202, 204}, (command, answer.get_data(as_text=True))
        told = json.loads(answer.data) if answer.data else None
        if isinstance(told, dict) and str(told.get("token", "")).startswith(("gas_", "gak_")):
            reader.values["TOKEN"] = told["token"]
        answers.append(told)
    return answers


def test_a_partner_goes_from_the_key_to_the_news(reader: Reader) -> None:
    made, me, lead, webhook, booking = walk(reader, "docs/partners.md", {})
    assert (made["token"][:4], booking["token"][:4]) == ("gak_", "gpk_")
    assert me["stores"][0]["id"] == reader.values["STORE"]
    assert (lead["external_id"], webhook["active"]) == ("order-1041", True)


def test_a_phone_goes_from_the_log_in_to_the_log_out(reader: Reader) -> None:
    api = reader.api
    reader.instead = {
        '"demo"': '"acme"',
        "ana@example.com": "ana@acme.example",
        "a long password": "ana-password",
        "…": "x",
    }
    lead = new_lead(api, slot=SLOTS[0])
    reader.values |= {"DEVICE_ID": str(uuid4()), "ORDER": lead["id"], "OFFER": lead["offer"]["id"]}
    # A technician is asked one thing at a time.
    before = {"/reject": lambda: reader.values.update(OFFER=new_lead(api, slot=SLOTS[1])["offer"]["id"])}
    answers = walk(reader, "docs/phones.md", before)
    accepted, rejected, travelling, over = answers[-4:]
    assert (accepted["state"], rejected["state"], travelling["state"], over) == (
        "accepted",
        "rejected",
        "travelling",
        None,
    )


def test_a_technician_sends_a_photo_and_a_signature(reader: Reader) -> None:
    api = reader.api
    lead = new_lead(api, slot=SLOTS[0])
    assert api.post(f"/v1/offers/{lead['offer']['id']}/accept", by="ana").status_code == 200
    step(api, lead["id"], "travelling")
    reader.values |= {"ORDER": lead["id"], "TOKEN": api.token("ana")}
    reader.files = {"screen.jpg": picture("JPEG"), "signature.png": picture("PNG")}
    photo, _ = walk(reader, "docs/api.md", {})
    kept = api.get(f"/v1/work-orders/{lead['id']}/completion", by="root").get_json()
    assert [one["id"] for one in kept["photos"]] == [photo["id"]]
    assert kept["signature"] is not None


@pytest.mark.parametrize("name", ["docs/accounts.md", "docs/webhooks.md"])
def test_an_administrator_makes_the_calls_of_the_page(reader: Reader, name: str) -> None:
    reader.values["TOKEN"] = reader.api.token("root")
    reader.instead = {"01a2019c-3a77-7d0f-b0a5-0f1e2d3c4b5a": reader.api.id("groups", "phones")}
    assert walk(reader, name, {})
