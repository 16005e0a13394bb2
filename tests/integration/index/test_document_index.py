"""The index as processes use it: killed while saving, saved by two at once, and as large as a region's portfolio."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from index.documents import DocumentIndex, IndexedDocument

Float32 = npt.NDArray[np.float32]

ENCODER, DIMENSION = "e5", 64
ROOT = Path(__file__).parents[3]

# Saves one revision after another, each with as many documents as its number; tells each as it takes effect.
SAVER = """
import sys
from pathlib import Path
import numpy as np
from index.documents import DocumentIndex, IndexedDocument

folder, first, last, step = Path(sys.argv[1]), *map(int, sys.argv[2:])
for revision in range(first, last, step):
    index = DocumentIndex(folder, "e5", 64)
    vectors = np.eye(64, dtype=np.float32)
    index.put(IndexedDocument(str(n), "d", vectors[[n % 64, (n + 1) % 64]]) for n in range(revision))
    index.revision = revision
    index.save()
    print(revision, flush=True)
"""


def saver(folder: Path, first: int, last: int, step: int = 1) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", SAVER, str(folder), str(first), str(last), str(step)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def unit(vectors: npt.NDArray[np.float64]) -> Float32:
    result: Float32 = (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)
    return result


def test_a_process_killed_while_saving_leaves_what_it_last_saved_or_the_next(tmp_path: Path) -> None:
    reached = 0
    for delay in (0.0, 0.011, 0.023, 0.037):
        process = saver(tmp_path, reached + 1, 100_000)
        assert process.stdout is not None
        told = int(process.stdout.readline())
        time.sleep(delay)
        process.kill()
        told = max([told, *(int(line) for line in process.stdout.read().split("\n")[:-1])])
        process.wait()
        process.stdout.close()
        index = DocumentIndex.open(tmp_path, ENCODER, DIMENSION)
        assert index.problem is None
        assert told <= index.revision <= told + 1
        assert len(index) == index.revision
        assert set(index.digests) == {str(number) for number in range(index.revision)}
        reached = index.revision
    assert reached >= 4


def test_of_two_processes_that_save_at_once_the_newest_revision_stays(tmp_path: Path) -> None:
    processes = [saver(tmp_path, first, 60, 2) for first in (1, 2)]
    for process in processes:
        process.communicate(timeout=60)
        assert process.returncode == 0
    index = DocumentIndex.open(tmp_path, ENCODER, DIMENSION)
    assert (index.problem, index.revision, len(index)) == (None, 59, 59)
    assert len(list(tmp_path.glob("generation-*"))) == 1


def _score(query: Float32, passages: Float32) -> float:
    products = query @ passages.T
    return float((0.7 * products.max(axis=1) + 0.3 * products[:, 0]).mean())


class TestManyDocuments:
    @pytest.fixture(scope="class")
    @classmethod
    def passages(cls) -> dict[str, Float32]:
        generator = np.random.default_rng(3)
        counts = generator.integers(1, 4, 3_000)
        return {f"offer-{n:04}": unit(generator.standard_normal((count, DIMENSION))) for n, count in enumerate(counts)}

    @pytest.fixture(scope="class")
    @classmethod
    def index(cls, passages: dict[str, Float32]) -> DocumentIndex:
        index = DocumentIndex(Path("unused"), ENCODER, DIMENSION)
        index.put(IndexedDocument(identity, "d", vectors) for identity, vectors in passages.items())
        return index

    def test_the_search_finds_what_a_full_comparison_finds(
        self, index: DocumentIndex, passages: dict[str, Float32]
    ) -> None:
        for query in unit(np.random.default_rng(4).standard_normal((20, 2, DIMENSION))):
            scores = {identity: _score(query, vectors) for identity, vectors in passages.items()}
            best = sorted(scores, key=lambda identity: -scores[identity])[:10]
            hits = index.search(query, 10)
            assert [hit.identity for hit in hits] == best
            assert [hit.score for hit in hits] == pytest.approx([scores[identity] for identity in best], abs=1e-5)

    def test_the_search_among_allowed_finds_what_a_full_comparison_finds(
        self, index: DocumentIndex, passages: dict[str, Float32]
    ) -> None:
        allowed = {identity for identity in passages if identity.endswith("7")}
        for query in unit(np.random.default_rng(5).standard_normal((20, 2, DIMENSION))):
            scores = {identity: _score(query, passages[identity]) for identity in allowed}
            best = sorted(scores, key=lambda identity: -scores[identity])[:10]
            assert [hit.identity for hit in index.search(query, 10, allowed)] == best

    def test_it_survives_being_saved_changed_and_opened(self, passages: dict[str, Float32], tmp_path: Path) -> None:
        index = DocumentIndex(tmp_path, ENCODER, DIMENSION)
        index.put(IndexedDocument(identity, "d", vectors) for identity, vectors in passages.items())
        index.save()
        opened = DocumentIndex.open(tmp_path, ENCODER, DIMENSION)
        gone = [identity for identity in passages if identity.endswith("3")]
        opened.drop(gone)
        opened.revision = 1
        opened.save()
        again = DocumentIndex.open(tmp_path, ENCODER, DIMENSION)
        index.drop(gone)
        assert again.digests == index.digests
        query = unit(np.random.default_rng(6).standard_normal((2, DIMENSION)))
        assert again.search(query, 50) == index.search(query, 50)
