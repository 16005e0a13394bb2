"""Our reader of the folder against the library that writes its packed format."""

import json
import shutil
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from compressed_tensors.compressors.pack_quantized.helpers import pack_to_int32
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from models.encoder import artefact, reading
from tests.tiny_model import SHAPE, TOKENIZER, WINDOW, weights

Float32 = npt.NDArray[np.float32]


@settings(deadline=None)
@given(st.sampled_from([4, 8]), st.integers(1, 4), st.integers(1, 3), st.data())
def test_codes_come_back_as_the_library_packed_them(bits: int, rows: int, groups: int, data: st.DataObject) -> None:
    limit = 1 << (bits - 1)
    codes = data.draw(nps.arrays(np.int8, (rows, 32 * groups), elements=st.integers(-limit, limit - 1)))
    packed = pack_to_int32(torch.from_numpy(codes), bits).numpy()
    restored = reading.unpack(packed, np.ones((rows, groups), np.float16), rows, 32 * groups)
    assert (restored == codes).all()


def test_a_group_is_multiplied_by_its_own_scale() -> None:
    codes = np.full((1, 64), 3, np.int8)
    packed = pack_to_int32(torch.from_numpy(codes), 8).numpy()
    restored = reading.unpack(packed, np.array([[0.5, -2.0]], np.float16), 1, 64)
    assert restored[0, [0, 31, 32, 63]].tolist() == [1.5, 1.5, -6.0, -6.0]


@pytest.mark.parametrize("shape", [(1, 5), (2, 8), (1, 7)])
def test_words_that_hold_another_number_of_weights_are_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="do not hold 1 × 64 weights"):
        reading.unpack(np.zeros(shape, np.int32), np.ones((1, 2), np.float16), 1, 64)


def test_weights_written_in_float32_come_back_exactly() -> None:
    written = artefact.pack_weights(weights(), None)
    restored = reading.restore({name: tensor.numpy() for name, tensor in written.items()})
    assert restored.keys() == weights().keys()
    assert all((restored[name] == array).all() for name, array in weights().items())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    artefact.save(tmp_path / "model", weights(), TOKENIZER, SHAPE, bits=8, window=WINDOW)
    return tmp_path / "model"


def test_a_folder_of_ours_is_readable(folder: Path) -> None:
    assert reading.is_readable(folder)
    found = reading.read(folder)
    assert found.window == WINDOW
    assert found.shape == {"heads": SHAPE["heads"], "layers": SHAPE["layers"]}
    assert found.weights.keys() == weights().keys()


def test_roles_have_no_prompts_but_those_they_are_given(folder: Path, tmp_path: Path) -> None:
    assert not any(reading.read(folder).prompts.values())
    prompts = {"query": "query: ", "passage": "passage: "}
    artefact.save(tmp_path / "asked", weights(), TOKENIZER, SHAPE, bits=8, window=WINDOW, prompts=prompts)
    assert reading.read(tmp_path / "asked").prompts == prompts


def test_a_folder_with_an_affine_layer_at_the_end_is_left_to_the_library(folder: Path) -> None:
    modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
    for number, kind in ((3, "dense.Dense"), (4, "normalize.Normalize")):
        place = {"idx": number, "name": str(number), "path": f"{number}_More"}
        modules.append(place | {"type": f"sentence_transformers.base.modules.{kind}"})
    (folder / "modules.json").write_text(json.dumps(modules), encoding="utf-8")
    assert not reading.is_readable(folder)


@pytest.mark.parametrize(
    ("file", "key", "value"),
    [
        ("config.json", "model_type", "roberta"),
        ("config.json", "hidden_act", "relu"),
        ("1_Pooling/config.json", "pooling_mode", "cls"),
        ("modules.json", None, []),
        ("config.json", None, ["a list"]),
    ],
)
def test_a_folder_laid_out_otherwise_is_left_to_the_library(
    folder: Path, file: str, key: str | None, value: object
) -> None:
    content = json.loads((folder / file).read_text(encoding="utf-8"))
    changed = value if key is None else content | {key: value}
    (folder / file).write_text(json.dumps(changed), encoding="utf-8")
    assert not reading.is_readable(folder)


@pytest.mark.parametrize("name", ["tokenizer.json", "modules.json", "1_Pooling", "config_sentence_transformers.json"])
def test_a_folder_that_lacks_something_is_left_to_the_library(folder: Path, name: str) -> None:
    path = folder / name
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert not reading.is_readable(folder)


def test_no_folder_is_not_readable(tmp_path: Path) -> None:
    assert not reading.is_readable(tmp_path / "nothing")
