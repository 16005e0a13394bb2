"""The whole build on a tiny base model and a few texts."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.encoder import build, sources
from models.encoder.encoder import Encoder, Role
from models.encoder.training import finetune, material, recipe, translation
from tests.tiny_model import SHAPE, TOKENIZER, WINDOW, weights

WORDS = ["bomba", "horno", "zapato", "pescado", "molde", "caldera", "pozo", "tela", "vidrio", "papel"]
EVALUATED = {"set": ["el horno de la panadería gasta gas"], "other": ["una bomba que nadie vende en la costa"]}

RECIPE = """
seed = 3
members = 2
neighbours = 2
tokens = 20
temperature = 0.05
memory = 4
translation = 0.3
translated = 0.5
rate = 1e-3
warm_up = 0.1
decay = 0.01
clip = 1.0
averaged = 0.5
[passes]
needs = 2
classification = 2
[batch]
needs = 4
classification = 4
"""


def example(source: material.Source, document: str, query: str) -> material.Example:
    return material.Example(source, document, "en", (material.Query(query, "es", material.Manner.TITLE),))


EXAMPLES = [
    *(example(material.Source.NEEDS, f"{word} {word}", word[::-1]) for word in WORDS),
    *(example(material.Source.CLASSIFICATION, f"la {word}", word) for word in WORDS),
    example(material.Source.NEEDS, "El horno de la panadería gasta gas.", "algo"),
]


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    base = sources.BaseModel(weights(), TOKENIZER, SHAPE, {"base": "tiny"})
    monkeypatch.setattr(sources, "read_packages", lambda: base)
    monkeypatch.setattr(material, "read", lambda data: EXAMPLES)
    monkeypatch.setattr(material, "translated", list)
    monkeypatch.setattr(sources, "industry_digests", dict)
    monkeypatch.setattr(material, "files", lambda data: {"recipe.toml": tmp_path / "recipe.toml"})
    # Choosing pieces needs lists of words that only the build-time packages carry.
    monkeypatch.setattr(build, "_choose", lambda base, examples: list(range(len(TOKENIZER["model"]["vocab"]))))
    monkeypatch.setattr(build, "WINDOW", WINDOW)
    monkeypatch.setattr(build, "version", lambda name: "1")
    monkeypatch.setattr(translation, "version", lambda: "1")
    monkeypatch.setattr(build, "AGREEMENT_MEAN", 0.9)
    monkeypatch.setattr(build, "AGREEMENT_MIN", 0.5)
    (tmp_path / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    return tmp_path


def made(parts: Path, evaluated: Mapping[str, list[str]] = EVALUATED) -> dict[str, Any]:
    return build.build(parts, evaluated, parts / "encoder", parts / "recipe.toml", lambda line: None)


def test_the_manifest_says_what_the_folder_came_from(parts: Path) -> None:
    manifest = made(parts)
    assert manifest == json.loads((parts / "encoder" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["examples"] == {"needs": 10, "classification": 10}
    assert manifest["left_out"] == {"needs": 1}
    assert manifest["evaluated_texts"] == {"set": 1, "other": 1}
    assert manifest["recipe"]["seed"] == 3
    assert manifest["digest"] == Encoder.load(str(parts / "encoder")).digest


def figures(encoder: Encoder, exact: Encoder) -> dict[str, Any]:
    """What a measurement comes to, of one set."""
    assert exact.precision == "float32"
    near = float(np.sum(encoder.encode(WORDS, Role.QUERY) * exact.encode(WORDS, Role.QUERY), axis=1).min())
    found = {"queries": 1, "documents": 2, "nDCG@10": near, "ci95": [0.5, 1.0], "R@10": 1.0, "useful_in_first_10": None}
    return {
        "encoder": encoder.digest,
        "sets": {"cordis": found},
        "slices": {"es": {"needs": 3, "nDCG@10": 0.25, "ci95": [0.1, 0.4]}},
        "bars": {"places lower": {"value": -2.5, "bar": 1.0, "holds": True}},
        "exact": {"cordis": 0.99},
    }


def measured(parts: Path, measure: build.Measure) -> dict[str, Any]:
    return build.build(parts, EVALUATED, parts / "encoder", parts / "recipe.toml", lambda line: None, measure)


def test_what_is_measured_of_the_encoder_beside_float32_is_in_manifest_and_card(parts: Path) -> None:
    manifest = measured(parts, figures)
    assert manifest["metrics"]["sets"]["cordis"]["nDCG@10"] > 0.99
    assert manifest == json.loads((parts / "encoder" / "manifest.json").read_text(encoding="utf-8"))
    written = (parts / "encoder" / "README.md").read_text(encoding="utf-8")
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
    vectors = encoder.encode(WORDS, Role.QUERY)
    assert vectors.shape == (len(WORDS), SHAPE["hidden"])
    assert np.isfinite(vectors).all()


def test_a_model_gone_to_pieces_is_not_stored(parts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(parts)
    before = (parts / "encoder" / "manifest.json").read_bytes()
    broken = {name: array * np.nan if "LayerNorm" in name else array for name, array in weights().items()}
    monkeypatch.setattr(finetune, "finetune", lambda *arguments: broken)
    with pytest.raises(build.AgreementTooLow):
        made(parts)
    assert (parts / "encoder" / "manifest.json").read_bytes() == before


def test_a_recipe_that_learns_nothing_leaves_the_folder_alone(parts: Path) -> None:
    with pytest.raises(recipe.RecipeUnusable, match="nothing to learn"):
        made(parts, {"everything": [item.document for item in EXAMPLES]})
    assert not (parts / "encoder").exists()
