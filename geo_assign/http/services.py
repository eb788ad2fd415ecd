"""What handlers are given: the composed library, made once per process by `geo_assign.app`."""

import threading
from dataclasses import dataclass, field

from geo_assign.core.db import Database
from geo_assign.core.settings import Settings
from geo_assign.http.limits import Limits


@dataclass(frozen=True)
class Services:
    """`database` is the application role's. A log-in asks `limits` before it looks at a password.

    `stopping` is set when the process is told to end: streams wait on it between their parts.
    """

    settings: Settings
    database: Database
    limits: Limits = field(default_factory=lambda: Limits(None))
    stopping: threading.Event = field(default_factory=threading.Event)
