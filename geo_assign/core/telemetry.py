"""Logs and metrics.

Logs are JSON lines on standard output: a static event name, and fields. Nothing secret or personal is written: fields
with telling names are replaced, tokens and e-mail addresses are cut out of texts, and an exception is logged as its
type and the places it passed, because messages of databases and HTTP clients quote what they were given.

Metrics are Prometheus'. With several processes each writes its own files and `/metrics` adds them up. A label takes
few values, never an organization, a store or a person: one scrape stays small however many there are.
"""

import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from functools import lru_cache
from typing import Literal, TextIO

import orjson
import structlog
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Summary,
    disable_created_metrics,
    generate_latest,
    values,
)
from prometheus_client.multiprocess import MultiProcessCollector
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

REDACTED = "[redacted]"
_PRIVATE = frozenset(
    {
        "address", "authorization", "body", "cookie", "csrf_token", "customer", "customer_name", "database_url",
        "email", "email_normalized", "headers", "home", "key", "lat", "location", "lon", "map_key", "name", "note",
        "notes", "password", "payload", "phone", "phone_e164", "phone_extension", "phones", "point", "position",
        "query", "query_string", "secret", "secret_keys", "set_cookie", "token",
    }
)  # fmt: skip
_TOKEN = re.compile(r"\b(?:ga[klst]|whsec)_[A-Za-z0-9._~+/=-]+")
_EMAIL = re.compile(r"[^\s@<>\"'(),:;=]+@[^\s@<>\"'(),:;=]+\.[A-Za-z]{2,}")
_URL_PASSWORD = re.compile(r"(?<=://)[^/\s@]+@")
_FRAMES = 40
# Most fields, and asking whether something is a Mapping takes longer than all the rest.
_PLAIN = frozenset({bool, int, float, type(None)})

# Prometheus ignores them, and they would be a third of every scrape.
disable_created_metrics()  # type: ignore[no-untyped-call]
registry = CollectorRegistry()
labels_by_name: dict[str, tuple[str, ...]] = {}
"""The labels of each metric, by its name without the suffixes of its samples."""
request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The request that this thread answers, for its log lines."""
_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)


def counter(name: str, documentation: str, labels: Sequence[str] = ()) -> Counter:
    """A counter of this process, named `geo_assign_<name>_total`."""
    return Counter(_declared(name, labels), documentation, labels, registry=registry)


def histogram(
    name: str, documentation: str, labels: Sequence[str] = (), *, buckets: Sequence[float] = _SECONDS
) -> Histogram:
    """A histogram; the buckets are seconds unless given."""
    return Histogram(_declared(name, labels), documentation, labels, registry=registry, buckets=buckets)


def summary(name: str, documentation: str, labels: Sequence[str] = ()) -> Summary:
    """Number and sum of what was observed: two lines for each set of labels, where a histogram has a dozen."""
    return Summary(_declared(name, labels), documentation, labels, registry=registry)


def gauge(
    name: str, documentation: str, labels: Sequence[str] = (), *, together: Literal["livesum", "livemax"] = "livesum"
) -> Gauge:
    """A gauge; over several processes the values of the living ones add up, or the largest is told."""
    return Gauge(_declared(name, labels), documentation, labels, registry=registry, multiprocess_mode=together)


def _declared(name: str, labels: Sequence[str]) -> str:
    labels_by_name[f"geo_assign_{name}"] = tuple(labels)
    return f"geo_assign_{name}"


def sample_with(name: str, sample: Callable[[], None]) -> None:
    """Have `sample` set gauges before each exposition. A later one of the same name takes the place of the first."""
    _samplers[name] = sample


def keep_sampling(every_s: float) -> None:
    """Set the gauges of this process again and again: a sister process tells them when it is asked."""

    def go_on() -> None:
        while True:
            _sample()
            _never.wait(every_s)

    threading.Thread(target=go_on, name="sampling", daemon=True).start()


def exposition() -> bytes:
    """All metrics in Prometheus' text format, those of the sister processes included."""
    _sample()
    if values.ValueClass is values.MutexValue:
        return generate_latest(registry)
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return generate_latest(together)


def _sample() -> None:
    for sample in list(_samplers.values()):
        sample()


_samplers: dict[str, Callable[[], None]] = {}
_never = threading.Event()
build_info = gauge("build_info", "Always 1; the label is the version that runs.", ("version",), together="livemax")
push_attempts = counter("push_attempts", "Attempts to wake a phone by Web Push, by outcome.", ("outcome",))


def get_logger() -> FilteringBoundLogger:
    """A logger; its methods take a static event name and fields."""
    logger: FilteringBoundLogger = structlog.get_logger()
    return logger


def configure_logging(level: str) -> None:
    """Send structlog's and the standard library's records to standard output as JSON lines."""
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[name_request, *_SHARED, _to_line],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=_StandardOutput,
        cache_logger_on_first_use=True,
    )
    handler = _StandardHandler()
    handler.setFormatter(LineFormatter())
    logging.basicConfig(handlers=[handler], level=max(number, logging.INFO), force=True)
    # They repeat what the access log says, or speak of connections that the pool renews by itself.
    for chatty in ("werkzeug", "sqlalchemy.pool", "urllib3", "alembic.runtime"):
        logging.getLogger(chatty).setLevel(logging.ERROR)


def name_request(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Say which request a line belongs to."""
    current = request_id.get()
    if current is not None and "request_id" not in event:
        event["request_id"] = current
    return event


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace what is secret or personal, at any depth."""
    for name, value in event.items():
        if name in _PRIVATE:
            event[name] = REDACTED
        elif type(value) not in _PLAIN:
            event[name] = _cleaned(value)
    return event


def describe_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Turn `exc_info` into types and places, without messages that may quote data."""
    exc_info = event.pop("exc_info", None)
    error = _exception_of(exc_info)
    if error is not None:
        event["exception"] = list(described(error))
    return event


def described(error: BaseException) -> Iterator[dict[str, object]]:
    """An exception and its causes, outermost first."""
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        kind = type(following)
        entry: dict[str, object] = {"type": f"{kind.__module__}.{kind.__qualname__}", "frames": _frames(following)}
        for attribute in ("sqlstate", "code"):
            if isinstance(found := getattr(following, attribute, None), str):
                entry[attribute] = found
        if kind.__module__ == "builtins":
            entry["message"] = _cleaned_text(str(following))[:500]
        yield entry
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)


def _frames(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]


@lru_cache(maxsize=1024)
def _short(filename: str) -> str:
    for root in ("/site-packages/", "/geo_assign/"):
        _, found, rest = filename.rpartition(root)
        if found:
            return rest if root == "/site-packages/" else f"geo_assign/{rest}"
    return filename


def _exception_of(exc_info: object) -> BaseException | None:
    if isinstance(exc_info, BaseException):
        return exc_info
    if isinstance(exc_info, tuple):
        error = exc_info[1]
        return error if isinstance(error, BaseException) else None
    return sys.exc_info()[1] if exc_info else None


def _cleaned(value: object) -> object:
    if isinstance(value, str):
        return _cleaned_text(value)
    if isinstance(value, Mapping):
        return {name: REDACTED if name in _PRIVATE else _cleaned(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(item) for item in value]
    return value


def _cleaned_text(text: str) -> str:
    if "ga" in text or "whsec_" in text:
        text = _TOKEN.sub(REDACTED, text)
    if "@" in text:
        text = _EMAIL.sub(REDACTED, _URL_PASSWORD.sub(f"{REDACTED}@", text))
    return text


def _to_line(_logger: WrappedLogger, _method: str, event: EventDict) -> bytes:
    try:
        return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z)
    except TypeError:  # half a surrogate pair in a text: no line may be lost for that
        return json.dumps(event, default=str, skipkeys=True).encode()


def _to_text(logger: WrappedLogger, method: str, event: EventDict) -> str:
    return _to_line(logger, method, event).decode()


def _named(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A record of the standard library: its text is data, the event is static."""
    record: logging.LogRecord | None = event.get("_record")
    event["message"], event["event"] = event.get("event"), "log"
    if record is not None:
        event["logger"] = record.name
    return event


class _StandardOutput:
    """Writes whole lines, looked up anew at each line, so that a replaced sys.stdout gets them."""

    def __init__(self, *_arguments: object) -> None:
        pass

    def msg(self, line: bytes) -> None:
        out = sys.stdout.buffer
        out.write(line + b"\n")
        out.flush()

    debug = info = warning = error = critical = fatal = msg


class LineFormatter(structlog.stdlib.ProcessorFormatter):
    """Records of the standard library as the same JSON lines."""

    def __init__(self) -> None:
        remove_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
        super().__init__(foreign_pre_chain=[_named, *_SHARED], processors=[remove_meta, _to_text])


class _StandardHandler(logging.StreamHandler[TextIO]):
    @property
    def stream(self) -> TextIO:
        return sys.stdout

    @stream.setter
    def stream(self, _stream: TextIO) -> None:
        pass


_SHARED: list[Callable[[WrappedLogger, str, EventDict], EventDict]] = [
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    describe_exception,
    redact,
]
