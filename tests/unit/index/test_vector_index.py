"""What every implementation of the ``VectorIndex`` port promises.

Vectors are drawn from sets whose inner products are exact in float32, so that equal scores are truly equal.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import faiss
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from index.faiss_index import FaissIndex
from index.port import NO_HIT, DamagedIndex, DuplicateId, VectorIndex

Float32 = npt.NDArray[np.float32]
Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Implementation:
    name: str
    create: Callable[[int], VectorIndex]
    load: Callable[[Path], VectorIndex]


IMPLEMENTATIONS = [Implementation("faiss", FaissIndex, FaissIndex.load)]
EAST, NORTH, WEST, SOUTH = (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)


@pytest.fixture(params=IMPLEMENTATIONS, ids=lambda implementation: implementation.name)
def implementation(request: pytest.FixtureRequest) -> Implementation:
    chosen: Implementation = request.param
    return chosen


@pytest.fixture
def compass(implementation: Implementation) -> VectorIndex:
    """East under 7, north under 2, west under 5."""
    index = implementation.create(2)
    index.add(ids(7, 2, 5), rows(EAST, NORTH, WEST))
    return index


def ids(*values: int) -> Int64:
    return np.array(values, np.int64)


def rows(*vectors: tuple[float, ...]) -> Float32:
    return np.array(vectors, np.float32)


def held(index: VectorIndex) -> dict[int, list[float]]:
    """All an index holds, seen through the port alone."""
    count = index.stats().vectors
    query = np.ones((1, index.dimension), np.float32)
    found = index.search(query, count + 1).ids[0]
    assert (found[:count] != NO_HIT).all()
    assert found[count] == NO_HIT
    known = np.sort(found[:count])
    return dict(zip(known.tolist(), index.vectors(known).tolist(), strict=True))


COMPASS = {7: [1.0, 0.0], 2: [0.0, 1.0], 5: [-1.0, 0.0]}


class TestAdd:
    def test_a_new_index_holds_nothing(self, implementation: Implementation) -> None:
        index = implementation.create(3)
        assert index.dimension == 3
        assert held(index) == {}

    def test_added_vectors_are_held_under_their_ids(self, compass: VectorIndex) -> None:
        assert held(compass) == COMPASS

    def test_adding_nothing_changes_nothing(self, compass: VectorIndex) -> None:
        compass.add(ids(), np.zeros((0, 2), np.float32))
        assert held(compass) == COMPASS

    def test_the_largest_ids_are_kept_as_they_are(self, implementation: Implementation) -> None:
        largest = int(np.iinfo(np.int64).max)
        index = implementation.create(2)
        index.add(ids(0, largest), rows(EAST, NORTH))
        assert held(index) == {0: [1.0, 0.0], largest: [0.0, 1.0]}

    def test_arrays_of_any_memory_layout_are_read_right(self, implementation: Implementation) -> None:
        index = implementation.create(2)
        index.add(ids(9, 1, 8, 2)[::2], np.asfortranarray(rows(EAST, NORTH)))
        assert held(index) == {9: [1.0, 0.0], 8: [0.0, 1.0]}

    def test_the_caller_may_reuse_the_arrays_afterwards(self, implementation: Implementation) -> None:
        index, own_ids, vectors = implementation.create(2), ids(7, 2, 5), rows(EAST, NORTH, WEST)
        index.add(own_ids, vectors)
        own_ids[:], vectors[:] = 0, 0
        assert held(index) == COMPASS

    @pytest.mark.parametrize("duplicates", [ids(1, 7), ids(7, 1), ids(1, 1)])
    def test_an_id_used_before_or_twice_adds_nothing(self, compass: VectorIndex, duplicates: Int64) -> None:
        with pytest.raises(DuplicateId):
            compass.add(duplicates, rows(SOUTH, SOUTH))
        assert held(compass) == COMPASS

    @pytest.mark.parametrize(
        "vectors",
        [
            np.zeros((1, 2), np.float32),
            np.zeros((3, 2), np.float32),
            np.zeros((2, 3), np.float32),
            np.zeros((2, 1), np.float32),
            np.zeros(2, np.float32),
            np.zeros((2, 1, 2), np.float32),
        ],
        ids=lambda vectors: str(vectors.shape),
    )
    def test_shapes_that_do_not_agree_add_nothing(self, compass: VectorIndex, vectors: Float32) -> None:
        with pytest.raises(ValueError):
            compass.add(ids(10, 11), vectors)
        assert held(compass) == COMPASS

    def test_a_negative_id_adds_nothing(self, compass: VectorIndex) -> None:
        with pytest.raises(ValueError):
            compass.add(ids(10, NO_HIT), rows(EAST, EAST))
        assert held(compass) == COMPASS


class TestUpdate:
    def test_known_ids_are_replaced_and_unknown_ones_added(self, compass: VectorIndex) -> None:
        compass.update(ids(2, 9), rows(SOUTH, NORTH))
        assert held(compass) == COMPASS | {2: [0.0, -1.0], 9: [0.0, 1.0]}

    def test_a_replaced_vector_is_not_found_any_more(self, compass: VectorIndex) -> None:
        compass.update(ids(2), rows(SOUTH))
        hits = compass.search(rows(NORTH), 3)
        assert hits.ids.tolist() == [[5, 7, 2]]
        assert hits.scores.tolist() == [[0.0, 0.0, -1.0]]

    @pytest.mark.parametrize("vectors", [rows(SOUTH), np.zeros((2, 3), np.float32)], ids=["few", "long"])
    def test_shapes_that_do_not_agree_update_nothing(self, compass: VectorIndex, vectors: Float32) -> None:
        with pytest.raises(ValueError):
            compass.update(ids(2, 9), vectors)
        assert held(compass) == COMPASS


class TestRemove:
    def test_removed_vectors_are_gone_and_counted(self, compass: VectorIndex) -> None:
        assert compass.remove(ids(5, 7)) == 2
        assert held(compass) == {2: [0.0, 1.0]}
        assert compass.search(rows(EAST), 3).ids.tolist() == [[2, NO_HIT, NO_HIT]]

    def test_unknown_and_repeated_ids_are_passed_over(self, compass: VectorIndex) -> None:
        assert compass.remove(ids(99, 7, 7, -1)) == 1
        assert held(compass) == {2: [0.0, 1.0], 5: [-1.0, 0.0]}

    def test_removing_nothing_or_from_an_empty_index_removes_none(
        self, implementation: Implementation, compass: VectorIndex
    ) -> None:
        assert compass.remove(ids()) == 0
        assert held(compass) == COMPASS
        assert implementation.create(2).remove(ids(1, 2)) == 0

    def test_an_id_can_be_used_again_once_removed(self, compass: VectorIndex) -> None:
        compass.remove(ids(7))
        compass.add(ids(7), rows(SOUTH))
        assert held(compass) == COMPASS | {7: [0.0, -1.0]}


class TestSearch:
    def test_scores_are_inner_products_best_first(self, compass: VectorIndex) -> None:
        hits = compass.search(rows((0.5, 0.25), SOUTH), 3)
        assert hits.ids.tolist() == [[7, 2, 5], [5, 7, 2]]
        assert hits.scores.tolist() == [[0.5, 0.25, -0.5], [0.0, 0.0, -1.0]]
        assert hits.scores.dtype == np.float32
        assert hits.ids.dtype == np.int64

    def test_only_the_k_best_are_given(self, compass: VectorIndex) -> None:
        hits = compass.search(rows((0.5, 0.25)), 2)
        assert hits.ids.tolist() == [[7, 2]]
        assert hits.scores.tolist() == [[0.5, 0.25]]

    def test_places_without_a_hit_are_marked(self, compass: VectorIndex) -> None:
        hits = compass.search(rows((0.5, 0.25)), 5)
        assert hits.ids.tolist() == [[7, 2, 5, NO_HIT, NO_HIT]]
        assert hits.scores.tolist() == [[0.5, 0.25, -0.5, -np.inf, -np.inf]]

    def test_an_empty_index_gives_no_hits(self, implementation: Implementation) -> None:
        hits = implementation.create(2).search(rows(EAST, NORTH), 2)
        assert hits.ids.tolist() == [[NO_HIT, NO_HIT]] * 2
        assert hits.scores.tolist() == [[-np.inf, -np.inf]] * 2

    @pytest.mark.parametrize(("queries", "k"), [(0, 3), (2, 0), (0, 0)])
    def test_no_queries_or_no_places_give_no_hits(self, compass: VectorIndex, queries: int, k: int) -> None:
        hits = compass.search(np.zeros((queries, 2), np.float32), k)
        assert hits.scores.shape == hits.ids.shape == (queries, k)

    def test_allowed_ids_alone_are_found(self, compass: VectorIndex) -> None:
        hits = compass.search(rows((0.5, 0.25)), 2, ids(5, 2))
        assert hits.ids.tolist() == [[2, 5]]
        assert hits.scores.tolist() == [[0.25, -0.5]]

    @pytest.mark.parametrize("allowed", [ids(2, 99), ids(2, 2, 2), ids(2, NO_HIT)])
    def test_unknown_and_repeated_allowed_ids_are_harmless(self, compass: VectorIndex, allowed: Int64) -> None:
        assert compass.search(rows(EAST), 3, allowed).ids.tolist() == [[2, NO_HIT, NO_HIT]]

    def test_an_empty_list_of_allowed_ids_allows_none(self, compass: VectorIndex) -> None:
        assert compass.search(rows(EAST), 2, ids()).ids.tolist() == [[NO_HIT, NO_HIT]]

    def test_equal_scores_come_by_rising_id(self, implementation: Implementation) -> None:
        index = implementation.create(2)
        index.add(ids(8, 3, 9, 1, 6), rows(EAST, NORTH, EAST, EAST, EAST))
        assert index.search(rows(EAST), 5).ids.tolist() == [[1, 6, 8, 9, 3]]

    @pytest.mark.parametrize("queries", [1, 30])
    @pytest.mark.parametrize("k", [1, 2, 3, 4])
    def test_equal_scores_at_the_last_place_come_by_rising_id_too(
        self, implementation: Implementation, k: int, queries: int
    ) -> None:
        index = implementation.create(2)
        index.add(ids(8, 3, 9, 1, 6), rows(EAST, NORTH, EAST, EAST, EAST))
        assert index.search(rows(*[EAST] * queries), k).ids.tolist() == [[1, 6, 8, 9][:k]] * queries

    def test_equal_scores_among_allowed_ids_come_by_rising_id(self, implementation: Implementation) -> None:
        index = implementation.create(2)
        index.add(ids(8, 3, 9, 1, 6), rows(EAST, NORTH, EAST, EAST, EAST))
        assert index.search(rows(EAST), 2, ids(9, 6, 8, 3)).ids.tolist() == [[6, 8]]


class TestVectors:
    def test_they_come_in_the_order_asked_and_as_often(self, compass: VectorIndex) -> None:
        assert compass.vectors(ids(5, 7, 5)).tolist() == [[-1.0, 0.0], [1.0, 0.0], [-1.0, 0.0]]

    def test_no_ids_give_no_rows(self, compass: VectorIndex) -> None:
        assert compass.vectors(ids()).shape == (0, 2)

    @pytest.mark.parametrize("asked", [ids(99), ids(7, 99), ids(NO_HIT)])
    def test_an_unknown_id_is_an_error(self, compass: VectorIndex, asked: Int64) -> None:
        with pytest.raises(KeyError):
            compass.vectors(asked)

    def test_any_id_is_unknown_to_an_empty_index(self, implementation: Implementation) -> None:
        with pytest.raises(KeyError):
            implementation.create(2).vectors(ids(0))


class TestStats:
    def test_they_follow_what_is_held(self, compass: VectorIndex) -> None:
        stats = compass.stats()
        assert (stats.vectors, stats.dimension) == (3, 2)
        assert stats.backend
        assert stats.bytes >= 3 * 2 * 4
        compass.remove(ids(7))
        assert compass.stats().vectors == 2
        assert compass.stats().bytes < stats.bytes


class TestSaveAndLoad:
    def test_a_loaded_index_equals_the_saved_one(
        self, implementation: Implementation, compass: VectorIndex, tmp_path: Path
    ) -> None:
        compass.save(tmp_path / "vectors")
        loaded = implementation.load(tmp_path / "vectors")
        assert loaded.dimension == 2
        assert held(loaded) == COMPASS
        assert loaded.stats() == compass.stats()

    def test_an_empty_index_can_be_saved(self, implementation: Implementation, tmp_path: Path) -> None:
        implementation.create(3).save(tmp_path / "vectors")
        loaded = implementation.load(tmp_path / "vectors")
        loaded.add(ids(1), rows((1.0, 0.0, 0.0)))
        assert held(loaded) == {1: [1.0, 0.0, 0.0]}

    def test_a_loaded_index_can_be_changed_and_its_file_stays(
        self, implementation: Implementation, compass: VectorIndex, tmp_path: Path
    ) -> None:
        compass.save(tmp_path / "vectors")
        loaded = implementation.load(tmp_path / "vectors")
        loaded.remove(ids(7))
        loaded.update(ids(2, 9), rows(SOUTH, EAST))
        assert held(loaded) == {2: [0.0, -1.0], 5: [-1.0, 0.0], 9: [1.0, 0.0]}
        with pytest.raises(DuplicateId):
            loaded.add(ids(9), rows(EAST))
        assert held(implementation.load(tmp_path / "vectors")) == COMPASS

    def test_saving_again_replaces_the_file(
        self, implementation: Implementation, compass: VectorIndex, tmp_path: Path
    ) -> None:
        compass.save(tmp_path / "vectors")
        compass.remove(ids(7, 5))
        compass.save(tmp_path / "vectors")
        assert held(implementation.load(tmp_path / "vectors")) == {2: [0.0, 1.0]}
        assert [path.name for path in tmp_path.iterdir()] == ["vectors"]

    def test_a_missing_file_is_damage(self, implementation: Implementation, tmp_path: Path) -> None:
        with pytest.raises(DamagedIndex):
            implementation.load(tmp_path / "nothing")

    @pytest.mark.parametrize("content", [b"", b"garbage " * 40, b"\0" * 300], ids=["empty", "text", "zeros"])
    def test_a_file_of_something_else_is_damage(
        self, implementation: Implementation, tmp_path: Path, content: bytes
    ) -> None:
        (tmp_path / "vectors").write_bytes(content)
        with pytest.raises(DamagedIndex):
            implementation.load(tmp_path / "vectors")

    def test_a_file_cut_anywhere_is_damage(
        self, implementation: Implementation, compass: VectorIndex, tmp_path: Path
    ) -> None:
        path = tmp_path / "vectors"
        compass.save(path)
        whole = path.read_bytes()
        for length in range(len(whole)):
            path.write_bytes(whole[:length])
            with pytest.raises(DamagedIndex):
                implementation.load(path)


class TestFaissFiles:
    def test_a_file_of_another_kind_of_faiss_index_is_damage(self, tmp_path: Path) -> None:
        faiss.write_index(faiss.IndexFlatIP(2), str(tmp_path / "vectors"))
        with pytest.raises(DamagedIndex):
            FaissIndex.load(tmp_path / "vectors")

    def test_a_file_that_claims_more_than_memory_holds_is_damage(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(path: str) -> None:
            raise MemoryError("std::bad_alloc")  # what FAISS raises where a changed size asks for terabytes

        monkeypatch.setattr(faiss, "read_index", refuse)
        with pytest.raises(DamagedIndex):
            FaissIndex.load(tmp_path / "vectors")


AXES = np.concatenate([np.eye(4), -np.eye(4)])
CORNERS = np.array([[a, b, c, d] for a in (-1, 1) for b in (-1, 1) for c in (-1, 1) for d in (-1, 1)]) / 2
EXACT = np.concatenate([AXES, CORNERS]).astype(np.float32)

some_ids = st.lists(st.integers(0, 12) | st.sampled_from([2**31, 2**62]), max_size=6)
distinct_ids = some_ids.map(lambda values: sorted(set(values), reverse=True))
picks = st.lists(st.integers(0, len(EXACT) - 1), min_size=8, max_size=8)


class AgainstNumpy(RuleBasedStateMachine):
    """The index and a dictionary of vectors must answer alike, whatever is done to both."""

    implementation: ClassVar[Implementation]

    def __init__(self) -> None:
        super().__init__()
        self.model: dict[int, Float32] = {}
        self.folder = TemporaryDirectory()

    def teardown(self) -> None:
        self.folder.cleanup()

    @initialize()
    def create(self) -> None:
        self.index = self.implementation.create(4)

    @rule(new=some_ids, picked=picks)
    def add(self, new: list[int], picked: list[int]) -> None:
        vectors = EXACT[picked[: len(new)]]
        if len(set(new)) < len(new) or set(new) & set(self.model):
            with pytest.raises(DuplicateId):
                self.index.add(ids(*new), vectors)
        else:
            self.index.add(ids(*new), vectors)
            self.model |= dict(zip(new, vectors, strict=True))

    @rule(changed=distinct_ids, picked=picks)
    def update(self, changed: list[int], picked: list[int]) -> None:
        vectors = EXACT[picked[: len(changed)]]
        self.index.update(ids(*changed), vectors)
        self.model |= dict(zip(changed, vectors, strict=True))

    @rule(gone=some_ids)
    def remove(self, gone: list[int]) -> None:
        known = set(gone) & set(self.model)
        assert self.index.remove(ids(*gone)) == len(known)
        for identity in known:
            del self.model[identity]

    @rule(picked=picks, repeats=st.sampled_from([1, 4]), k=st.integers(0, 9), allowed=st.none() | some_ids)
    def search(self, picked: list[int], repeats: int, k: int, allowed: list[int] | None) -> None:
        queries = EXACT[picked * repeats]
        hits = self.index.search(queries, k, None if allowed is None else ids(*allowed))
        candidates = sorted(self.model if allowed is None else set(allowed) & set(self.model))
        for query, found, scores in zip(queries, hits.ids.tolist(), hits.scores.tolist(), strict=True):
            ranked = sorted((-float(query @ self.model[identity]), identity) for identity in candidates)[:k]
            padding = k - len(ranked)
            assert found == [identity for _, identity in ranked] + [NO_HIT] * padding
            assert scores == [-score for score, _ in ranked] + [-np.inf] * padding

    @rule()
    def save_and_load(self) -> None:
        path = Path(self.folder.name) / "vectors"
        self.index.save(path)
        self.index = self.implementation.load(path)

    @invariant()
    def both_hold_the_same(self) -> None:
        known = sorted(self.model)
        assert self.index.stats().vectors == len(known)
        stored = self.index.vectors(ids(*known)).tolist()
        assert stored == [self.model[identity].tolist() for identity in known]


def test_it_answers_as_a_plain_numpy_model_does(implementation: Implementation) -> None:
    machine = type("AgainstNumpy", (AgainstNumpy,), {"implementation": implementation})
    run_state_machine_as_test(machine, settings=settings(max_examples=40, stateful_step_count=25, deadline=None))
