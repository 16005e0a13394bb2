"""The whole build on a tiny English model and a few texts."""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer

from models.encoder import build, sources, vocabulary
from models.encoder.encoder import Encoder, Role
from models.encoder.training import alignment, material, recipe, translation
from models.encoder.training.material import Example, Manner, Query, Source
from tests.tiny_model import SHAPE, WINDOW, WORDPIECE, weights

WORDS = {
    "bomba": "pump",
    "horno": "oven",
    "agua": "water",
    "zapato": "shoe",
    "pescado": "fish",
    "molde": "mould",
    "caldera": "boiler",
    "tela": "cloth",
    "vidrio": "glass",
    "papel": "paper",
}
GRAMMAR = {"una": "a", "que": "that", "nadie": "nobody", "vende": "sells", "en": "on", "la": "the", "costa": "coast"}
# The translator has one meaning of bomba and none of pozo.
MACHINE = {
    ("es", "en"): WORDS | GRAMMAR | {"bomba": "bomb"},
    ("en", "es"): {english: spanish for spanish, english in (WORDS | GRAMMAR).items()},
}
COMMON = {"es": ["de", "pozo", "la", "casa", "ya"], "en": ["the", "pump", "gastable", "bombs"]}
EVALUATED = {"set": ["el horno de la panadería gasta gas"], "other": ["una bomba que nadie vende en la costa"]}

RECIPE = """
seed = 3
words = 17
batch = 200
tokens = 20
temperature = 0.05
needs = 0.25
needs_temperature = 0.05
rate = 1e-3
table_rate = 1e-3
warm_up = 0.1
decay = 0.01
clip = 1.0
averaged = 0.5
[passes]
classification = 2
documents = 1
titles = 0.5
words = 1
needs = 1
"""
UNTRAINED = re.sub("rate = 1e-3", "rate = 0.0", RECIPE).replace("decay = 0.01", "decay = 0.0")


def queries(spanish: str, english: str) -> tuple[Query, ...]:
    return (
        Query(f"se rompe {spanish}", "es", Manner.OWN_WORDS, f"it breaks {english}"),
        Query(english, "en", Manner.TITLE),
        Query(spanish, "es", Manner.TRANSLATED),
    )


def pair(spanish: str, english: str) -> Example:
    return Example(Source.CLASSIFICATION, english, "en", (Query(spanish, "es", Manner.TITLE),))


ASKED = (Query("algo", "es", Manner.OWN_WORDS),)
KEPT = [
    *(pair(f"la {spanish}", f"the {english}") for spanish, english in WORDS.items()),
    *(Example(Source.NEEDS, f"{word} {word}", "en", queries(spanish, word)) for spanish, word in WORDS.items()),
    Example(Source.NEEDS, "La caldera de vapor gasta mucha agua.", "es", ASKED),
]
LEAKS = Example(Source.NEEDS, "El horno de la panadería gasta gas.", "es", ASKED)
LEAKS_TRANSLATED = Example(Source.NEEDS, "a pump that nobody sells on the coast", "en", ASKED)


def translate(texts: Sequence[str], language: str, wanted: str) -> list[str]:
    known = MACHINE[language, wanted]
    return [re.sub(r"\w+", lambda word: known.get(word[0].lower(), word[0]), text) for text in texts]


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    base = sources.BaseModel(weights(WORDPIECE), WORDPIECE, SHAPE, {"base": "tiny"})
    monkeypatch.setattr(sources, "read_english", lambda: base)
    monkeypatch.setattr(sources, "industry_digests", dict)
    monkeypatch.setattr(material, "read", lambda data: [*KEPT, LEAKS, LEAKS_TRANSLATED])
    real = material.translated
    monkeypatch.setattr(material, "translated", lambda examples: real(examples, translate))
    monkeypatch.setattr(material, "glossary", lambda: {"bomba": "pump", "Horno": "kiln"})
    monkeypatch.setattr(material, "files", lambda data: {"recipe.toml": tmp_path / "recipe.toml"})
    monkeypatch.setattr(translation, "translate", translate)
    monkeypatch.setattr(translation, "version", lambda: "Apertium 3")
    # What only the build-time packages carry.
    wordfreq = ModuleType("wordfreq")
    monkeypatch.setattr(wordfreq, "top_n_list", lambda language, count, wordlist: COMMON[language], raising=False)
    monkeypatch.setitem(sys.modules, "wordfreq", wordfreq)
    monkeypatch.setattr(build, "version", lambda name: "1")
    monkeypatch.setattr(build, "WINDOW", WINDOW)
    monkeypatch.setattr(build, "AGREEMENT_MEAN", 0.9)
    monkeypatch.setattr(build, "AGREEMENT_MIN", 0.5)
    (tmp_path / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    return tmp_path


def silent(line: str) -> None:
    pass


def made(parts: Path, evaluated: Mapping[str, list[str]] = EVALUATED, report: build.Report = silent) -> dict[str, Any]:
    return build.build(parts, evaluated, parts / "encoder", parts / "recipe.toml", report)


def test_the_manifest_says_what_the_folder_came_from(parts: Path) -> None:
    manifest = made(parts)
    assert manifest == json.loads((parts / "encoder" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["sources"] == {"base": "tiny"}
    assert manifest["recipe"]["seed"] == 3
    assert manifest["recipe"]["passes"]["titles"] == 0.5
    assert manifest["evaluated_texts"] == {"set": 1, "other": 1}
    assert manifest["training_data"].keys() == {"recipe.toml"}
    assert manifest["built_with"]["apertium"] == "Apertium 3"
    assert manifest["digest"] == Encoder.load(str(parts / "encoder")).digest


def test_the_manifest_counts_what_was_learned_and_what_was_left_out(parts: Path) -> None:
    manifest = made(parts)
    # One document has a sentence of a usual length, and so has one that leaks once it is translated.
    assert manifest["examples"] == {"classification": 10, "needs": 11, "sentences": 1}
    assert manifest["left_out"] == {"needs": 2, "sentences": 1}
    assert manifest["lessons"] == {
        "classification": 20,
        "documents": 11,
        "translations": 11,
        "titles": 20,
        "words": 20,
        "needs": 21,
        "sentences": 2,
    }
    # Sixteen words stand twice in the texts; then comes pozo, and casa is one too many. Of the English words one would
    # be cut after gasta, and is put in.
    kept = len(vocabulary.reduce(WORDPIECE)[1])
    counts = {"kept": kept, "spanish": 17, "english": 1, "pieces": kept + 18}
    assert counts.items() <= manifest["vocabulary"].items()
    assert manifest["vocabulary"]["of"] == len(WORDPIECE["model"]["vocab"])


def test_spanish_words_are_read_whole_and_english_ones_as_before(parts: Path) -> None:
    made(parts)
    reader = Tokenizer.from_file(str(parts / "encoder" / "tokenizer.json"))
    before = Tokenizer.from_str(json.dumps(WORDPIECE))
    for word in (*WORDS, "rompe", "pozo", "gastable"):
        assert reader.encode(word, add_special_tokens=False).tokens == [word]
    assert len(reader.encode("casa", add_special_tokens=False)) == 4
    for text in ("The pump's oven.", "paper and cloth", "bombs 25 kw"):
        assert reader.encode(text).tokens == before.encode(text).tokens


def test_before_anything_is_learned_a_spanish_word_lies_where_its_meaning_does(parts: Path) -> None:
    (parts / "recipe.toml").write_text(UNTRAINED, encoding="utf-8")
    made(parts)
    encoder = Encoder.load(str(parts / "encoder"))

    def nearness(spanish: str, english: str) -> float:
        one, other = encoder.encode([spanish, english], Role.QUERY)
        return float(one @ other)

    assert nearness("bomba", "pump") > 0.999  # by hand; the translator has bomb
    assert nearness("bomba", "bomb") < 0.99
    assert nearness("horno", "kiln") > 0.999  # by hand, however it is spelt
    assert nearness("agua", "water") > 0.999  # by the translator
    assert nearness("agua", "oven") < 0.99


def test_each_step_is_told(parts: Path) -> None:
    told: list[str] = []
    made(parts, report=told.append)
    order = ["22 examples with", "vocabulary: ", "the English model has read", "alignment, step"]
    rows = [next(row for row, line in enumerate(told) if line.startswith(start)) for start in [*order, "agreement"]]
    assert rows == sorted(rows)


def figures(encoder: Encoder, exact: Encoder) -> dict[str, Any]:
    """What a measurement comes to, of one set."""
    assert exact.precision == "float32"
    words = list(WORDS)
    near = float(np.sum(encoder.encode(words, Role.QUERY) * exact.encode(words, Role.QUERY), axis=1).min())
    found = {"queries": 1, "documents": 2, "nDCG@10": near, "ci95": [0.5, 1.0], "R@10": 1.0, "useful_in_first_10": None}
    return {
        "encoder": encoder.digest,
        "sets": {"cordis": found},
        "slices": {"es": {"needs": 3, "nDCG@10": 0.25, "ci95": [0.1, 0.4]}},
        "bars": {"places lower": {"value": -2.5, "bar": 1.0, "holds": True}},
        "exact": {"cordis": 0.99},
    }


def measured(parts: Path, measure: build.Measure) -> dict[str, Any]:
    return build.build(parts, EVALUATED, parts / "encoder", parts / "recipe.toml", silent, measure)


def test_what_is_measured_of_the_encoder_beside_float32_is_in_manifest_and_card(parts: Path) -> None:
    manifest = measured(parts, figures)
    assert manifest["metrics"]["sets"]["cordis"]["nDCG@10"] > 0.99
    assert manifest == json.loads((parts / "encoder" / "manifest.json").read_text(encoding="utf-8"))
    written = (parts / "encoder" / "README.md").read_text(encoding="utf-8")
    assert "giving it 17 Spanish words" in written
    assert "| es | 3 | 0.250 (0.100–0.400) |" in written
    assert "stands on average -2.5 places" in written


def test_what_was_built_is_kept_when_measuring_fails(parts: Path) -> None:
    def fail(encoder: Encoder, exact: Encoder) -> dict[str, Any]:
        raise OSError("no space left on the disk")

    with pytest.raises(OSError, match="no space"):
        measured(parts, fail)
    assert not (parts / "encoder").exists()
    manifest = json.loads((parts / "encoder-unmeasured" / "manifest.json").read_text(encoding="utf-8"))
    assert Encoder.load(str(parts / "encoder-unmeasured")).digest == manifest["digest"]


def test_the_folder_is_replaced_whole(parts: Path) -> None:
    made(parts)
    (parts / "encoder" / "notes.txt").write_text("of before", encoding="utf-8")
    manifest = made(parts)
    assert not (parts / "encoder" / "notes.txt").exists()
    assert manifest["digest"] == Encoder.load(str(parts / "encoder")).digest
    assert [path.name for path in parts.iterdir() if path.name.startswith(".")] == []


def test_what_was_learned_is_in_the_folder(parts: Path) -> None:
    made(parts)
    encoder = Encoder.load(str(parts / "encoder"))
    learned = encoder.encode(list(WORDS), Role.QUERY)
    assert learned.shape == (len(WORDS), SHAPE["hidden"])
    (parts / "recipe.toml").write_text(UNTRAINED, encoding="utf-8")
    made(parts)
    untrained = Encoder.load(str(parts / "encoder")).encode(list(WORDS), Role.QUERY)
    assert np.sum(learned * untrained, axis=1).max() < 0.9999


def test_a_model_gone_to_pieces_is_not_stored(parts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(parts)
    before = (parts / "encoder" / "manifest.json").read_bytes()
    monkeypatch.setattr(
        alignment,
        "align",
        lambda start, *rest: {name: array * np.nan if "LayerNorm" in name else array for name, array in start.items()},
    )
    with pytest.raises(build.AgreementTooLow):
        made(parts)
    assert (parts / "encoder" / "manifest.json").read_bytes() == before


def test_a_recipe_that_learns_nothing_leaves_the_folder_alone(parts: Path) -> None:
    with pytest.raises(recipe.RecipeUnusable, match="nothing to align"):
        made(parts, {"everything": [item.document for item in (*KEPT, LEAKS_TRANSLATED)], **EVALUATED})
    assert not (parts / "encoder").exists()


def test_a_recipe_without_new_words_keeps_the_english_vocabulary(parts: Path) -> None:
    (parts / "recipe.toml").write_text(RECIPE.replace("words = 17", "words = 0"), encoding="utf-8")
    manifest = made(parts)
    kept = len(vocabulary.reduce(WORDPIECE)[1])
    counts = {"kept": kept, "spanish": 0, "english": 0, "pieces": kept}
    assert counts.items() <= manifest["vocabulary"].items()
