"""The technicians' side of the API: upload positions, change duty, answer offers, report progress."""

import re
from dataclasses import dataclass, field

from geo_assign.core.wire import Json
from geo_assign.simulate.client import Service
from geo_assign.simulate.loop import Loop, Step
from geo_assign.simulate.phones import Measurement, Upload
from geo_assign.simulate.places import FRAME
from geo_assign.simulate.technicians import DutyChange, Progress, SimulatedTechnician

ADVANCE_S, OFFERS_S, OPENAPI_RETRY_S = 1.5, 5.0, 15.0
# The demo's phones upload more often than the service asks for, so that its map moves.
INTERVAL_LIMITS_S = (3.0, 7.0)
# Offers and work begin once the first positions were uploaded.
OPENING_S = 3.0
STATUS_CALL = "/v1/work-orders/{id}/status"


@dataclass
class Fleet:
    """The technicians of the demo."""

    loop: Loop
    client: Service
    technicians: list[SimulatedTechnician]
    _answered: set[str] = field(default_factory=set)
    _reports_progress: bool = False

    def begin(self) -> None:
        """Start every technician's day, spread over the first second."""
        now = self.loop.pace.now_s()
        self.loop.at(now, self._learn_operations)
        for number, technician in enumerate(self.technicians):
            technician.start_day(now, on_duty=technician.is_on_duty)
            share = number / len(self.technicians)
            self.loop.at(now + share, self._duty_step(technician, DutyChange(technician.is_on_duty)))
            self.loop.at(now + share, self._phone_step(technician))
            self.loop.at(now + OPENING_S + share * OFFERS_S, self._offers_step(technician))
            self.loop.at(now + OPENING_S + share, self._advance_step(technician))

    def _learn_operations(self, now: float) -> float | None:
        """Learn whether this service has the call that reports a work order's state."""
        reply = self.client.call("GET", "/openapi.json")
        if reply.is_temporary:
            return now + OPENAPI_RETRY_S
        paths = reply.body.get("paths", {}) if isinstance(reply.body, dict) else {}
        self._reports_progress = STATUS_CALL in {re.sub(r"\{\w+\}", "{id}", path) for path in paths}
        return None

    def _phone_step(self, technician: SimulatedTechnician) -> Step:
        def step(now: float) -> float:
            if technician.is_on_duty:
                for upload in technician.phone.measure(now, technician.position_at(now)):
                    self.loop.at(upload.sent_s, self._upload_step(technician, upload))
            return technician.phone.next_measurement_s(now)

        return step

    def _upload_step(self, technician: SimulatedTechnician, upload: Upload) -> Step:
        body = {"positions": [self._position(measurement) for measurement in upload.measurements]}

        def step(now: float) -> None:
            reply = self.client.call("POST", "/v1/positions", token=technician.token, json=body)
            if reply.is_temporary:
                technician.phone.keep(upload, self.loop.retry_s(now, reply))
                return
            if not reply.is_ok or not isinstance(reply.body, dict):
                self.loop.count("positions", reply, len(upload.measurements))
                return
            for result in reply.body.get("results", ()):
                self.loop.tally[f"positions {result.get('verdict')}"] += 1
            wanted = reply.body.get("next_interval_s") or technician.phone.interval_s
            technician.phone.interval_s = min(max(wanted, INTERVAL_LIMITS_S[0]), INTERVAL_LIMITS_S[1])

        return step

    def _position(self, measurement: Measurement) -> dict[str, Json]:
        place = FRAME.to_earth(measurement.point)
        return {
            "recorded_at": self.loop.pace.instant(measurement.recorded_s).isoformat(timespec="milliseconds"),
            "lat": round(place.lat, 6),
            "lon": round(place.lon, 6),
            "accuracy_m": measurement.accuracy_m,
            "speed_mps": measurement.speed_mps,
            "heading_deg": measurement.heading_deg,
            "battery": measurement.battery,
            "mock": measurement.mock,
        }

    def _duty_step(self, technician: SimulatedTechnician, change: DutyChange) -> Step:
        def step(now: float) -> float | None:
            body = {"on_duty": change.on_duty}
            reply = self.client.call("PUT", "/v1/me/presence", token=technician.token, json=body)
            if reply.is_temporary and technician.is_on_duty == change.on_duty:
                return self.loop.retry_s(now, reply)
            self.loop.count("presence", reply)
            return None

        return step

    def _advance_step(self, technician: SimulatedTechnician) -> Step:
        def step(now: float) -> float:
            for act in technician.advance(now):
                if isinstance(act, DutyChange):
                    self.loop.at(now, self._duty_step(technician, act))
                elif self._reports_progress:
                    self.loop.at(now, self._progress_step(technician, act))
            return now + ADVANCE_S

        return step

    def _progress_step(self, technician: SimulatedTechnician, progress: Progress) -> Step:
        path = STATUS_CALL.format(id=progress.work_order_id)

        def step(now: float) -> float | None:
            reply = self.client.call("POST", path, token=technician.token, json={"state": progress.state})
            if reply.is_temporary:
                return self.loop.retry_s(now, reply)
            self.loop.count(f"work {progress.state}", reply)
            return None

        return step

    def _offers_step(self, technician: SimulatedTechnician) -> Step:
        def step(now: float) -> float:
            if technician.is_on_duty:
                reply = self.client.call("GET", "/v1/me/offers", token=technician.token)
                for offer in reply.items():
                    offer_id = str(offer["id"])
                    if offer.get("state") == "offered" and offer_id not in self._answered:
                        self._answered.add(offer_id)
                        self._answer(technician, offer_id, now)
            return now + OFFERS_S * self.loop.rng.uniform(0.8, 1.2)

        return step

    def _answer(self, technician: SimulatedTechnician, offer_id: str, now: float) -> None:
        answer = technician.respond_to_offer(now)
        if answer.verdict == "ignore":
            self.loop.tally["offers ignored"] += 1
            return
        body = {"reason": answer.reason} if answer.reason else None

        def step(at_s: float) -> float | None:
            path = f"/v1/offers/{offer_id}/{answer.verdict}"
            reply = self.client.call("POST", path, token=technician.token, json=body)
            if reply.is_temporary:
                return self.loop.retry_s(at_s, reply)
            self.loop.count(f"offers {answer.verdict}", reply)
            return None

        self.loop.at(answer.at_s, step)
