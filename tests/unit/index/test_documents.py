from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.documents import DocumentHit, DocumentIndex, IndexedDocument

Float32 = npt.NDArray[np.float32]

ENCODER = "e5-cut-4bit"
EAST, NORTH, WEST, BETWEEN = (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.6, 0.8)


def rows(*vectors: tuple[float, ...]) -> Float32:
    return np.array(vectors, np.float32)


def document(identity: str, *passages: tuple[float, ...], digest: str = "d0") -> IndexedDocument:
    return IndexedDocument(identity, digest, rows(*passages))


def new_index(*documents: IndexedDocument) -> DocumentIndex:
    index = DocumentIndex(Path("unused"), ENCODER, 2)
    index.put(documents)
    return index


def found(index: DocumentIndex, *query: tuple[float, ...], k: int = 10) -> list[tuple[str, object]]:
    return [(hit.identity, pytest.approx(hit.score, abs=1e-6)) for hit in index.search(rows(*query), k)]


class TestPutAndDrop:
    def test_a_new_index_is_empty(self) -> None:
        index = new_index()
        assert len(index) == 0
        assert index.digests == {}
        assert (index.revision, index.problem) == (0, None)
        assert index.search(rows(EAST), 3) == []

    def test_what_was_put_is_counted_named_and_found(self) -> None:
        index = new_index(document("a", EAST, NORTH, digest="d1"), document("b", WEST, digest="d2"))
        assert len(index) == 2
        assert index.digests == {"a": "d1", "b": "d2"}
        assert found(index, EAST) == [("a", 1.0), ("b", -1.0)]

    def test_a_document_put_again_is_replaced_with_all_its_passages(self) -> None:
        index = new_index(document("a", EAST, NORTH), document("b", BETWEEN))
        index.put([document("a", WEST, digest="d9")])
        assert index.digests == {"a": "d9", "b": "d0"}
        assert found(index, EAST) == [("b", 0.6), ("a", -1.0)]
        assert found(index, NORTH) == [("b", 0.8), ("a", 0.0)]

    def test_of_two_with_one_identity_the_later_is_kept(self) -> None:
        index = new_index(document("a", EAST), document("a", WEST, digest="d9"))
        assert index.digests == {"a": "d9"}
        assert found(index, EAST) == [("a", -1.0)]

    def test_putting_nothing_changes_nothing(self) -> None:
        index = new_index(document("a", EAST))
        index.put([])
        assert found(index, EAST) == [("a", 1.0)]

    def test_a_dropped_document_is_found_no_more_and_an_unknown_one_is_passed_over(self) -> None:
        index = new_index(document("a", EAST, NORTH), document("b", WEST))
        index.drop(["a", "nobody"])
        assert len(index) == 1
        assert index.digests == {"b": "d0"}
        assert found(index, EAST) == [("b", -1.0)]
        index.put([document("a", NORTH)])
        assert found(index, EAST) == [("a", 0.0), ("b", -1.0)]

    def test_the_digests_handed_out_are_a_copy(self) -> None:
        index = new_index(document("a", EAST))
        index.digests.clear()
        assert index.digests == {"a": "d0"}


def _score(query: Float32, passages: Float32) -> float:
    products = query @ passages.T
    return float((0.7 * products.max(axis=1) + 0.3 * products[:, 0]).mean())


class TestScore:
    def test_one_document_is_scored_as_the_search_scores_it(self) -> None:
        # a: best for east 1.0, for north 0.8 → 0.9; its first for east 1.0, for north 0.0 → 0.5; 0.7 · 0.9 + 0.3 · 0.5
        index = new_index(document("a", EAST, BETWEEN), document("b", (0.8, 0.6)), document("c", NORTH))
        query = rows(EAST, NORTH)
        assert index.score(query, "a") == pytest.approx(0.78)
        for hit in index.search(query, 3):
            assert index.score(query, hit.identity) == pytest.approx(hit.score)

    def test_a_document_that_is_not_indexed_has_no_score(self) -> None:
        index = new_index(document("a", EAST), document("b", EAST))
        index.drop(["b"])
        assert index.score(rows(EAST), "b") is None
        assert index.score(rows(EAST), "nobody") is None


class TestSearch:
    def test_the_score_is_the_mean_over_query_passages_of_the_best_and_the_first_document_passage(self) -> None:
        # Query passages east and north.
        # a: best for east 1.0 (east), for north 0.8 (between) → 0.9; first 1.0 and 0.0 → 0.5; 0.7 · 0.9 + 0.3 · 0.5
        # b: 0.8 and 0.6 of its one passage → 0.7
        # c: 0.0 and 1.0 → 0.5
        # d: -1.0 and 0.0 → -0.5
        index = new_index(
            document("c", NORTH),
            document("d", WEST),
            document("b", (0.8, 0.6)),
            document("a", EAST, BETWEEN),
        )
        assert found(index, EAST, NORTH) == [("a", 0.78), ("b", 0.7), ("c", 0.5), ("d", -0.5)]

    def test_a_repeated_query_passage_weighs_twice(self) -> None:
        index = new_index(document("a", EAST), document("b", NORTH))
        assert found(index, EAST, EAST, NORTH) == [("a", 2 / 3), ("b", 1 / 3)]

    def test_only_the_k_best_are_given(self) -> None:
        index = new_index(document("a", EAST), document("b", NORTH), document("c", WEST))
        assert found(index, EAST, k=2) == [("a", 1.0), ("b", 0.0)]
        assert found(index, EAST, k=0) == []

    def test_equal_scores_are_ordered_by_identity(self) -> None:
        index = new_index(document("c", EAST), document("a", EAST), document("b", EAST), document("d", NORTH))
        assert found(index, EAST) == [("a", 1.0), ("b", 1.0), ("c", 1.0), ("d", 0.0)]

    def test_equal_scores_at_the_last_place_are_chosen_by_identity(self) -> None:
        index = new_index(*(document(identity, EAST) for identity in reversed("abcdefghijkl")))
        assert [hit.identity for hit in index.search(rows(EAST), 2)] == ["a", "b"]

    def test_a_document_with_very_many_passages_does_not_hide_the_others(self) -> None:
        index = new_index(document("long", *[EAST] * 200), document("b", BETWEEN), document("c", NORTH))
        assert found(index, EAST, k=2) == [("long", 1.0), ("b", 0.6)]
        assert found(index, EAST, k=3) == [("long", 1.0), ("b", 0.6), ("c", 0.0)]

    def test_the_best_on_the_whole_is_found_behind_the_best_of_each_passage(self) -> None:
        # Eight documents answer one half of the query fully and the other not at all: 0.5.
        # "whole" answers both halves at 0.8 and 0.6: 0.7.
        halves = [document(f"east{number}", EAST) for number in range(4)]
        halves += [document(f"north{number}", NORTH) for number in range(4)]
        index = new_index(*halves, document("whole", (0.8, 0.6)))
        assert found(index, EAST, NORTH, k=1) == [("whole", 0.7)]

    def test_allowed_documents_alone_are_found(self) -> None:
        index = new_index(document("a", EAST, EAST), document("b", BETWEEN), document("c", NORTH))
        hits = index.search(rows(EAST), 5, allowed={"c", "b"})
        assert [hit.identity for hit in hits] == ["b", "c"]

    def test_allowed_may_name_unknown_documents(self) -> None:
        index = new_index(document("a", EAST), document("b", BETWEEN))
        assert [hit.identity for hit in index.search(rows(EAST), 5, ["nobody", "b", "b"])] == ["b"]
        assert index.search(rows(EAST), 5, ["nobody"]) == []

    def test_with_none_allowed_none_is_found(self) -> None:
        assert new_index(document("a", EAST)).search(rows(EAST), 5, allowed=[]) == []

    def test_an_allowed_document_with_very_many_passages_does_not_hide_the_others(self) -> None:
        index = new_index(document("long", *[EAST] * 200), document("b", BETWEEN), document("c", EAST))
        assert [hit.identity for hit in index.search(rows(EAST), 2, {"long", "b"})] == ["long", "b"]

    def test_a_text_without_passages_finds_nothing(self) -> None:
        assert new_index(document("a", EAST)).search(np.zeros((0, 2), np.float32), 3) == []

    def test_a_document_without_passages_is_held_and_never_found(self) -> None:
        index = new_index(IndexedDocument("empty", "d0", np.zeros((0, 2), np.float32)))
        assert index.search(rows(EAST), 3) == []
        index.put([document("a", EAST)])
        assert len(index) == 2
        assert index.search(rows(EAST), 3) == [DocumentHit("a", 1.0)]

    @given(
        passages=st.dictionaries(
            st.sampled_from("abcdefghijklmn"),
            st.lists(st.sampled_from([EAST, NORTH, WEST, (0.0, -1.0)]), min_size=1, max_size=12),
            min_size=1,
        ),
        k=st.integers(1, 6),
        allowed=st.none() | st.sets(st.sampled_from("abcdefghijklmn"), min_size=1),
    )
    def test_one_query_passage_finds_what_a_full_comparison_finds(
        self, passages: dict[str, list[tuple[float, float]]], k: int, allowed: set[str] | None
    ) -> None:
        index = new_index(*(document(identity, *own) for identity, own in passages.items()))
        query = rows((0.5, 0.25))
        ranked = sorted(
            (-_score(query, rows(*own)), identity)
            for identity, own in passages.items()
            if allowed is None or identity in allowed
        )
        hits = index.search(query, k, allowed)
        assert [hit.identity for hit in hits] == [identity for _, identity in ranked[:k]]
        assert [-hit.score for hit in hits] == pytest.approx([score for score, _ in ranked[:k]])
