"""A directory as an object store: what is fsynced and when, full disks, other processes."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from thermocline.core.errors import Invalid, NotFound, Unavailable
from thermocline.tiers.local_cache import LocalFiles
from thermocline.tiers.local_objects import LocalObjects
from thermocline.tiers.object_store import open_store


class Syncs:
    """Records what is fsynced, as (`file` or `folder`, path at that moment), and fails on demand."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self.inodes: set[int] = set()
        self.fail: OSError | None = None
        self.files = LocalFiles(fsync=self.fsync, fsync_folder=self.fsync)

    def fsync(self, descriptor: int) -> None:
        state = os.fstat(descriptor)
        if self.fail is not None:
            raise self.fail
        self.inodes.add(state.st_ino)
        kind = "folder" if stat.S_ISDIR(state.st_mode) else "file"
        self.calls.append((kind, os.readlink(f"/proc/self/fd/{descriptor}")))


class TestDirectory:
    def test_a_put_makes_the_file_and_every_new_folder_durable(self, tmp_path: Path) -> None:
        syncs = Syncs()
        root = tmp_path / "lake" / "objects"
        LocalObjects(root, syncs.files).put("a/b/k", b"x")
        assert (root / "a/b/k").stat().st_ino in syncs.inodes
        kinds = [kind for kind, _ in syncs.calls]
        folders = [Path(path) for kind, path in syncs.calls if kind == "folder"]
        assert folders == [tmp_path, root.parent, root, root / "a", root / "a/b"]
        assert kinds.index("file") == len(kinds) - 2, "the folder is synced after the file has its name"

    @pytest.mark.parametrize("create_only", [True, False])
    def test_the_next_put_costs_one_file_and_one_folder(self, tmp_path: Path, create_only: bool) -> None:
        syncs = Syncs()
        store = LocalObjects(tmp_path, syncs.files)
        store.put("a/b/first", b"x")
        syncs.calls.clear()
        store.put("a/b/second", b"x", create_only=create_only)
        assert [kind for kind, _ in syncs.calls] == ["file", "folder"]
        assert syncs.calls[1][1] == str(tmp_path / "a/b")

    def test_folders_that_another_process_made_are_made_durable_too(self, tmp_path: Path) -> None:
        (tmp_path / "a/b").mkdir(parents=True)
        syncs = Syncs()
        LocalObjects(tmp_path, syncs.files).put("a/b/k", b"x")
        folders = [path for kind, path in syncs.calls if kind == "folder"]
        assert folders == [str(tmp_path), str(tmp_path / "a"), str(tmp_path / "a/b")]

    def test_a_delete_is_durable(self, tmp_path: Path) -> None:
        syncs = Syncs()
        store = LocalObjects(tmp_path, syncs.files)
        for key in ("a/1", "a/2", "b/1"):
            store.put(key, b"x")
        syncs.calls.clear()
        store.delete(["a/1", "a/2", "b/none"])
        assert syncs.calls == [("folder", str(tmp_path / "a"))]

    @pytest.mark.parametrize("create_only", [True, False])
    @pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
    def test_a_full_disk_leaves_nothing_half(self, tmp_path: Path, code: int, create_only: bool) -> None:
        syncs = Syncs()
        store = LocalObjects(tmp_path, syncs.files)
        store.put("a/old", b"old")
        syncs.fail = OSError(code, os.strerror(code))
        with pytest.raises(Unavailable, match=r"disk full.*a/new") as caught:
            store.put("a/new", b"x" * 100_000, create_only=create_only)
        assert "space" in caught.value.hint
        assert caught.value.retryable
        if not create_only:
            with pytest.raises(Unavailable):
                store.put("a/old", b"new")
        syncs.fail = None
        assert [i.key for i in store.list("")] == ["a/old"]
        assert store.get("a/old") == b"old"
        assert [p for p in tmp_path.rglob("*") if p.is_file()] == [tmp_path / "a/old"]
        store.put("a/new", b"y", create_only=True)

    def test_a_file_has_its_name_only_after_its_fsync(self, tmp_path: Path) -> None:
        seen: list[bool] = []
        files = LocalFiles(fsync=lambda _: seen.append((tmp_path / "k").exists()))
        LocalObjects(tmp_path, files).put("k", b"x")
        assert seen == [False]

    def test_a_name_is_a_file_or_a_folder(self, tmp_path: Path) -> None:
        store = LocalObjects(tmp_path)
        store.put("a", b"x")
        store.put("b/c", b"x")
        for key in ("a/b", "b"):
            with pytest.raises(Invalid, match=key):
                store.put(key, b"x")

    def test_two_processes_cannot_create_one_key(self, tmp_path: Path) -> None:
        code = (
            "import sys; from pathlib import Path\n"
            "from thermocline.core.errors import Conflict\n"
            "from thermocline.tiers.object_store import open_store\n"
            "store = open_store(Path(sys.argv[1])); won = 0\n"
            "print('ready', flush=True); sys.stdin.readline()\n"
            "for n in range(200):\n"
            "    try: store.put(f'm/{n}', sys.argv[2].encode(), create_only=True); won += 1\n"
            "    except Conflict: pass\n"
            "print(won)\n"
        )
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", code, str(tmp_path), name],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
            )
            for name in "AB"
        ]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        won = [int(process.communicate("\n", timeout=60)[0]) for process in processes]
        store = open_store(tmp_path)
        written = b"".join(store.get(f"m/{n}") for n in range(200))
        assert won == [written.count(b"A"), written.count(b"B")]
        assert sum(won) == 200

    def test_parts_of_dead_processes_are_swept_and_those_of_the_living_are_not(self, tmp_path: Path) -> None:
        (tmp_path / ".parts").mkdir()
        dead, alive = tmp_path / ".parts/1-1-1", tmp_path / ".parts/2-2-2"
        for part in (dead, alive):
            part.write_bytes(b"half")
        os.utime(dead, (0, 0))
        store = LocalObjects(tmp_path)
        assert store.list("") == []
        store.put("k", b"x")
        assert not dead.exists()
        assert alive.exists()

    def test_reading_creates_nothing(self, tmp_path: Path) -> None:
        store = open_store(tmp_path / "absent")
        assert store.list("") == []
        with pytest.raises(NotFound):
            store.get("k")
        store.delete(["k"])
        assert not (tmp_path / "absent").exists()

    def test_others_may_read_the_files(self, tmp_path: Path) -> None:
        before = os.umask(0o022)
        try:
            open_store(tmp_path).put("k", b"x")
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / "k").stat().st_mode) == 0o644
