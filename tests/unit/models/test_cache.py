import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.encoder.cache import CachedEncoder
from models.encoder.encoder import Encoder, Role

Float32 = npt.NDArray[np.float32]


class CountingEncoder(Encoder):
    """Makes a vector of a text's digest and remembers what it was asked."""

    def __init__(self, digest: str = "a" * 64) -> None:
        self.digest = digest
        self.asked: list[str] = []
        self.fails_after = 10_000

    @property
    def dimension(self) -> int:
        return 8

    def encode(self, texts: Sequence[str], role: Role) -> Float32:
        if len(self.asked) + len(texts) > self.fails_after:
            raise RuntimeError("interrupted")
        self.asked += texts
        return expected(texts, role)


def expected(texts: Sequence[str], role: Role = Role.QUERY) -> Float32:
    vectors = np.zeros((len(texts), 8), np.float32)
    for row, text in enumerate(texts):
        digest = hashlib.sha256(f"{role} {text}".encode("utf-8", "surrogatepass")).digest()
        vectors[row] = np.frombuffer(digest, np.int8)[:8]
    return vectors


@pytest.fixture
def encoder() -> CountingEncoder:
    return CountingEncoder()


@pytest.fixture
def cached(encoder: CountingEncoder, tmp_path: Path) -> CachedEncoder:
    return CachedEncoder(encoder, tmp_path / "deep" / "cache")


def the_file(folder: Path) -> Path:
    (path,) = folder.rglob("*.sqlite")
    return path


def test_a_second_call_computes_nothing(cached: CachedEncoder, encoder: CountingEncoder) -> None:
    texts = ["bomba", "horno", "caldera"]
    first = cached.encode(texts, Role.QUERY)
    assert encoder.asked == texts
    assert (first == expected(texts)).all()
    assert first.dtype == np.float32
    assert (cached.encode(texts[::-1], Role.QUERY) == expected(texts[::-1])).all()
    assert encoder.asked == texts


def test_what_is_known_outlives_the_process(cached: CachedEncoder, encoder: CountingEncoder, tmp_path: Path) -> None:
    cached.encode(["bomba"], Role.QUERY)
    later = CountingEncoder()
    again = CachedEncoder(later, tmp_path / "deep" / "cache")
    assert (again.encode(["bomba"], Role.QUERY) == expected(["bomba"])).all()
    assert later.asked == []


def test_only_what_is_not_known_is_computed(cached: CachedEncoder, encoder: CountingEncoder) -> None:
    cached.encode(["b", "d"], Role.QUERY)
    encoder.asked.clear()
    texts = ["a", "b", "c", "d", "e"]
    assert (cached.encode(texts, Role.QUERY) == expected(texts)).all()
    assert sorted(encoder.asked) == ["a", "c", "e"]


def test_a_repeated_text_is_computed_once_and_stands_in_every_row(
    cached: CachedEncoder, encoder: CountingEncoder
) -> None:
    texts = ["a", "b", "a", "a", "b"]
    assert (cached.encode(texts, Role.QUERY) == expected(texts)).all()
    assert sorted(encoder.asked) == ["a", "b"]


def test_a_query_and_a_passage_of_the_same_words_are_two(cached: CachedEncoder, encoder: CountingEncoder) -> None:
    assert (cached.encode(["a"], Role.QUERY) == expected(["a"])).all()
    assert (cached.encode(["a"], Role.PASSAGE) == expected(["a"], Role.PASSAGE)).all()
    assert encoder.asked == ["a", "a"]


@pytest.mark.parametrize(("one", "other"), [("a", "a "), ("a", "A"), ("é", "e\u0301"), ("a\0", "a"), ("a?", "a\ud800")])
def test_texts_that_differ_at_all_are_kept_apart(cached: CachedEncoder, one: str, other: str) -> None:
    cached.encode([other], Role.QUERY)
    assert (cached.encode([one], Role.QUERY) == expected([one])).all()


def test_another_encoder_has_a_file_of_its_own(cached: CachedEncoder, tmp_path: Path) -> None:
    cached.encode(["a"], Role.QUERY)
    other = CountingEncoder("b" * 64)
    CachedEncoder(other, tmp_path / "deep" / "cache").encode(["a"], Role.QUERY)
    assert other.asked == ["a"]
    assert {path.name for path in tmp_path.rglob("*.sqlite")} == {"a" * 16 + ".sqlite", "b" * 16 + ".sqlite"}


def test_no_texts_have_no_vectors(cached: CachedEncoder, encoder: CountingEncoder) -> None:
    assert cached.encode([], Role.QUERY).shape == (0, 8)
    assert encoder.asked == []


def test_thousands_of_texts_are_computed_and_found_again(cached: CachedEncoder, encoder: CountingEncoder) -> None:
    texts = [f"texto {number % 1300}" for number in range(2600)]
    assert (cached.encode(texts, Role.PASSAGE) == expected(texts, Role.PASSAGE)).all()
    assert len(encoder.asked) == 1300
    assert (cached.encode(texts, Role.PASSAGE) == expected(texts, Role.PASSAGE)).all()
    assert len(encoder.asked) == 1300


def test_an_interrupted_run_keeps_what_it_had(cached: CachedEncoder, encoder: CountingEncoder) -> None:
    texts = [f"texto {number}" for number in range(1300)]
    encoder.fails_after = 1200
    with pytest.raises(RuntimeError, match="interrupted"):
        cached.encode(texts, Role.QUERY)
    done = len(encoder.asked)
    assert done >= 512
    encoder.fails_after = 10_000
    assert (cached.encode(texts, Role.QUERY) == expected(texts)).all()
    assert sorted(encoder.asked) == sorted(texts)


def test_the_file_holds_no_text(cached: CachedEncoder, tmp_path: Path) -> None:
    cached.encode(["necesidad confidencial de una empresa"], Role.QUERY)
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or b"confidencial" not in path.read_bytes()


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from("abcdefgh"), max_size=12), st.lists(st.sampled_from("abcdefgh"), max_size=20))
def test_progress_adds_up_to_the_number_of_texts(known: list[str], texts: list[str]) -> None:
    with TemporaryDirectory() as folder:
        cached = CachedEncoder(CountingEncoder(), Path(folder))
        cached.encode(known, Role.QUERY)
        steps: list[int] = []
        cached.encode(texts, Role.QUERY, steps.append)
        assert sum(steps) == len(texts)
        assert min(steps, default=0) >= 0


def test_progress_is_told_while_a_long_run_goes_on(cached: CachedEncoder) -> None:
    steps: list[int] = []
    cached.encode([f"texto {number % 1300}" for number in range(2600)], Role.QUERY, steps.append)
    assert sum(steps) == 2600
    assert len([step for step in steps if step]) >= 3


def test_several_threads_share_a_file(tmp_path: Path) -> None:
    texts = [f"texto {number}" for number in range(100)]

    def encode(_: int) -> bool:
        vectors = CachedEncoder(CountingEncoder(), tmp_path).encode(texts, Role.QUERY)
        return bool((vectors == expected(texts)).all())

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(encode, range(8)))


def deleted(path: Path) -> None:
    path.unlink()


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def overwritten(path: Path) -> None:
    path.write_bytes(b"not a database " * 1000)


def torn(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def spoilt_inside(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)


@pytest.mark.parametrize("spoil", [deleted, emptied, overwritten, torn, spoilt_inside])
class TestSpoiltFiles:
    TEXTS = tuple(f"texto {number}" for number in range(300))

    def test_a_file_spoilt_between_two_runs_is_started_afresh(
        self, tmp_path: Path, spoil: Callable[[Path], None]
    ) -> None:
        CachedEncoder(CountingEncoder(), tmp_path).encode(self.TEXTS, Role.QUERY)
        spoil(the_file(tmp_path))
        again = CachedEncoder(CountingEncoder(), tmp_path)
        assert (again.encode(self.TEXTS, Role.QUERY) == expected(self.TEXTS)).all()

    def test_a_file_spoilt_during_a_run_is_started_afresh(self, tmp_path: Path, spoil: Callable[[Path], None]) -> None:
        encoder = CountingEncoder()
        cached = CachedEncoder(encoder, tmp_path)
        cached.encode(self.TEXTS, Role.QUERY)
        spoil(the_file(tmp_path))
        assert (cached.encode(self.TEXTS, Role.QUERY) == expected(self.TEXTS)).all()
        encoder.asked.clear()
        assert (cached.encode(self.TEXTS, Role.QUERY) == expected(self.TEXTS)).all()
        assert encoder.asked == []
