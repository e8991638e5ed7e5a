"""Durable objects as values: who they are, what is sent to them, what comes back, what limits them.

ObjectId     class and name -> 128 bits, the same on every machine; its slot is one of 256 object shards
ObjectCall   one message: it crosses processes, so its arguments are packed
ObjectReply  a packed value, or the error in its place
"""

from __future__ import annotations

import hashlib
import importlib
import pickle
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from .errors import Error, Invalid, NotFound
from .ids import Entropy

SLOTS = 256
"""Object shards of a lake: the unit in which objects are owned and moved."""

FIRST_RETRY_S = 2
MOST_RETRIES = 6


@dataclass(frozen=True, slots=True)
class ObjectId:
    """`class_ref`: `module:qualified.name`. `name`: `None` if it was made from chance."""

    class_ref: str
    name: str | None
    digest: bytes = field(repr=False)

    @property
    def hex(self) -> str:
        return self.digest.hex()

    @property
    def slot(self) -> int:
        return self.digest[0] % SLOTS

    def __str__(self) -> str:
        label = self.class_ref.rpartition(":")[2]
        return f"{label} `{self.hex if self.name is None else self.name}`"


def named_id(class_ref: str, name: str) -> ObjectId:
    """The one object of that class and name.

    >>> named_id("shop:Cart", "cart-7").hex
    'dc7a5217594c33e06337a88df7eadb98'
    """
    if not isinstance(name, str) or not 0 < len(name.encode()) <= 1024:
        raise Invalid(f"not an object's name: {name!r}", hint="a text of 1 to 1024 bytes")
    return ObjectId(
        class_ref, name, hashlib.blake2b(f"{class_ref}\0{name}".encode(), digest_size=16).digest()
    )


def random_id(class_ref: str, entropy: Entropy) -> ObjectId:
    """An object that nobody else can name."""
    return ObjectId(class_ref, None, entropy(16))


def class_ref(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def load_class(ref: str) -> type:
    """The class that `class_ref` named. Raises `NotFound` if this process cannot import it."""
    module, _, path = ref.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for part in path.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise NotFound(f"no class {ref}: {error}", hint="the hosts must be able to import it") from error
    if not isinstance(found, type):
        raise NotFound(f"{ref} is no class", hint="name a class at the top of a module")
    return found


# -- messages -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ObjectCall:
    """`body`: the packed (args, kwargs).

    `operation`: makes the call happen once, however often it is sent. `chain`: the digests of the objects
    that wait for this call, the outermost first. `stub`, `number`: calls of one stub are delivered in the
    order of their numbers, which rise by one; a stub of `""` states no order.
    """

    id: ObjectId
    method: str
    body: bytes
    operation: str | None = None
    chain: tuple[bytes, ...] = ()
    stub: str = ""
    number: int = 0

    def arguments(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        args, kwargs = unpack(self.body)
        return args, kwargs


@dataclass(frozen=True, slots=True)
class ObjectReply:
    body: bytes
    failed: bool = False

    def value(self) -> Any:
        """What the method returned; raises what it raised."""
        found = unpack(self.body)
        if self.failed:
            raise found.error() if isinstance(found, _ByName) else found
        return found


def pack(value: object, limit: int, what: str) -> bytes:
    """Raises `Invalid` if it cannot be sent or is more than `limit` bytes."""
    try:
        body = pickle.dumps(value, protocol=5)
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        raise Invalid(f"{what} can't be sent: {error}", hint="send plain values, not handles") from error
    if len(body) > limit:
        raise Invalid(
            f"{what} is {len(body):,} bytes, more than {limit:,}",
            hint="send it in parts, or keep it in a table and send its name",
        )
    return body


def unpack(body: bytes) -> Any:
    """Raises `NotFound` for a value of a class that this process can't import."""
    try:
        return pickle.loads(body)
    except ModuleNotFoundError as error:
        raise NotFound(
            f"`{error.name}`, which a message needs, can't be imported here",
            hint="send plain values, or install it wherever objects live",
        ) from None


class RemoteError(Error):
    """User code raised something that cannot be sent; its type and text are in the message."""


def failure(error: BaseException) -> ObjectReply:
    """The reply that raises the error at the caller, with its own type wherever that can be sent."""
    try:
        body = pickle.dumps(error, protocol=5)
        if type(pickle.loads(body)) is type(error):
            return ObjectReply(body, failed=True)
    except Exception:  # noqa: BLE001 - whatever user code's pickling may raise
        pass
    by_name = _ByName(class_ref(type(error)), error.args, str(error), getattr(error, "hint", ""))
    try:
        return ObjectReply(pickle.dumps(by_name, protocol=5), failed=True)
    except Exception:  # noqa: BLE001 - the same
        return ObjectReply(pickle.dumps(replace(by_name, args=()).unknown(), protocol=5), failed=True)


@dataclass(frozen=True, slots=True)
class _ByName:
    """An error whose class this process can't import, as its caller may."""

    class_ref: str
    args: tuple[Any, ...]
    text: str
    hint: str

    def error(self) -> BaseException:
        try:
            kind = load_class(self.class_ref)
            if issubclass(kind, Error):
                return kind(self.text, hint=self.hint)
            if issubclass(kind, Exception):
                return kind(*self.args)
        except (NotFound, TypeError):
            pass
        return self.unknown()

    def unknown(self) -> RemoteError:
        return RemoteError(
            f"{self.class_ref}: {self.text}",
            hint="its type can't be sent: give the exception plain arguments",
        )


class Dispatch(Protocol):
    """Delivers a call to its object, wherever that is hosted, and waits for the reply."""

    def call(self, message: ObjectCall) -> ObjectReply: ...


# -- what is kept of an object --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Alarm:
    """`tries`: how often it was delivered again. `failed`: given up, kept to be seen, with the last error."""

    name: str
    due_us: int
    tries: int = 0
    failed: bool = False
    error: str | None = None


@dataclass(frozen=True, slots=True)
class AlarmInfo:
    """What the object's `alarm` is told: `tries` is 0 at the first delivery."""

    due_us: int
    tries: int

    @property
    def is_retry(self) -> bool:
        return self.tries > 0


def after_failure(alarm: Alarm, now_us: int, error: str) -> Alarm:
    """The alarm after a delivery in vain: later, twice as long each time; given up after the sixth retry.

    >>> after_failure(Alarm("tick", 0), 0, "boom").due_us
    2000000
    """
    if alarm.tries >= MOST_RETRIES:
        return Alarm(alarm.name, alarm.due_us, alarm.tries, failed=True, error=error)
    wait_us = FIRST_RETRY_S * 1_000_000 << alarm.tries
    return Alarm(alarm.name, now_us + wait_us, alarm.tries + 1, error=error)


@dataclass(frozen=True, slots=True, order=True)
class Bookmark:
    """A point in one object's history; later ones are greater, also as texts."""

    seq: int
    epoch: int

    def __str__(self) -> str:
        return f"{self.seq:012d}-{self.epoch:08d}"

    @staticmethod
    def parse(text: object) -> Bookmark:
        if isinstance(text, str):
            seq, dash, epoch = text.partition("-")
            if dash and seq.isdecimal() and epoch.isdecimal():
                return Bookmark(int(seq), int(epoch))
        raise Invalid(f"not a bookmark: {text!r}", hint="storage.bookmark() gives one")


@dataclass(frozen=True, slots=True)
class ObjectFacts:
    """One object in a listing. `size`: bytes of its private storage. `state`: stored, active or deleted."""

    id: ObjectId
    seq: int
    size: int
    last_active_us: int
    alarms: int
    state: str = "stored"

    def to_dict(self) -> Mapping[str, Any]:
        return {
            "class": self.id.class_ref,
            "name": self.id.name,
            "id": self.id.hex,
            "size": self.size,
            "seq": self.seq,
            "state": self.state,
            "last_active_us": self.last_active_us,
            "alarms": self.alarms,
        }

    @staticmethod
    def from_dict(raw: Mapping[str, Any]) -> ObjectFacts:
        identity = ObjectId(raw["class"], raw["name"], bytes.fromhex(raw["id"]))
        numbers = (raw["seq"], raw["size"], raw["last_active_us"], raw["alarms"])
        return ObjectFacts(identity, *numbers, state=raw["state"])


@dataclass(frozen=True, slots=True)
class ObjectPolicy:
    """What a host does by itself, and where it refuses.

    `idle_s`: an object unused so long leaves memory. `residents`: in memory at most; the longest unused leave
    first. `mailbox`: calls that may wait for one object. `wait_s`: how long they do. `message_bytes`: of
    arguments or of a reply. `large_bytes`: from this size on an object has a file of its own.
    `history_days`: how far back bookmarks reach. `operations_s`: how long the result of a named operation is
    kept. `order_wait_s`: how long a call waits for the earlier ones of its stub. `block_s`: how long
    `block_concurrency_while` may take. `alarm_workers`: alarms delivered at a time.
    """

    idle_s: float = 10.0
    residents: int = 20_000
    mailbox: int = 1_000
    wait_s: float = 30.0
    message_bytes: int = 32 << 20
    large_bytes: int = 4 << 20
    history_days: float = 30.0
    operations_s: float = 86_400.0
    order_wait_s: float = 1.0
    block_s: float = 30.0
    alarm_workers: int = 4


@runtime_checkable
class Objects(Protocol):
    """The system table of durable objects. `which`: a stub, or an `ObjectId`."""

    def __iter__(self) -> Iterator[ObjectFacts]: ...

    def list(self, kind: type | None = None) -> Sequence[ObjectFacts]:
        """Every object that has stored something, or those of a class."""
        ...

    def reach(self, identity: ObjectId) -> Any:
        """A stub of the object of that identity."""
        ...

    def inspect(self, which: Any) -> ObjectFacts:
        """Raises `NotFound` if it has stored nothing."""
        ...

    def export(self, which: Any, path: str | Path, bookmark: str | None = None) -> Path:
        """Writes the object's private storage, now or at a bookmark, as an ordinary SQLite file."""
        ...

    def delete(self, which: Any) -> None:
        """Removes the object, its history and its alarms for good."""
        ...
