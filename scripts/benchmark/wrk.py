"""Load by `wrk`, which is written in C: requests made beforehand, sent one after the other by each connection."""

import json
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# `init` reads the requests, one in a line: method, path, token and body between tabs.
_SCRIPT = """
local requests, turn = {}, 0

function init(arguments)
  for line in io.lines(REQUESTS) do
    local method, path, token, body = line:match("^(%S+)\\t(%S+)\\t(%S*)\\t(.*)$")
    local headers = {["Authorization"] = "Bearer " .. token}
    if body ~= "" then headers["Content-Type"] = "application/json" end
    requests[#requests + 1] = wrk.format(method, path, headers, body ~= "" and body or nil)
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.status + errors.connect + errors.read + errors.write + errors.timeout
  local told = '\\n{"answers": %d, "duration_us": %d, "p50_us": %d, "p99_us": %d, "failed": %d}\\n'
  io.write(told:format(summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), failed))
end
"""

_LONGER = 10
_TIMEOUT_S = 20
# For wrk itself, beyond the time of the measurement.
_END_WITHIN_S = 60


@dataclass(frozen=True)
class Asked:
    """One request. `body`: what is sent as JSON, None for nothing."""

    method: str
    path: str
    token: str
    body: Any = None

    def line(self) -> str:
        """As the script reads it."""
        body = "" if self.body is None else json.dumps(self.body)
        return f"{self.method}\t{self.path}\t{self.token}\t{body}\n"


@dataclass(frozen=True)
class Load:
    """What wrk measured: answers per second, median and 99th percentile in microseconds."""

    per_s: float
    p50_us: float
    p99_us: float


class FailedAnswersError(RuntimeError):
    """Answers were refusals or did not come: what was measured is not what was to be measured."""


def load(port: int, asked: Sequence[Asked], *, connections: int, seconds: float) -> Load:
    """Ask 127.0.0.1 for so long, over and again; longer where no answer came then. Raises FailedAnswersError."""
    told = _told(port, asked, connections, seconds)
    if not told["answers"]:
        told = _told(port, asked, connections, seconds * _LONGER)
    if not told["answers"]:
        raise FailedAnswersError(f"no answer within {seconds * _LONGER:g} s")
    if told["failed"]:
        raise FailedAnswersError(f"{told['failed']} answers failed beside {told['answers']} good ones")
    return Load(told["answers"] / told["duration_us"] * 1e6, told["p50_us"], told["p99_us"])


def _told(port: int, asked: Sequence[Asked], connections: int, seconds: float) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        requests, script = Path(folder, "requests"), Path(folder, "load.lua")
        requests.write_text("".join(one.line() for one in asked))
        script.write_text(f"local REQUESTS = {json.dumps(str(requests))}\n{_SCRIPT}")
        command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", f"{_TIMEOUT_S}s"]
        command += ["-s", str(script), f"http://127.0.0.1:{port}"]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=seconds + _TIMEOUT_S + _END_WITHIN_S
        )
    if done.returncode != 0:
        raise RuntimeError(f"wrk failed: {done.stderr[-1000:] or done.stdout[-1000:]}")
    told: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return told
