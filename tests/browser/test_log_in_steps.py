"""The steps beside the password, in the console over the real API: single sign-on, a code, a second factor."""

import json
from collections.abc import Iterator

import pyotp
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from geo_assign.seed import load, read_document
from tests.access.api import SEED, Api
from tests.access.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider, identity_provider
from tests.browser.office import Building
from tests.browser.pages import ConsolePage
from tests.conftest import World


class Served(Building):
    """The application of one test alone, over the seed's organization: its settings are changed."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        tree = load(self.services.database, self.settings, read_document(json.dumps(SEED)))
        self.api = Api(self.app.test_client(), tree)


@pytest.fixture
def served(world: World, built_console: None) -> Iterator[Served]:
    started = Served(world)
    yield started
    started.close()


@pytest.fixture
def page(served: Served, context: BrowserContext) -> Page:
    console = ConsolePage(context.new_page(), served.url, with_map=False)
    console.open()
    return console.page


@pytest.fixture
def idp(served: Served) -> Iterator[IdentityProvider]:
    """On another site, so that the browser treats its cookies as it would out there."""
    with identity_provider() as provider:
        provider.host = "localhost"
        provider.person = {"sub": "desk", "email": "desk@acme.example", "email_verified": True}
        chosen = {"issuer": provider.issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        assert served.api.put("/v1/organization/single-sign-on", by="root", json=chosen).status_code == 200
        yield provider


def log_in(page: Page, who: str = "root") -> None:
    page.get_by_label("Organization").fill("acme")
    page.get_by_label("E-mail").fill(f"{who}@acme.example")
    page.get_by_label("Password").fill(f"{who}-password")
    page.get_by_role("button", name="Log in").click()


def expect_console(page: Page) -> None:
    expect(page.get_by_role("heading", name="Pending")).to_be_visible()


def test_the_identity_provider_lets_a_user_in(page: Page, idp: IdentityProvider) -> None:
    page.get_by_label("Organization").fill("acme")
    page.get_by_role("button", name="Continue with single sign-on").click()
    expect_console(page)
    page.reload()
    expect_console(page)


def test_what_went_wrong_there_is_told_once(page: Page, idp: IdentityProvider) -> None:
    idp.person["email_verified"] = False
    page.get_by_label("Organization").fill("acme")
    page.get_by_role("button", name="Continue with single sign-on").click()
    expect(page.get_by_role("alert")).to_contain_text("not verified")
    expect(page.get_by_label("Organization")).to_have_value("acme")
    page.reload()
    expect(page.get_by_label("Organization")).to_have_value("acme")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_the_code_is_asked_for_after_the_password(page: Page, served: Served) -> None:
    secret = served.api.post("/v1/me/second-factor", by="root").json["secret"]
    code = pyotp.TOTP(secret).now()
    codes = served.api.post("/v1/me/second-factor/confirm", by="root", json={"code": code}).json["recovery_codes"]
    log_in(page)
    expect(page.get_by_role("textbox", name="Code")).to_be_focused()
    page.get_by_role("textbox", name="Code").fill("000 000 0")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("wrong or was used")
    page.get_by_role("textbox", name="Code").fill(codes[0])
    page.get_by_role("button", name="Continue").click()
    expect_console(page)


def test_where_it_is_demanded_log_in_leads_to_setting_it_up(page: Page, served: Served) -> None:
    demanded = {"required_of": "administrators"}
    assert served.api.put("/v1/organization/second-factor", by="root", json=demanded).status_code == 200
    log_in(page)
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    page.reload()
    page.get_by_text("Cannot scan it?").click()
    secret = page.locator("details code").inner_text().replace(" ", "")
    page.get_by_role("textbox", name="Code").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Switch it on").click()
    expect(page.locator(".codes li")).to_have_count(10)
    page.get_by_role("button", name="I have kept them").click()
    expect_console(page)
