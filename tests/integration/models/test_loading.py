"""Tiny models written by ``artefact.save`` and loaded by the libraries, as the shipped one and the baseline are."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Dense, Normalize
from tokenizers import Tokenizer

from models.encoder import artefact, vocabulary
from models.encoder.build import BASELINE_PROMPTS
from models.encoder.encoder import Encoder, EncoderUnavailable, Role
from tests.tiny_model import SHAPE, TOKENIZER, WINDOW, WORDPIECE, weights

Float32 = npt.NDArray[np.float32]

# The last is longer than the window.
TEXTS = ["la bomba pierde presión", "a pump", "", "horno", "la bomba pierde agua y presión por la junta"]
BILINGUAL = vocabulary.extend(vocabulary.reduce(WORDPIECE)[0], ["bomba", "presion"])
TOKENIZERS = {"WordPiece": BILINGUAL, "Unigram": TOKENIZER}


def as_quantised(weight: Float32, bits: int) -> Float32:
    """Codes times scales; the library multiplies in the precision of the scales, half, and widens the product."""
    codes, scales = artefact.quantise(weight, bits)
    result: Float32 = (codes * scales.repeat(32, axis=1)).astype(np.float32)
    return result


def save(
    folder: Path,
    values: Mapping[str, Float32] | None = None,
    *,
    tokenizer: Mapping[str, Any] = BILINGUAL,
    bits: int | None = 8,
    prompts: Mapping[str, str] = artefact.PROMPTS,
) -> Path:
    artefact.save(folder, values or weights(tokenizer), tokenizer, SHAPE, bits=bits, window=WINDOW, prompts=prompts)
    return folder


def library(folder: Path) -> SentenceTransformer:
    return SentenceTransformer(str(folder), device="cpu", local_files_only=True)


def vectors(folder: Path, prompt: str = "query") -> Float32:
    found: Float32 = library(folder).encode(TEXTS, prompt_name=prompt, show_progress_bar=False)
    return found


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture(scope="module")
def prompted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Written as the baseline is."""
    return save(tmp_path_factory.mktemp("prompted") / "model", tokenizer=TOKENIZER, prompts=BASELINE_PROMPTS)


@pytest.mark.parametrize("bits", [4, 8])
def test_packed_weights_are_restored_while_loading(tmp_path: Path, bits: int) -> None:
    packed_layers = ("dense.weight", "query.weight", "key.weight", "value.weight", "word_embeddings.weight")
    restored = {
        name: as_quantised(weight, bits) if name.endswith(packed_layers) else weight
        for name, weight in weights(BILINGUAL).items()
    }
    packed = vectors(save(tmp_path / "packed", bits=bits))
    plain = vectors(save(tmp_path / "plain", restored, bits=None))
    assert packed == pytest.approx(plain, abs=1e-5)
    assert np.abs(packed - vectors(save(tmp_path / "unquantised", bits=None))).max() > 1e-4


@pytest.mark.parametrize("tokenizer", TOKENIZERS.values(), ids=TOKENIZERS)
def test_a_tokenizer_of_either_kind_is_read_by_the_library_as_by_ourselves(
    tmp_path: Path, tokenizer: dict[str, Any]
) -> None:
    folder = save(tmp_path / "model", tokenizer=tokenizer, bits=None)
    own = Tokenizer.from_str(json.dumps(tokenizer)).encode_batch(TEXTS)
    assert library(folder).tokenizer(TEXTS)["input_ids"] == [encoding.ids for encoding in own]
    assert len(own[-1]) > WINDOW
    encoder = Encoder.load(str(folder), exact=True)
    assert encoder.encode(TEXTS, Role.QUERY) == pytest.approx(vectors(folder), abs=1e-5)


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("WordPiece", ["[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]"]),
        ("Unigram", ["<s>", "</s>", "<pad>", "<unk>", "<mask>"]),
    ],
)
def test_the_library_knows_the_special_tokens(tmp_path: Path, kind: str, names: list[str]) -> None:
    tokenizer = TOKENIZERS[kind]
    folder = save(tmp_path / "model", tokenizer=tokenizer)
    known = library(folder).tokenizer
    assert [known.cls_token, known.sep_token, known.pad_token, known.unk_token, known.mask_token] == names
    numbers = Tokenizer.from_str(json.dumps(tokenizer)).get_vocab()
    assert [numbers[name] for name in names] == known.convert_tokens_to_ids(names)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert config["pad_token_id"] == known.pad_token_id


def test_each_role_has_its_prompt(prompted: Path) -> None:
    plain = library(prompted).encode([f"query: {text}" for text in TEXTS], show_progress_bar=False)
    assert vectors(prompted, "query") == pytest.approx(plain, abs=1e-5)
    assert np.abs(vectors(prompted, "query") - vectors(prompted, "passage")).max() > 1e-3


def test_without_prompts_query_and_passage_are_read_alike(tiny: Path) -> None:
    assert (vectors(tiny, "query") == vectors(tiny, "passage")).all()
    encoder = Encoder.load(str(tiny))
    assert (encoder.encode(TEXTS, Role.QUERY) == encoder.encode(TEXTS, Role.PASSAGE)).all()


def test_an_encoder_of_another_folder_can_be_loaded(prompted: Path) -> None:
    encoder = Encoder.load(str(prompted))
    assert (encoder.dimension, encoder.window) == (32, WINDOW)
    assert encoder.encode(TEXTS, Role.PASSAGE) == pytest.approx(vectors(prompted, "passage"), abs=5e-2)


def test_a_model_without_prompts_reads_the_bare_text(prompted: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(prompted, tmp_path / "bare")
    (folder / "config_sentence_transformers.json").unlink()
    encoder = Encoder.load(str(folder))
    assert (encoder.encode(TEXTS, Role.QUERY) == encoder.encode(TEXTS, Role.PASSAGE)).all()
    passages = encoder.passages("bomba " * 40)
    assert len(passages) > 2
    assert " ".join(passages).split() == ["bomba"] * 40


def test_a_model_saved_again_by_the_library_makes_the_same_vectors(tiny: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    library(tiny).save(str(copy))
    again, first = Encoder.load(str(copy)), Encoder.load(str(tiny))
    assert again.encode(TEXTS, Role.QUERY) == pytest.approx(first.encode(TEXTS, Role.QUERY), abs=2e-2)


def test_an_affine_layer_at_the_end_is_left_to_the_library_and_counts(tiny: Path, tmp_path: Path) -> None:
    generator = np.random.default_rng(12)
    weight = generator.normal(0, 0.3, (32, 32)).astype(np.float32)
    bias = generator.normal(0, 0.3, 32).astype(np.float32)
    layer = Dense(32, 32, activation_function=torch.nn.Identity())
    layer.linear.load_state_dict({"weight": torch.from_numpy(weight), "bias": torch.from_numpy(bias)})
    folder = tmp_path / "affine"
    library(tiny).append(layer).append(Normalize()).save(str(folder))
    moved = vectors(tiny) @ weight.T + bias
    expected = moved / np.linalg.norm(moved, axis=1, keepdims=True)
    assert Encoder.load(str(folder)).encode(TEXTS, Role.QUERY) == pytest.approx(expected, abs=5e-2)


class TestDigest:
    def test_the_same_files_have_the_same_digest_wherever_they_lie(self, tiny: Path, tmp_path: Path) -> None:
        copy = shutil.copytree(tiny, tmp_path / "elsewhere")
        assert Encoder.load(str(copy)).digest == Encoder.load(str(tiny)).digest

    @pytest.mark.parametrize("name", ["README.md", "manifest.json", ".gitattributes"])
    def test_documentation_does_not_count(self, tiny: Path, tmp_path: Path, name: str) -> None:
        copy = shutil.copytree(tiny, tmp_path / "documented")
        (copy / name).write_text("{}", encoding="utf-8")
        assert Encoder.load(str(copy)).digest == Encoder.load(str(tiny)).digest

    @pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "1_Pooling/config.json"])
    def test_any_change_to_what_decides_a_vector_counts(self, tiny: Path, tmp_path: Path, name: str) -> None:
        copy = shutil.copytree(tiny, tmp_path / "changed")
        content = (copy / name).read_bytes()
        changed = content[:-1] + bytes([content[-1] ^ 1]) if name.endswith("safetensors") else content + b" "
        (copy / name).write_bytes(changed)
        assert Encoder.load(str(copy)).digest != Encoder.load(str(tiny)).digest


def halved(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


SPOILT: dict[str, tuple[str, Callable[[Path], object]]] = {
    "no weights": ("model.safetensors", Path.unlink),
    "half the weights": ("model.safetensors", halved),
    "empty weights": ("model.safetensors", lambda path: path.write_bytes(b"")),
    "no configuration": ("config.json", Path.unlink),
    "half a configuration": ("config.json", halved),
    "a list as configuration": ("config.json", lambda path: path.write_text("[]")),
    "no tokenizer": ("tokenizer.json", Path.unlink),
    "half a tokenizer": ("tokenizer.json", halved),
    "an empty tokenizer": ("tokenizer.json", lambda path: path.write_text("{}")),
    "half a list of modules": ("modules.json", halved),
    "no modules": ("modules.json", lambda path: path.write_text("[]")),
    "an unknown module": (
        "modules.json",
        lambda path: path.write_text('[{"idx": 0, "name": "0", "path": "", "type": "x.Y"}]'),
    ),
    "half a pooling": ("1_Pooling/config.json", halved),
    "an empty pooling": ("1_Pooling/config.json", lambda path: path.write_text("{}")),
}


class TestUnavailable:
    @pytest.mark.parametrize(("name", "spoil"), SPOILT.values(), ids=SPOILT)
    def test_files_that_do_not_load_make_the_encoder_unavailable(
        self, tiny: Path, tmp_path: Path, name: str, spoil: Callable[[Path], object]
    ) -> None:
        folder = shutil.copytree(tiny, tmp_path / "spoilt")
        spoil(folder / name)
        with pytest.raises(EncoderUnavailable) as raised:
            Encoder.load(str(folder))
        assert raised.value.name == str(folder)
        assert raised.value.reason

    @pytest.mark.parametrize("missing", ["absent", "a/deep/absent"])
    def test_a_missing_folder_makes_it_unavailable(self, tmp_path: Path, missing: str) -> None:
        with pytest.raises(EncoderUnavailable) as raised:
            Encoder.load(str(tmp_path / missing))
        assert raised.value.name == str(tmp_path / missing)
        assert str(tmp_path / missing) in str(raised.value)

    def test_an_empty_folder_makes_it_unavailable(self, tmp_path: Path) -> None:
        with pytest.raises(EncoderUnavailable):
            Encoder.load(str(tmp_path))


@pytest.mark.parametrize(("capabilities", "precision"), [({"amx_bf16": True}, "bfloat16"), ({}, "float32")])
def test_the_fastest_arithmetic_is_chosen_for_the_processor(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, capabilities: dict[str, bool], precision: str
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    encoder = Encoder.load(str(tiny))
    assert encoder.precision == precision
    assert (encoder.instructions == "AMX") == bool(capabilities)
    monkeypatch.undo()
    exact = Encoder.load(str(tiny), exact=True)
    assert exact.precision == "float32"
    texts = ["la bomba", "el horno gasta gas"]
    assert encoder.encode(texts, Role.QUERY) == pytest.approx(exact.encode(texts, Role.QUERY), abs=2e-2)
