"""A tiny English model learns a few words of Spanish by heart."""

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.encoder.engines import pad
from models.encoder.network import TABLE, Network
from models.encoder.training import alignment, recipe
from models.encoder.training.alignment import _Bank, _drawn, aims, align
from models.encoder.training.lessons import Kind, Lesson
from models.encoder.training.reader import Reader, vectors
from tests.tiny_model import SHAPE, TOKENIZER, WINDOW, weights

Float32 = npt.NDArray[np.float32]

WORDS = {"bomba": "pump", "horno": "oven", "zapato": "shoe", "pescado": "fish", "molde": "mould", "pozo": "well"}
NEEDS = {"se rompe": "pump", "gasta gas": "oven", "le entra agua": "shoe", "no hay hielo": "fish"}
DOCUMENTS = {english: f"a {english}.{english}" for english in WORDS.values()}
LESSONS = [
    *(Lesson(Kind.WORDS, spanish, english) for spanish, english in WORDS.items()),
    *(Lesson(Kind.DOCUMENTS, document, document) for document in DOCUMENTS.values()),
    *(Lesson(Kind.NEEDS, need, DOCUMENTS[english]) for need, english in NEEDS.items()),
]
ENGLISH = sorted({lesson.english for lesson in LESSONS})
RECIPE = replace(
    recipe.read(),
    seed=5,
    passes=dict.fromkeys(Kind, 60.0),
    batch=120,
    tokens=WINDOW,
    needs=1.0,
    rate=3e-3,
    table_rate=3e-3,
)


def silent(line: str) -> None:
    pass


def model() -> dict[str, Float32]:
    """The tiny model without what all texts have in common there: its vectors point in all directions."""
    values = weights()
    with torch.no_grad():
        tokens, network = Reader(TOKENIZER, WINDOW).read(ENGLISH), Network(values, SHAPE, torch.float32)
        values["encoder.layer.1.output.LayerNorm.bias"] -= network(*pad(tokens)).mean(dim=0).numpy()
    return values


MODEL = model()


def english(texts: list[str]) -> Float32:
    return aims(MODEL, TOKENIZER, SHAPE, texts, WINDOW, silent)


@pytest.fixture(scope="module")
def wanted() -> dict[str, Float32]:
    return dict(zip(ENGLISH, english(ENGLISH), strict=True))


def aligned(
    wanted: dict[str, Float32], of: recipe.Recipe = RECIPE, lessons: list[Lesson] = LESSONS
) -> dict[str, Float32]:
    return align(MODEL, TOKENIZER, SHAPE, lessons, wanted, of, silent)


@pytest.fixture(scope="module")
def trained(wanted: dict[str, Float32]) -> dict[str, Float32]:
    return aligned(wanted)


def read(values: dict[str, Float32], texts: list[str]) -> Float32:
    with torch.no_grad():
        found: Float32 = vectors(Network(values, SHAPE, torch.float32), Reader(TOKENIZER, WINDOW).read(texts)).numpy()
    return found


def test_a_spanish_word_comes_to_lie_where_its_english_version_lies(
    wanted: dict[str, Float32], trained: dict[str, Float32]
) -> None:
    own = np.stack([wanted[english] for english in WORDS.values()])
    before, after = (np.sum(read(values, list(WORDS)) * own, axis=1) for values in (MODEL, trained))
    assert before.mean() < 0.6
    assert after.min() > 0.9


def test_an_english_document_stays_where_it_lay(wanted: dict[str, Float32], trained: dict[str, Float32]) -> None:
    documents = list(DOCUMENTS.values())
    own = np.stack([wanted[document] for document in documents])
    assert np.sum(read(trained, documents) * own, axis=1).min() > 0.9


def test_a_need_comes_to_lie_nearer_to_its_document_than_to_anothers(
    wanted: dict[str, Float32], trained: dict[str, Float32]
) -> None:
    documents = np.stack([wanted[document] for document in DOCUMENTS.values()])
    answers = [list(DOCUMENTS).index(english) for english in NEEDS.values()]
    before, after = ((read(values, list(NEEDS)) @ documents.T).argmax(axis=1) for values in (MODEL, trained))
    assert np.sum(before == answers) <= 2
    assert after.tolist() == answers


def test_the_word_table_is_trained_where_texts_were_read_and_nowhere_else(
    trained: dict[str, Float32], wanted: dict[str, Float32]
) -> None:
    before = MODEL
    assert trained.keys() == before.keys()
    used = sorted({token for text in Reader(TOKENIZER, WINDOW).read([one.text for one in LESSONS]) for token in text})
    distance = np.abs(trained[TABLE] - before[TABLE]).max(axis=1)
    assert distance[used].min() > 1e-3
    assert np.delete(distance, used).max() < 1e-6
    still = aligned(wanted, replace(RECIPE, passes={Kind.WORDS: 5.0}, table_rate=0.0))
    assert np.abs(still[TABLE] - before[TABLE]).max() < 1e-6


def test_the_same_seed_makes_the_same_weights_and_another_seed_others(wanted: dict[str, Float32]) -> None:
    short = replace(RECIPE, passes=dict.fromkeys(Kind, 3.0))
    first, again, other = (aligned(wanted, replace(short, seed=seed)) for seed in (1, 1, 2))
    for name, array in first.items():
        assert again[name] == pytest.approx(array, abs=1e-6), name
    assert np.abs(first[TABLE] - other[TABLE]).max() > 1e-4


def test_without_a_rate_the_weights_come_back_as_they_were(wanted: dict[str, Float32]) -> None:
    still = aligned(wanted, replace(RECIPE, passes={Kind.WORDS: 3.0}, rate=0.0, table_rate=0.0))
    for name, array in MODEL.items():
        assert still[name] == pytest.approx(array, abs=1e-6), name


@pytest.mark.parametrize(
    ("of", "lessons"),
    [
        (RECIPE, []),
        (replace(RECIPE, passes={}), LESSONS),
        (RECIPE, [lesson for lesson in LESSONS if lesson.kind is Kind.WORDS]),
    ],
    ids=["no lessons", "no passes", "no documents"],
)
def test_where_there_is_nothing_to_align_that_is_said(
    wanted: dict[str, Float32], of: recipe.Recipe, lessons: list[Lesson]
) -> None:
    once = replace(of, passes=dict.fromkeys(of.passes, 1.0))
    with pytest.raises(recipe.RecipeUnusable, match="nothing to align"):
        aligned(wanted, once, lessons=lessons)


def test_progress_is_told(wanted: dict[str, Float32]) -> None:
    told: list[str] = []
    once = replace(RECIPE, passes={Kind.WORDS: 1.0}, batch=1_000)
    align(MODEL, TOKENIZER, SHAPE, LESSONS, wanted, once, told.append)
    assert [line.partition(", loss ")[0] for line in told] == ["alignment, step 1 of 1"]
    aims(MODEL, TOKENIZER, SHAPE, ["pump", "oven"], WINDOW, told.append)
    assert told[-1] == "the English model has read 2 of 2 texts"


TEXTS = ["pump", "z", "", "a pump that loses pressure at night", "oven", "it is worn", "shoe.shoe", "fish pond" * 9]


@settings(deadline=None, max_examples=15)
@given(st.permutations(range(len(TEXTS))), st.integers(1, 9))
def test_aims_are_unit_vectors_in_the_order_of_the_texts_whatever_their_length(order: list[int], portion: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alignment, "_PORTION", portion)
        found = english([TEXTS[row] for row in order])
    assert found.dtype == np.float32
    assert np.linalg.norm(found, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-5)
    # They are computed in bfloat16: padding moves a vector by a little.
    exact = read(MODEL, TEXTS)
    assert np.sum(found * exact[order], axis=1).min() > 0.999


def test_no_texts_have_no_aims() -> None:
    assert english([]).shape == (0, SHAPE["hidden"])


RIGHT, UP = np.array([1.0, 0.0], np.float32), np.array([0.0, 1.0], np.float32)
NEAR = np.array([0.96, 0.28], np.float32)  # a cosine of 0.96 with RIGHT, of 0.28 with UP


def loss(
    documents: dict[str, Float32], lessons: list[Lesson], read: list[Float32], others: dict[str, Float32] | None = None
) -> float:
    of = replace(RECIPE, temperature=0.5, needs_temperature=0.5, needs=0.25)
    bank = _Bank(list(documents), documents | (others or {}), of)
    return bank.loss(torch.from_numpy(np.stack(read)), lessons).item()


def test_a_text_at_its_aim_costs_nothing() -> None:
    there = [Lesson(Kind.WORDS, "bomba", "pump"), Lesson(Kind.DOCUMENTS, "a pump", "a pump")]
    assert loss({"a pump": RIGHT, "an oven": UP}, there, [UP, RIGHT], {"pump": UP}) == pytest.approx(0, abs=1e-6)


def test_a_text_away_from_its_aim_worked_by_hand() -> None:
    # Cosine 0 costs 1. Its aim ranks the two documents 2 and 0, it ranks them 0 and 2: with p = e² / (e² + 1) for the
    # first, the divergence is 2 p - 2 (1 - p).
    first = math.exp(2) / (math.exp(2) + 1)
    found = loss({"a pump": RIGHT, "an oven": UP}, [Lesson(Kind.WORDS, "bomba", "pump")], [UP], {"pump": RIGHT})
    assert found == pytest.approx(1 + 2 * (2 * first - 1), abs=1e-5)


def test_a_need_is_held_against_the_other_documents_worked_by_hand() -> None:
    need = [Lesson(Kind.NEEDS, "se rompe", "a pump")]
    documents = {"a pump": RIGHT, "an oven": UP}
    # Cosines 1 and 0 over 0.5, weighed by a quarter.
    assert loss(documents, need, [RIGHT]) == pytest.approx(0.25 * math.log(1 + math.exp(-2)), abs=1e-5)
    assert loss(documents, need, [UP]) == pytest.approx(0.25 * math.log(1 + math.exp(2)), abs=1e-5)


def test_documents_that_are_nearly_the_same_are_not_held_against_a_need() -> None:
    need = [Lesson(Kind.NEEDS, "se rompe", "a pump")]
    two, three = {"a pump": RIGHT, "an oven": UP}, {"a pump": RIGHT, "the pump": NEAR, "an oven": UP}
    for place in (RIGHT, NEAR, UP):
        assert loss(three, need, [place]) == pytest.approx(loss(two, need, [place]), abs=1e-6)
    # A need of the other one has that one still.
    other = loss(three, [Lesson(Kind.NEEDS, "gotea", "the pump")], [RIGHT])
    assert other == pytest.approx(0.25 * math.log(1 + math.exp(-2 * 0.96)), abs=1e-2)


def test_needs_and_other_lessons_of_a_batch_weigh_apart() -> None:
    documents, others = {"a pump": RIGHT, "an oven": UP}, {"pump": RIGHT}
    need, word = Lesson(Kind.NEEDS, "se rompe", "a pump"), Lesson(Kind.WORDS, "bomba", "pump")
    both = loss(documents, [need, word, need], [UP, UP, RIGHT], others)
    apart = loss(documents, [need, need], [UP, RIGHT], others) + loss(documents, [word], [UP], others)
    assert both == pytest.approx(apart, abs=1e-5)


@given(st.dictionaries(st.sampled_from(Kind), st.integers(0, 6).map(lambda quarters: quarters / 4)), st.integers(0, 99))
def test_each_lesson_is_seen_as_often_as_the_recipe_says_of_its_kind(passes: dict[Kind, float], seed: int) -> None:
    lessons = [Lesson(kind, f"{kind} {number}", "english") for number in range(4) for kind in list(Kind)[:5]]
    drawn = _drawn(lessons, replace(RECIPE, passes=passes), np.random.default_rng(seed))
    for kind in Kind:
        own = [row for row, lesson in enumerate(lessons) if lesson.kind is kind]
        times = [drawn.count(row) for row in own]
        assert sum(times) == len(own) * passes.get(kind, 0)
        assert max(times, default=0) - min(times, default=0) <= 1
    assert len(drawn) == sum(drawn.count(row) for row in range(len(lessons)))
