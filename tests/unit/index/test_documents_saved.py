import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from index.documents import DocumentIndex, IndexedDocument

Float32 = npt.NDArray[np.float32]

ENCODER = "e5-cut-4bit"
EAST, NORTH, WEST, BETWEEN = (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.6, 0.8)


def rows(*vectors: tuple[float, ...]) -> Float32:
    return np.array(vectors, np.float32)


def document(identity: str, *passages: tuple[float, ...], digest: str = "d0") -> IndexedDocument:
    return IndexedDocument(identity, digest, rows(*passages))


def saved(folder: Path, revision: int, *documents: IndexedDocument) -> DocumentIndex:
    index = DocumentIndex(folder, ENCODER, 2)
    index.put(documents)
    index.revision = revision
    index.save()
    return index


def opened(folder: Path, encoder: str = ENCODER) -> DocumentIndex:
    return DocumentIndex.open(folder, encoder, 2)


def found(index: DocumentIndex, *query: tuple[float, ...]) -> list[tuple[str, object]]:
    return [(hit.identity, pytest.approx(hit.score, abs=1e-6)) for hit in index.search(rows(*query), 10)]


def generation(folder: Path) -> Path:
    return folder / (folder / "CURRENT").read_text(encoding="ascii").split()[0]


def only_one_generation(folder: Path) -> bool:
    return {path.name for path in folder.iterdir()} - {"lock", "CURRENT"} == {generation(folder).name}


class TestSaveAndOpen:
    def test_where_nothing_was_saved_an_index_opens_empty_without_a_problem(self, tmp_path: Path) -> None:
        for folder in (tmp_path, tmp_path / "absent"):
            index = opened(folder)
            assert (len(index), index.revision, index.problem) == (0, 0, None)

    def test_what_was_saved_is_opened(self, tmp_path: Path) -> None:
        folder = tmp_path / "deep" / "index"
        documents = [document("á/∂ 1", EAST, NORTH, digest="d1"), document("b", BETWEEN, digest="d2")]
        before = saved(folder, 7, *documents)
        after = opened(folder)
        assert (after.revision, after.problem, len(after)) == (7, None, 2)
        assert after.digests == before.digests
        assert after.search(rows(EAST, NORTH), 5) == before.search(rows(EAST, NORTH), 5)

    def test_the_anchor_is_kept_with_the_revision(self, tmp_path: Path) -> None:
        index = saved(tmp_path, 7, document("a", EAST))
        assert (index.anchor, opened(tmp_path).anchor) == ("", "")
        index.anchor = "need-12"
        index.save()
        assert (opened(tmp_path).revision, opened(tmp_path).anchor) == (7, "need-12")

    def test_an_empty_index_is_opened_at_its_revision(self, tmp_path: Path) -> None:
        saved(tmp_path, 3)
        index = opened(tmp_path)
        assert (len(index), index.revision, index.problem) == (0, 3, None)
        index.put([document("a", EAST)])
        assert found(index, EAST) == [("a", 1.0)]

    def test_an_opened_index_goes_on_where_it_was(self, tmp_path: Path) -> None:
        saved(tmp_path, 1, document("a", EAST), document("b", NORTH))
        index = opened(tmp_path)
        index.put([document("c", WEST)])
        index.drop(["b"])
        index.put([document("a", BETWEEN, EAST), document("d", NORTH)])
        index.revision = 2
        index.save()
        again = opened(tmp_path)
        assert again.digests == {"c": "d0", "a": "d0", "d": "d0"}
        assert found(again, EAST) == [("a", 0.88), ("d", 0.0), ("c", -1.0)]

    def test_what_changes_after_saving_is_not_on_the_disk(self, tmp_path: Path) -> None:
        index = saved(tmp_path, 1, document("a", EAST))
        index.put([document("b", NORTH)])
        assert list(opened(tmp_path).digests) == ["a"]

    def test_an_index_of_another_encoder_opens_empty_and_says_so(self, tmp_path: Path) -> None:
        saved(tmp_path, 7, document("a", EAST))
        index = opened(tmp_path, encoder="another")
        assert (len(index), index.revision, index.problem) == (0, 0, "encoder")
        assert index.search(rows(EAST), 3) == []

    def test_an_index_of_another_encoder_is_replaced_whatever_its_revision(self, tmp_path: Path) -> None:
        saved(tmp_path, 7, document("a", EAST))
        index = opened(tmp_path, encoder="another")
        index.put([document("b", NORTH)])
        index.revision = 2
        index.save()
        assert opened(tmp_path, encoder="another").digests == {"b": "d0"}
        assert opened(tmp_path).problem == "encoder"

    def test_an_older_revision_never_replaces_a_newer_one(self, tmp_path: Path) -> None:
        saved(tmp_path, 8, document("new", EAST))
        saved(tmp_path, 7, document("old", EAST))
        index = opened(tmp_path)
        assert (index.revision, list(index.digests)) == (8, ["new"])

    @pytest.mark.parametrize("revision", [8, 9])
    def test_the_same_or_a_newer_revision_replaces_it(self, tmp_path: Path, revision: int) -> None:
        saved(tmp_path, 8, document("before", EAST))
        saved(tmp_path, revision, document("after", EAST))
        index = opened(tmp_path)
        assert (index.revision, list(index.digests)) == (revision, ["after"])

    def test_saving_leaves_one_generation_and_removes_leftovers(self, tmp_path: Path) -> None:
        (tmp_path / "generation-000000000099-deadbeef").mkdir()
        (tmp_path / "generation-000000000099-deadbeef" / "vectors.faiss").write_bytes(b"half")
        (tmp_path / "CURRENT.new").write_text("generation-0000")
        for revision in range(3):
            saved(tmp_path, revision, document("a", EAST))
        assert only_one_generation(tmp_path)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


def change_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x01
    path.write_bytes(content)


def without(path: Path, *keys: str) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    for key in keys[:-1]:
        content = content[key]
    del content[keys[-1]]
    path.write_text(json.dumps(content), encoding="utf-8")


def of_another_format(path: Path) -> None:
    manifest = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(manifest | {"format": 2}), encoding="utf-8")


Damage = Callable[[Path], object]
DAMAGES: dict[str, tuple[Damage, str]] = {
    "vectors cut": (lambda folder: cut(generation(folder) / "vectors.faiss"), "vectors.faiss"),
    "vectors changed": (lambda folder: change_a_byte(generation(folder) / "vectors.faiss"), "vectors.faiss"),
    "vectors emptied": (
        lambda folder: (generation(folder) / "vectors.faiss").write_bytes(b""),
        "vectors.faiss",
    ),
    "vectors missing": (lambda folder: (generation(folder) / "vectors.faiss").unlink(), "vectors.faiss"),
    "documents cut": (lambda folder: cut(generation(folder) / "documents.json"), "documents.json"),
    "documents changed": (
        lambda folder: change_a_byte(generation(folder) / "documents.json"),
        "documents.json",
    ),
    "documents missing": (lambda folder: (generation(folder) / "documents.json").unlink(), "documents.json"),
    "manifest missing": (lambda folder: (generation(folder) / "manifest.json").unlink(), "manifest.json"),
    "manifest cut": (lambda folder: cut(generation(folder) / "manifest.json"), ""),
    "manifest empty": (lambda folder: (generation(folder) / "manifest.json").write_bytes(b""), ""),
    "manifest not text": (lambda folder: (generation(folder) / "manifest.json").write_bytes(b"\xff\xfe"), ""),
    "manifest a list": (lambda folder: (generation(folder) / "manifest.json").write_bytes(b"[]"), ""),
    "manifest null": (lambda folder: (generation(folder) / "manifest.json").write_bytes(b"null"), ""),
    "manifest bare": (lambda folder: (generation(folder) / "manifest.json").write_bytes(b"{}"), ""),
    "no revision": (lambda folder: without(generation(folder) / "manifest.json", "revision"), ""),
    "no encoder": (lambda folder: without(generation(folder) / "manifest.json", "encoder"), ""),
    "other format": (lambda folder: of_another_format(generation(folder) / "manifest.json"), ""),
    "generation missing": (lambda folder: shutil.rmtree(generation(folder)), ""),
    "pointer empty": (lambda folder: (folder / "CURRENT").write_bytes(b""), ""),
    "pointer garbage": (lambda folder: (folder / "CURRENT").write_bytes(b"\x00\xff\x17garbage"), ""),
    "pointer with NUL": (lambda folder: (folder / "CURRENT").write_bytes(b"\0" * 20), ""),
    "pointer too long": (lambda folder: (folder / "CURRENT").write_bytes(b"x" * 5000), ""),
    "pointer elsewhere": (lambda folder: (folder / "CURRENT").write_bytes(b"generation-1"), ""),
    "pointer to parent": (lambda folder: (folder / "CURRENT").write_bytes(b".."), ""),
}


@pytest.mark.parametrize(("damage", "named"), DAMAGES.values(), ids=DAMAGES)
class TestDamage:
    def test_a_damaged_index_opens_empty_and_says_what_is_wrong(
        self, tmp_path: Path, damage: Damage, named: str
    ) -> None:
        saved(tmp_path, 7, document("a", EAST, NORTH), document("b", WEST))
        damage(tmp_path)
        index = opened(tmp_path)
        assert (len(index), index.revision, index.digests) == (0, 0, {})
        assert index.search(rows(EAST), 3) == []
        assert index.problem
        assert named in index.problem

    def test_the_next_save_heals_it(self, tmp_path: Path, damage: Damage, named: str) -> None:
        saved(tmp_path, 7, document("a", EAST, NORTH), document("b", WEST))
        damage(tmp_path)
        index = opened(tmp_path)
        index.put([document("c", EAST)])
        index.revision = 7
        index.save()
        healed = opened(tmp_path)
        assert (healed.problem, healed.revision, healed.digests) == (None, 7, {"c": "d0"})
        assert only_one_generation(tmp_path)


def takes_another(index: DocumentIndex) -> bool:
    try:
        index.put([document("c", EAST)])
    except ValueError:
        return False
    return found(index, EAST) == [("a", 1.0), ("c", 1.0), ("b", -1.0)]


def test_a_changed_byte_of_the_manifest_is_never_taken_for_the_truth(tmp_path: Path) -> None:
    saved(tmp_path, 12, document("a", EAST, NORTH), document("b", WEST))
    manifest = generation(tmp_path) / "manifest.json"
    whole = manifest.read_bytes()
    believed = {}
    for position in range(len(whole)):
        changed = bytearray(whole)
        changed[position] ^= 0x01
        manifest.write_bytes(changed)
        index = opened(tmp_path)
        if index.problem is None and (index.revision, takes_another(index)) != (12, True):
            believed[position] = whole[max(0, position - 20) : position + 5]
    assert believed == {}
