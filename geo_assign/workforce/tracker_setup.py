"""How a tracker app is set up: the address it sends to, what to fill in, its own configuration link, a QR code.

Each app has one function; what differs between them is data. Links hold the token: they are shown once, with it.
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from geo_assign.core.qr_codes import qr_code
from geo_assign.workforce.domain import TrackerApp

_HTTP_MODE = 3
_MOVE_MODE = 2
_INTERVAL_S = 30


@dataclass(frozen=True, slots=True)
class TrackerSetup:
    """`url` is where the app sends to. `fields` are its own names of what to fill in, with the values.

    `config_url` opened on the phone, or scanned, fills them in; None where the app has no such link.
    """

    url: str
    fields: Mapping[str, str]
    config_url: str | None

    def qr_code(self) -> str:
        """What to scan, as an SVG document: the configuration link, or without one the address."""
        return qr_code(self.config_url or self.url)


def tracker_setup(app: TrackerApp, *, service_url: str, token: str, name: str) -> TrackerSetup:
    """How `app` is set up to send with `token` to the service that phones reach at `service_url`."""
    return _SETUPS[app](service_url.rstrip("/"), token, name)


def _owntracks(service: str, token: str, name: str) -> TrackerSetup:
    url = f"{service}/v1/trackers/owntracks"
    user = "geo-assign"
    configuration = {
        "_type": "configuration",
        "mode": _HTTP_MODE,
        "url": url,
        "auth": True,
        "usepassword": True,
        "username": user,
        "password": token,
        "deviceId": name,
        "monitoring": _MOVE_MODE,
        "locatorInterval": _INTERVAL_S,
        "moveModeLocatorInterval": _INTERVAL_S,
        "cmd": False,
    }
    inline = base64.b64encode(json.dumps(configuration).encode()).decode()
    return TrackerSetup(
        url,
        {"Mode": "HTTP", "URL": url, "User ID": user, "Password": token, "Device ID": name},
        f"owntracks:///config?inline={quote(inline, safe='')}",
    )


def _traccar(service: str, token: str, _name: str) -> TrackerSetup:
    url = f"{service}/v1/trackers/osmand"
    settings = {"id": token, "url": url, "interval": str(_INTERVAL_S), "distance": "0", "accuracy": "high"}
    return TrackerSetup(
        url,
        {
            "Device identifier": token,
            "Server URL": url,
            "Location accuracy": "high",
            "Distance": "0",
            "Interval": str(_INTERVAL_S),
        },
        f"org.traccar.client://config?{urlencode(settings)}",
    )


def _osmand(service: str, token: str, _name: str) -> TrackerSetup:
    places = "lat={0}&lon={1}&timestamp={2}&altitude={4}&bearing={6}"
    url = f"{service}/v1/trackers/osmand?id={token}&{places}"
    return TrackerSetup(url, {"Web address": url, "Tracking interval": f"{_INTERVAL_S} seconds"}, None)


def _overland(service: str, token: str, name: str) -> TrackerSetup:
    url = f"{service}/v1/trackers/overland"
    return TrackerSetup(
        url,
        {"Server URL": url, "Access Token": token, "Device ID": name},
        f"overland://setup?{urlencode({'url': url, 'token': token, 'device_id': name}, quote_via=quote)}",
    )


_SETUPS: Mapping[TrackerApp, Callable[[str, str, str], TrackerSetup]] = {
    TrackerApp.OWNTRACKS: _owntracks,
    TrackerApp.TRACCAR: _traccar,
    TrackerApp.OSMAND: _osmand,
    TrackerApp.OVERLAND: _overland,
}
