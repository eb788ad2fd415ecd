"""Tokens that were good a moment ago: their callers' bodies are received without asking the database first."""

import threading
from collections import OrderedDict
from time import monotonic

KEPT_S = 600.0
_KEPT = 100_000


class KnownTokens:
    """Hashes of tokens with the time at which each was last seen to be valid.

    Nothing is allowed by it but to send a body: the request itself is judged by what the database says afterwards.
    """

    def __init__(self, *, kept_s: float = KEPT_S, kept: int = _KEPT) -> None:
        self._kept_s = kept_s
        self._kept = kept
        self._lock = threading.Lock()
        self._seen_at: OrderedDict[bytes, float] = OrderedDict()

    def has(self, token_hash: bytes) -> bool:
        """Whether the token was valid within the last `kept_s` seconds."""
        seen_at = self._seen_at.get(token_hash)
        return seen_at is not None and monotonic() - seen_at < self._kept_s

    def add(self, token_hash: bytes) -> None:
        """The token is valid now."""
        with self._lock:
            if token_hash not in self._seen_at and len(self._seen_at) >= self._kept:
                self._seen_at.popitem(last=False)
            self._seen_at[token_hash] = monotonic()
            self._seen_at.move_to_end(token_hash)

    def forget(self, token_hash: bytes) -> None:
        """The token is not valid any more."""
        with self._lock:
            self._seen_at.pop(token_hash, None)
