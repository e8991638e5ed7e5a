"""The policy of a lake, as documents in the object store: `policy/<version>.json`.

Written once each, by a create-only put, so two that change it at once can't both succeed; old versions stay,
as a record of who could see what.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import orjson

from ..core.access import Policy
from ..core.errors import Conflict, Corrupt
from ..core.ids import Entropy
from .object_store import ObjectStore

_ROOT = "policy/"

REMEMBERED_S = 1.0
"""How late a process sees what another one changed."""

_TRIES = 8


class PolicyStore:
    """`shared`: whether other processes may change the policy as well."""

    def __init__(self, store: ObjectStore, entropy: Entropy, *, shared: bool) -> None:
        self._store = store
        self._entropy = entropy
        self._shared = shared
        self._lock = threading.Lock()
        self._policy: Policy | None = None
        self._looked_at = 0.0

    def current(self) -> Policy:
        """Raises `Corrupt` for a document that can't be read: then nobody sees anything."""
        policy = self._policy
        if policy is None or (self._shared and time.monotonic() - self._looked_at > REMEMBERED_S):
            return self._look()
        return policy

    def new_token(self) -> str:
        return f"tc_{self._entropy(24).hex()}"

    def change(self, make: Callable[[Policy], Policy]) -> Policy:
        """Puts what `make` makes of the newest version into force. Raises what it raises, and `Conflict`."""
        for _ in range(_TRIES):
            before = self._look()
            after = make(before)
            if after == before:
                return before
            # One statement is one version, whatever number of steps it took.
            salt = before.salt or self._entropy(16).hex()
            after = replace(after, version=before.version + 1, salt=salt)
            try:
                self._store.put(_key(after.version), orjson.dumps(after.to_dict()), create_only=True)
            except Conflict:
                continue
            with self._lock:
                self._policy = after
            return after
        raise Conflict("the policy keeps changing", hint="look at it again, then decide")

    def _look(self) -> Policy:
        looked_at = time.monotonic()
        keys = [info.key for info in self._store.list(_ROOT)]
        found = Policy() if not keys else self._read(max(keys))
        with self._lock:
            if self._policy is None or found.version >= self._policy.version:
                self._policy, self._looked_at = found, looked_at
            return self._policy

    def _read(self, key: str) -> Policy:
        try:
            return Policy.from_dict(orjson.loads(self._store.get(key)))
        except (ValueError, TypeError, KeyError) as error:
            raise Corrupt(f"damaged file: {key}: {error}", hint="restore it from a backup") from error


def _key(version: int) -> str:
    return f"{_ROOT}{version:08d}.json"
