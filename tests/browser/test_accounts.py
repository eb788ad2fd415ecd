"""What a link opens: the form, the reasons, the ends; the token in no address that is sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.fake_service import RunningService

TOKEN = "gal_AaIBnDp3fQ-woF8PHi08tA_8mS0kz7Jc0WqT4xvB2nLrE6yH1uKfDa5oPiGsMlCtQe"
OWNER = {
    "purpose": "invitation",
    "organization": "lark",
    "organization_name": "Lark & Sons",
    "email": "eva@lark.example",
    "name": "Eva",
    "role": "dispatcher",
    "expires_at": "2031-12-01T10:00:00Z",
}
WEAK = {
    "code": "invalid_request",
    "errors": [{"pointer": "/password", "code": "weak_password", "detail": "This password is among the commonest."}],
}
Opened = Callable[..., Page]


def answering(body: Any, status: int = 200) -> Callable[[Route], None]:
    return lambda route: route.fulfill(status=status, content_type="application/json", body=json.dumps(body))


@pytest.fixture
def opened(running: RunningService, context: BrowserContext) -> Opened:
    """The page that a link opens; `look` is what the service says of the link."""

    def go(look: Callable[[Route], None]) -> Page:
        page = context.new_page()
        page.route("**/v1/one-time-links/look", look)
        page.goto(f"{running.url}/console/choose-password#{TOKEN}")
        return page

    return go


def fill_in(page: Page, password: str) -> None:
    page.get_by_label("New password").fill(password)
    page.get_by_label("The same again").fill(password)
    page.get_by_role("button", name="Save the password").click()


def test_an_invited_user_chooses_a_password(opened: Opened) -> None:
    page = opened(answering(OWNER))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    expect(page.get_by_role("heading", name="Welcome to Lark & Sons")).to_be_visible()
    page.route("**/v1/invitations/accept", answering(WEAK, 422))
    fill_in(page, "password1")
    expect(page.get_by_role("alert")).to_have_text("This password is among the commonest.")
    page.route("**/v1/invitations/accept", answering({"csrf_token": "csrf"}, 201))
    with page.expect_request("**/v1/invitations/accept") as sent:
        fill_in(page, "five quiet herons")
    assert sent.value.post_data_json == {
        "token": TOKEN,
        "password": "five quiet herons",
        "name": "Eva",
        "cookie": True,
    }
    expect(page.get_by_role("link", name="Open the console")).to_be_visible()
    assert TOKEN not in page.url
    assert [url for url in asked if TOKEN in url] == []


@pytest.mark.parametrize(
    ("code", "title"),
    [
        ("link_used", "This link was used already"),
        ("link_expired", "This link has expired"),
        ("link_replaced", "There is a newer link"),
        ("link_not_found", "This is not a link that works"),
    ],
)
def test_a_dead_link_says_why_and_what_to_do(opened: Opened, code: str, title: str) -> None:
    page = opened(answering({"code": code}, 410))
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    expect(page.get_by_role("link", name="Go to the log-in")).to_be_visible()


def test_a_user_who_forgot_the_password_asks_for_a_link(running: RunningService, context: BrowserContext) -> None:
    running.service.logged_in = False
    page = context.new_page()
    page.route("**/v1/password-resets", answering({"by_email": True}, 202))
    page.goto(f"{running.url}/console/")
    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_label("Organization").fill("lark")
    page.get_by_label("E-mail").fill("eva@lark.example")
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_visible()
    page.go_back()
    page.route("**/v1/password-resets", answering({"by_email": False}, 202))
    page.goto(f"{running.url}/console/forgot-password")
    page.get_by_label("Organization").fill("lark")
    page.get_by_label("E-mail").fill("eva@lark.example")
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", name="Ask an administrator")).to_be_visible()
