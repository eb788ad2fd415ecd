"""The worker's lane of pushes: whatever hangs or fails, the devices of others hear in time.

A push service has a few threads at most, and only one while it keeps failing; so have the devices of one organization
not all of them. Each device is called by one thread at a time.
"""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from uuid import UUID

from geo_assign.core.db import Database
from geo_assign.core.telemetry import get_logger
from geo_assign.phones.push_sender import PushSender
from geo_assign.push.domain import PushOutcome
from geo_assign.push.queries import DueDevice, list_due_devices

_log = get_logger()

_THREADS = 16
_PER_SERVICE = 6
_PER_ORGANIZATION = 8
_KEEPS_FAILING = 3
# Then its thread serves another device; the next sweep goes on.
_IN_A_ROW = 20


@dataclass
class PushLane:
    """Keeps threads busy with what is due. `worker` is the sweeping role's database."""

    worker: Database
    sender: PushSender
    stop: threading.Event
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_THREADS, "push"))
    _busy: set[UUID] = field(default_factory=set)
    _of_service: Counter[str] = field(default_factory=Counter)
    _of_organization: Counter[UUID] = field(default_factory=Counter)
    _failures: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def sweep(self) -> None:
        """Give each device with something due a thread, as far as its push service and organization have theirs."""
        if self.sender.keys is None:
            return
        for device in list_due_devices(self.worker):
            if self._take_thread(device):
                self._pool.submit(self._send, device)

    def close(self) -> None:
        """Begin nothing more. What is under way ends by itself within its deadline."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _take_thread(self, device: DueDevice) -> bool:
        with self._lock:
            share = 1 if self._failures[device.service] >= _KEEPS_FAILING else _PER_SERVICE
            is_free = (
                len(self._busy) < _THREADS
                and device.subscription_id not in self._busy
                and self._of_service[device.service] < share
                and self._of_organization[device.org_id] < _PER_ORGANIZATION
            )
            if is_free:
                self._busy.add(device.subscription_id)
                self._of_service[device.service] += 1
                self._of_organization[device.org_id] += 1
            return is_free

    def _send(self, device: DueDevice) -> None:
        try:
            for _ in range(_IN_A_ROW):
                outcome = None if self.stop.is_set() else self.sender.send_next(device.org_id, device.subscription_id)
                if outcome is None:
                    return
                self._learn(device.service, outcome)
        except Exception:  # noqa: BLE001 - one device that fails must not end the others
            _log.exception("sweep_failed", task="push")
        finally:
            self._give_back(device)

    def _learn(self, service: str, outcome: PushOutcome) -> None:
        with self._lock:
            if outcome is PushOutcome.FAILED:
                self._failures[service] += 1
            elif outcome is not PushOutcome.VOID:
                self._failures.pop(service, None)

    def _give_back(self, device: DueDevice) -> None:
        with self._lock:
            self._busy.discard(device.subscription_id)
            self._of_service -= Counter([device.service])
            self._of_organization -= Counter([device.org_id])
