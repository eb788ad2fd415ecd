"""A browser's session is called as its user would call it."""

import pytest

from geo_assign.http.browsers import find_browser

_CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0"
TOLD = {
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME} Safari/537.36": "Chrome on Windows",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME} Safari/537.36 Edg/139.0": "Edge on Windows",
    f"Mozilla/5.0 (Linux; Android 10; K) {_CHROME} Mobile Safari/537.36": "Chrome on Android",
    "Mozilla/5.0 (Linux; Android 14; SM-G991B) SamsungBrowser/26.0 Chrome/122.0 Safari/537.36": (
        "Samsung Internet on Android"
    ),
    "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0": "Firefox on Linux",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.5 Safari/605.1.15": "Safari on macOS",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1": (
        "Safari on iPhone"
    ),
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 CriOS/139.0 Mobile Safari/604.1": (
        "Chrome on iPhone"
    ),
    f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {_CHROME} Safari/537.36 OPR/120.0": "Opera on ChromeOS",
    "Firefox/142.0": "Firefox",
    "curl/8.5.0": None,
    "Werkzeug/3.1": None,
    "": None,
    "<img src=x onerror=alert(1)>": None,
}


@pytest.mark.parametrize(("user_agent", "name"), TOLD.items())
def test_the_browser_is_named(user_agent: str, name: str | None) -> None:
    assert find_browser(user_agent) == name
