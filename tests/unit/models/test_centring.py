import numpy as np
import numpy.typing as npt
import pytest

from models.encoder.centring import Centring, Group, fit

Float32 = npt.NDArray[np.float32]

GROUPS: list[Group] = [(language, prompt) for language in ("es", "en") for prompt in ("query", "passage")]
DIMENSION = 24
TEXTS = 300


def unit(vectors: npt.NDArray[np.float64]) -> Float32:
    result: Float32 = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return result


@pytest.fixture(scope="module")
def groups() -> dict[Group, Float32]:
    """The same content in each group, plus a common direction, one for the language and one for the prompt."""
    generator = np.random.default_rng(7)
    content = generator.standard_normal((TEXTS, DIMENSION)) * 0.15
    vectors = {}
    for language, prompt in GROUPS:
        own = content + generator.standard_normal(content.shape) * 0.03
        own[:, 0] = 2.0
        own[:, 1] = (0.6 if language == "es" else -0.6) + generator.standard_normal(TEXTS) * 0.02
        own[:, 2] = (0.4 if prompt == "query" else -0.4) + generator.standard_normal(TEXTS) * 0.02
        vectors[language, prompt] = unit(own)
    return vectors


@pytest.fixture(scope="module")
def layer(groups: dict[Group, Float32]) -> Centring:
    return fit({group: [vectors] for group, vectors in groups.items()})


def centred(layer: Centring, vectors: Float32) -> Float32:
    result: Float32 = vectors @ layer.weight.T + layer.bias
    return result


def test_the_means_of_all_groups_come_together_near_zero(groups: dict[Group, Float32], layer: Centring) -> None:
    before = [vectors.mean(axis=0) for vectors in groups.values()]
    assert min(np.linalg.norm(mean) for mean in before) > 0.8
    assert max(np.linalg.norm(a - b) for a in before for b in before) > 0.5
    after = [centred(layer, vectors).mean(axis=0) for vectors in groups.values()]
    assert max(np.linalg.norm(mean) for mean in after) < 0.02


def test_differences_within_a_group_survive(groups: dict[Group, Float32], layer: Centring) -> None:
    for vectors in groups.values():
        before = vectors[1:] - vectors[:-1]
        after = centred(layer, vectors)[1:] - centred(layer, vectors)[:-1]
        lengths = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
        assert (np.sum(before * after, axis=1) / lengths).min() > 0.95
        assert (np.linalg.norm(after, axis=1) / np.linalg.norm(before, axis=1)).min() > 0.9


def test_a_spanish_query_comes_nearer_to_its_english_passage_than_to_another_spanish_one(
    groups: dict[Group, Float32], layer: Centring
) -> None:
    def share_nearer(read: dict[Group, Float32]) -> float:
        own = np.sum(read["es", "query"] * read["en", "passage"], axis=1)
        other = np.sum(read["es", "query"] * np.roll(read["es", "passage"], 1, axis=0), axis=1)
        return float(np.mean(own > other))

    after = {group: unit(centred(layer, vectors).astype(np.float64)) for group, vectors in groups.items()}
    assert share_nearer(groups) < 0.5
    assert share_nearer(after) > 0.98


def test_the_means_are_those_of_the_groups(groups: dict[Group, Float32], layer: Centring) -> None:
    assert set(layer.means) == set(GROUPS)
    for group, vectors in groups.items():
        assert layer.means[group] == pytest.approx(vectors.mean(axis=0), abs=1e-6)


def test_the_layer_has_the_shape_of_a_dense_one(layer: Centring) -> None:
    assert layer.weight.shape == (DIMENSION, DIMENSION)
    assert layer.bias.shape == (DIMENSION,)
    assert layer.weight.dtype == layer.bias.dtype == np.float32


def test_how_a_group_is_divided_into_sources_does_not_matter(groups: dict[Group, Float32], layer: Centring) -> None:
    divided = fit({group: [vectors[:50], vectors[50:51], vectors[51:]] for group, vectors in groups.items()})
    assert divided.weight == pytest.approx(layer.weight, abs=1e-6)
    assert divided.bias == pytest.approx(layer.bias, abs=1e-6)


def test_a_single_group_is_moved_to_zero_and_otherwise_left_alone() -> None:
    # With one group the mean given the vector is the group's mean whatever the vector: x → x - mean.
    vectors = np.array([[1, 0, 0], [0, 1, 0], [0.6, 0.8, 0], [0, 0, 1]], np.float32)
    layer = fit({("es", "query"): [vectors]})
    assert layer.weight == pytest.approx(np.eye(3), abs=1e-6)
    assert layer.bias == pytest.approx(-np.array([0.4, 0.45, 0.25]), abs=1e-6)
