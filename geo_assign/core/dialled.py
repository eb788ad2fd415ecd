"""HTTP connections to addresses that were looked up and checked, instead of to names."""

import ssl
from collections.abc import Callable
from typing import Any, TypeAlias

from urllib3.connection import HTTPConnection, HTTPSConnection

from geo_assign.core.deadlines import Deadline, DeadlineSocket, DeadlineSSLSocket

Dial: TypeAlias = Callable[[str, int], DeadlineSocket]


class PlainConnection(HTTPConnection):
    """Speaks HTTP to an address that was looked up and checked."""

    def __init__(self, *args: Any, dial: Dial, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._dial = dial

    def connect(self) -> None:
        self.sock = self._dial(self.host, self.port or 80)


class TLSConnection(HTTPSConnection):
    """Speaks TLS to the dialled address; server name and certificate check keep the URL's host."""

    def __init__(self, *args: Any, dial: Dial, deadline: Deadline, ssl_context: ssl.SSLContext, **kwargs: Any) -> None:
        super().__init__(*args, ssl_context=ssl_context, **kwargs)
        self._dial = dial
        self.deadline = deadline
        self._context = ssl_context

    def connect(self) -> None:
        self.sock = self._dial(self.host, self.port or 443)
        secure = self._context.wrap_socket(self.sock, server_hostname=self.host.rstrip("."))
        if isinstance(secure, DeadlineSSLSocket):
            secure.deadline = self.deadline
        self.sock = secure
        self.is_verified = self._context.verify_mode == ssl.CERT_REQUIRED
