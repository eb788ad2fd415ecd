"""What a browser has to complain about on a page: breaches of the policy, errors of the console, uncaught errors."""

from __future__ import annotations

from playwright.sync_api import ConsoleMessage, Page

# A test without a map takes its code away; a refusal of the service is told on the page.
_EXPECTED = ("Failed to load resource", "MapView-")


def collect_complaints(page: Page, complaints: list[str]) -> None:
    """Append to `complaints` whatever `page` complains about from now on."""

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and not any(text in message.text for text in _EXPECTED):
            complaints.append(message.text)

    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", note)
