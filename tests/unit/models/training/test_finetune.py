"""A tiny model learns a few pairs by heart."""

import json
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
import torch
from tokenizers import Tokenizer

from models.encoder.engines import pad
from models.encoder.network import Network
from models.encoder.training import recipe
from models.encoder.training.finetune import _drawn, finetune
from models.encoder.training.material import Example, Manner, Query, Source
from tests.tiny_model import SHAPE, TOKENIZER, weights

Float32 = npt.NDArray[np.float32]

WORDS = ["bomba", "horno", "zapato", "pescado", "molde", "caldera", "pozo", "tela", "vidrio", "papel"]
EXAMPLES = [
    *(
        Example(
            Source.NEEDS,
            f"{WORDS[n]} {WORDS[-1 - n]}",
            "es",
            (
                Query(f"se rompe {WORDS[n][::-1]}", "es", Manner.OWN_WORDS),
                Query(WORDS[-1 - n], "en", Manner.TITLE),
                Query(WORDS[n], "es", Manner.TRANSLATED),
            ),
        )
        for n in range(5)
    ),
    *(Example(Source.CLASSIFICATION, word, "en", (Query(word[::-1], "es", Manner.TITLE),)) for word in WORDS),
]
RECIPE = replace(
    recipe.read(),
    passes=dict.fromkeys(Source, 30.0),
    batch=dict.fromkeys(Source, 5),
    members=1,
    neighbours=2,
    tokens=40,
    memory=4,
    rate=3e-3,
)


@pytest.fixture(scope="module")
def trained() -> dict[str, Float32]:
    return finetune(weights(), TOKENIZER, SHAPE, EXAMPLES, RECIPE, lambda line: None)


def hits(values: dict[str, Float32]) -> int:
    """How many of the needs find their own document first."""
    reader = Tokenizer.from_str(json.dumps(TOKENIZER))
    network = Network(values, SHAPE, torch.float32)

    def encode(texts: list[str]) -> torch.Tensor:
        with torch.no_grad():
            vectors = network(*pad([encoding.ids for encoding in reader.encode_batch(texts)]))
        return torch.nn.functional.normalize(vectors, dim=1)

    needs = [example for example in EXAMPLES if example.source is Source.NEEDS]
    documents = encode([f"passage: {example.document}" for example in needs])
    queries = encode([f"query: {example.queries[0].text}" for example in needs])
    return int(((queries @ documents.T).argmax(dim=1) == torch.arange(len(needs))).sum())


def test_needs_find_their_documents_afterwards_and_not_before(trained: dict[str, Float32]) -> None:
    assert hits(weights()) <= 2
    assert hits(trained) >= 4


def test_the_word_table_stays_as_it_was_and_everything_else_moves(trained: dict[str, Float32]) -> None:
    before = weights()
    assert trained.keys() == before.keys()
    still = {name for name in before if np.abs(trained[name] - before[name]).max() < 1e-4}
    # Keys shift all scores of a query alike: their bias cannot matter. A text has one segment.
    keys = {f"encoder.layer.{layer}.attention.self.key.bias" for layer in range(SHAPE["layers"])}
    assert still - keys == {"embeddings.word_embeddings.weight", "embeddings.token_type_embeddings.weight"}
    assert (trained["embeddings.word_embeddings.weight"] == before["embeddings.word_embeddings.weight"]).all()


def test_without_a_rate_the_weights_come_back_as_they_were() -> None:
    still = finetune(weights(), TOKENIZER, SHAPE, EXAMPLES, replace(RECIPE, rate=0.0, decay=0.0), lambda line: None)
    for name, array in weights().items():
        assert still[name] == pytest.approx(array, abs=1e-6), name


def test_examples_that_fill_no_batch_are_refused() -> None:
    with pytest.raises(recipe.RecipeUnusable, match="nothing to learn"):
        finetune(weights(), TOKENIZER, SHAPE, EXAMPLES, replace(RECIPE, passes={}), lambda line: None)


def test_the_same_seed_makes_the_same_weights(trained: dict[str, Float32]) -> None:
    again = finetune(weights(), TOKENIZER, SHAPE, EXAMPLES, RECIPE, lambda line: None)
    for name, array in trained.items():
        assert again[name] == pytest.approx(array, abs=1e-6), name


def test_several_trainings_end_in_the_mean_of_their_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    of = replace(RECIPE, passes={Source.NEEDS: 5.0}, members=2, seed=3)
    both = finetune(weights(), TOKENIZER, SHAPE, EXAMPLES, of, lambda line: None)
    one = finetune(weights(), TOKENIZER, SHAPE, EXAMPLES, replace(of, members=1), lambda line: None)
    # The second training alone: what the first would draw is skipped.
    real = np.random.default_rng
    monkeypatch.setattr(np.random, "default_rng", lambda seed: real([3, 1] if isinstance(seed, list) else seed))
    two = finetune(weights(), TOKENIZER, SHAPE, EXAMPLES, replace(of, members=1), lambda line: None)
    for name, mean in both.items():
        assert mean == pytest.approx((one[name] + two[name]) / 2, abs=1e-6), name
    name = "encoder.layer.0.output.dense.weight"
    assert np.abs(one[name] - two[name]).max() > 1e-3


def test_documents_are_read_in_their_translation_as_often_as_the_recipe_says() -> None:
    known = Example(Source.NEEDS, "bomba", "es", EXAMPLES[0].queries, "pump")
    generator = np.random.default_rng(1)
    drawn = [_drawn(known, replace(RECIPE, translated=0.25), generator).document for _ in range(400)]
    assert drawn.count("pump") / 400 == pytest.approx(0.25, abs=0.06)
    plain = replace(known, translation="")
    assert {_drawn(plain, replace(RECIPE, translated=1.0), generator).document for _ in range(20)} == {"bomba"}


@pytest.mark.parametrize("source", [Source.CLASSIFICATION, Source.SENTENCES])
def test_what_is_each_others_translation_is_turned_round_half_of_the_times(source: Source) -> None:
    pair = Example(source, "pump", "en", (Query("bomba", "es", Manner.TRANSLATED),))
    turned = Example(source, "bomba", "es", (Query("pump", "en", Manner.TRANSLATED),))
    generator = np.random.default_rng(1)
    drawn = [_drawn(pair, RECIPE, generator) for _ in range(400)]
    assert drawn.count(pair) + drawn.count(turned) == 400
    assert drawn.count(turned) / 400 == pytest.approx(0.5, abs=0.08)


def test_progress_is_told() -> None:
    told: list[str] = []
    finetune(weights(), TOKENIZER, SHAPE, EXAMPLES, replace(RECIPE, passes={Source.NEEDS: 1.0}), told.append)
    assert told[-1].startswith("step 1 of 1, loss ")
