"""Ways to be wrong, each a few lines put into a process that is going to die. The suite catches every one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from thermocline.tiers import local_objects, segments
from thermocline.tiers.cold import catalog, metadata
from thermocline.tiers.crash import reach
from thermocline.tiers.hot.admit import Admission
from thermocline.tiers.hot.log import HotLog
from thermocline.tiers.hot.replica import Replica, Shipping
from thermocline.tiers.steps import flush

from .power import Disk

Put = Callable[..., None]


def trim_before_publish() -> None:
    """The rows leave SQLite before a manifest names their segment."""
    publish = vars(flush)["publish"]

    def trim_first(shard: Any, state: Any, step: str, **changes: Any) -> Any:
        with shard.lock, shard.log.transaction():
            shard.log.put_heads(shard.log.hot_heads(state.table.id, up_to=changes["warm_to"]))
            shard.log.trim(state.table, changes["warm_to"])
        reach("flush.trimmed")
        return publish(shard, state, step, **changes)

    _replace(flush, "publish", trim_first)


def bad_store() -> None:
    """A bit of the fourth segment flips on its way to the disk. Not our mistake; the next one is."""
    put: Put = local_objects.LocalObjects.put
    seen = 0

    def flipping(self: Any, key: str, data: Any, **options: Any) -> None:
        nonlocal seen
        if "/warm/" in key and key.endswith(".parquet"):
            seen += 1
            if seen == 4:
                spoilt = bytearray(bytes(data))
                spoilt[len(spoilt) // 2] ^= 1
                data = bytes(spoilt)
        put(self, key, data, **options)

    _replace(local_objects.LocalObjects, "put", flipping)


def no_read_back() -> None:
    """What the store made of a segment is not looked at before the manifest names it."""
    bad_store()
    _replace(segments, "check_read_back", lambda *_: None)


def no_fsync() -> None:
    """The names of segments and manifests are durable, their contents are not."""
    _replace(Disk, "file_synced_by_us", False)


def synchronous_off() -> None:
    """COMMIT does not wait for the disk."""
    make = HotLog.__init__

    def careless(self: Any, *args: Any, **options: Any) -> None:
        make(self, *args, **options)
        self._db.execute("PRAGMA synchronous=OFF")

    _replace(HotLog, "__init__", careless)


def catalog_without_folder_sync() -> None:
    """The end of the Iceberg catalog's transactions is not durable, as is SQLite's default."""
    _replace(catalog, "_sync_folder_too", lambda *_: None)


def archive_without_mark() -> None:
    """Nothing in Iceberg tells how far the archive came."""
    _replace(metadata, "mark_property", lambda _: "something.else")


def no_intent() -> None:
    """Nothing in the hot file tells that the cold tier is about to change."""
    _replace(HotLog, "put_intent", lambda *_: None)


def version_before_duplicates() -> None:
    """The expected version is compared before it is known that the event is a retry."""
    positions = Admission._positions

    def hasty(self: Any, append: Any, batch: Any, _duplicates: int, draft: Any) -> Any:
        return positions(self, append, batch, 0, draft)

    _replace(Admission, "_positions", hasty)


def no_duplicates_known() -> None:
    """Every event is taken for a new one."""
    _replace(Admission, "_without_duplicates", lambda *_: None)


def acknowledged_too_early() -> None:
    """The process that dies in a commit has told of success before."""
    from . import play

    do = play._do

    def boastful(lake: Any, operation: Any, number: int, tell: Any) -> None:
        if operation.kind == "append":
            for at, part in enumerate(operation.parts):
                tell({"ack": number, "part": at, "got": {"first": None, "rows": len(part.rows)}})
        do(lake, operation, number, tell)

    _replace(play, "_do", boastful)


def ship_later() -> None:
    """A commit is acknowledged before it is in the object store; the next one takes it along."""

    check = Replica.check

    def hasty(self: Any) -> None:
        self._pending = self._read()
        self._unread = self.unshown = False

    def at_last(self: Any) -> None:
        if self._pending is not None:
            self._deliver(0)
        check(self)

    _replace(Replica, "ship", hasty)
    _replace(Replica, "check", at_last)


def copy_often() -> None:
    """Not wrong: snapshots of replicated files as small as those of a script."""
    make = Shipping.__init__
    _replace(Shipping, "__init__", lambda self, **given: make(self, **{**given, "snapshot_bytes": 100_000}))


def _replace(owner: Any, name: str, by: Any) -> None:
    assert hasattr(owner, name), f"{owner} has no {name} any more"
    setattr(owner, name, by)


def apply(name: str) -> None:
    globals()[name]()
