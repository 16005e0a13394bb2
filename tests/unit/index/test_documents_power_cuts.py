import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from index.documents import DocumentIndex, IndexedDocument
from index.faiss_index import FaissIndex

EAST, NORTH, WEST = (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)


def document(identity: str, passage: tuple[float, float]) -> IndexedDocument:
    return IndexedDocument(identity, "d0", np.array([passage], np.float32))


def saved(folder: Path, revision: int, *documents: IndexedDocument) -> None:
    index = DocumentIndex(folder, "e5", 2)
    index.put(documents)
    index.revision = revision
    index.save()


def opened(folder: Path) -> DocumentIndex:
    return DocumentIndex.open(folder, "e5", 2)


def generation(folder: Path) -> Path:
    return folder / (folder / "CURRENT").read_text(encoding="ascii").split()[0]


def only_one_generation(folder: Path) -> bool:
    return {path.name for path in folder.iterdir()} - {"lock", "CURRENT"} == {generation(folder).name}


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


class PowerCut(BaseException):
    """Nothing may catch it, as nothing catches a power cut."""


class Breaker:
    """Cuts the power at step ``at`` of what is done to the disk: what is being written stays half-written."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: int | None) -> None:
        self.steps = 0
        self._at = at
        self._patches = monkeypatch
        for owner, name in (
            (os, "fsync"),
            (Path, "replace"),
            (Path, "mkdir"),
            (shutil, "rmtree"),
            (Path, "write_text"),
            (FaissIndex, "save"),
        ):
            self._wrap(owner, name)

    def _wrap(self, owner: object, name: str) -> None:
        real = getattr(owner, name)

        def step(*arguments: object, **options: object) -> object:
            self.steps += 1
            if self.steps - 1 == self._at:
                if name == "write_text":
                    real(arguments[0], str(arguments[1])[: len(str(arguments[1])) // 2], **options)
                elif name == "save":
                    real(*arguments, **options)
                    cut(Path(str(arguments[1])))
                raise PowerCut
            return real(*arguments, **options)

        self._patches.setattr(owner, name, step)


def count_steps(folder: Path, act: Callable[[Path], object]) -> int:
    with pytest.MonkeyPatch.context() as patches:
        breaker = Breaker(patches, at=None)
        act(folder)
        return breaker.steps


def crash(folder: Path, act: Callable[[Path], object], at: int) -> None:
    with pytest.MonkeyPatch.context() as patches:
        Breaker(patches, at)
        with pytest.raises(PowerCut):
            act(folder)


class TestPowerCuts:
    def test_at_any_step_of_a_save_the_old_or_the_new_generation_stays(self, tmp_path: Path) -> None:
        def save_the_second(folder: Path) -> None:
            saved(folder, 2, document("second", NORTH))

        saved(tmp_path / "counted", 1, document("first", EAST))
        steps = count_steps(tmp_path / "counted", save_the_second)
        assert steps > 10
        seen = []
        for at in range(steps):
            folder = tmp_path / str(at)
            saved(folder, 1, document("first", EAST))
            crash(folder, save_the_second, at)
            index = opened(folder)
            assert index.problem is None
            assert (index.revision, list(index.digests)) in [(1, ["first"]), (2, ["second"])]
            seen.append(index.revision)
        assert seen == sorted(seen)
        assert set(seen) == {1, 2}

    def test_at_any_step_of_the_first_save_nothing_or_the_new_generation_stays(self, tmp_path: Path) -> None:
        def save_the_first(folder: Path) -> None:
            saved(folder, 1, document("first", EAST))

        for at in range(count_steps(tmp_path / "counted", save_the_first)):
            folder = tmp_path / str(at)
            crash(folder, save_the_first, at)
            index = opened(folder)
            assert index.problem is None
            assert (index.revision, list(index.digests)) in [(0, []), (1, ["first"])]

    def test_what_a_crash_left_behind_is_removed_by_the_next_save(self, tmp_path: Path) -> None:
        def save_the_second(folder: Path) -> None:
            saved(folder, 2, document("second", NORTH))

        saved(tmp_path / "counted", 1, document("first", EAST))
        for at in range(count_steps(tmp_path / "counted", save_the_second)):
            folder = tmp_path / str(at)
            saved(folder, 1, document("first", EAST))
            crash(folder, save_the_second, at)
            saved(folder, 3, document("third", WEST))
            assert only_one_generation(folder)
            assert opened(folder).digests == {"third": "d0"}

    def test_a_generation_takes_effect_only_once_all_of_it_is_on_the_disk(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        names: dict[int, str] = {}
        flushed: set[str] = set()
        before_the_switch: set[str] = set()
        real_open, real_fsync, real_replace = os.open, os.fsync, Path.replace

        def remember(path: str | Path, flags: int, mode: int = 0o777) -> int:
            descriptor = real_open(path, flags, mode)
            names[descriptor] = Path(path).name
            return descriptor

        def flush(descriptor: int) -> None:
            flushed.add(names[descriptor])
            real_fsync(descriptor)

        def switch(self: Path, target: Path) -> Path:
            before_the_switch.update(flushed)
            flushed.clear()
            return real_replace(self, target)

        monkeypatch.setattr(os, "open", remember)
        monkeypatch.setattr(os, "fsync", flush)
        monkeypatch.setattr(Path, "replace", switch)
        saved(tmp_path, 1, document("a", EAST))
        written = {
            "vectors.faiss",
            "documents.json",
            "manifest.json",
            generation(tmp_path).name,
            "CURRENT.new",
        }
        assert written <= before_the_switch
        assert tmp_path.name in flushed
