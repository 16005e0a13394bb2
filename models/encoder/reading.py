"""
Reading the encoder's folder without the libraries that wrote it: packed weights back to floats in numpy.

The libraries' own way (see :mod:`models.encoder.artefact`) takes several seconds, most of them to import what a running
product does not need.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file

from models.encoder.blocks import BLOCK

Float32 = npt.NDArray[np.float32]

_PACKED = "weight_packed"
_CHAIN = ("Transformer", "Pooling", "Normalize")
_EPSILON = 1e-12


@dataclass(frozen=True, slots=True)
class Artefact:
    """
    What a folder written by :func:`models.encoder.artefact.save` holds.

    Attributes:
        weights: BERT parameter name → float32 array.
        shape: ``heads``, ``layers``.
        window: longest input in tokens.
        prompts: role → what is put before a text.
    """

    weights: dict[str, Float32]
    shape: dict[str, int]
    window: int
    prompts: dict[str, str]


def is_readable(folder: Path) -> bool:
    """Whether the folder is laid out as ours are: a BERT, mean pooling, our packing."""
    try:
        config, pooling = _json(folder / "config.json"), _json(folder / "1_Pooling" / "config.json")
        packing = config.get("quantization_config", {}).get("config_groups", {}).values()
        return (
            tuple(module["type"].rsplit(".", 1)[-1] for module in _json(folder / "modules.json")) == _CHAIN
            and (config["model_type"], config["hidden_act"]) == ("bert", "gelu")
            and config["layer_norm_eps"] == _EPSILON
            and pooling["pooling_mode"] == "mean"
            and all(group["weights"]["group_size"] == BLOCK for group in packing)
            and isinstance(_json(folder / "sentence_bert_config.json")["max_seq_length"], int)
            and isinstance(_json(folder / "config_sentence_transformers.json")["prompts"], dict)
            and all((folder / name).is_file() for name in ("model.safetensors", "tokenizer.json"))
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return False


def read(folder: Path) -> Artefact:
    """
    Read a folder that :func:`is_readable`.

    Raises:
        OSError, ValueError, KeyError: a file is missing or damaged.
    """
    config = _json(folder / "config.json")
    return Artefact(
        weights=restore(load_file(folder / "model.safetensors")),
        shape={"heads": config["num_attention_heads"], "layers": config["num_hidden_layers"]},
        window=_json(folder / "sentence_bert_config.json")["max_seq_length"],
        prompts=_json(folder / "config_sentence_transformers.json")["prompts"],
    )


def restore(stored: Mapping[str, npt.NDArray[Any]]) -> dict[str, Float32]:
    """Float32 weights from what :func:`models.encoder.artefact.pack_weights` stores."""
    weights = {}
    for name, array in stored.items():
        if name.endswith(_PACKED):
            stem = name.removesuffix("_packed")
            rows, columns = (int(size) for size in stored[f"{stem}_shape"])
            weights[stem] = unpack(array, stored[f"{stem}_scale"], rows, columns)
        elif not name.endswith(("weight_scale", "weight_shape")):
            weights[name] = array.astype(np.float32, copy=False)
    return weights


def unpack(packed: npt.NDArray[np.int32], scales: npt.NDArray[np.float16], rows: int, columns: int) -> Float32:
    """
    Restore ``(rows, columns)`` float32 weights from the ``pack-quantized`` format of compressed-tensors: 32-bit words
    hold eight 4-bit or four 8-bit codes, low bits first, each offset to be positive; a weight is its code times the
    scale of its group of 32.

    Raises:
        ValueError: the words do not hold that many weights.
    """
    words = packed.astype("<i4", copy=False)
    bits = 32 * words.shape[1] // columns
    if bits not in (4, 8) or words.shape != (rows, columns * bits // 32):
        raise ValueError(f"words of shape {packed.shape} do not hold {rows} × {columns} weights")
    stored = words.view(np.uint8)
    if bits == 4:
        stored = np.stack([stored & 0x0F, stored >> 4], axis=-1).reshape(rows, columns)
    codes = stored.astype(np.float32) - (1 << (bits - 1))
    restored: Float32 = codes.reshape(rows, columns // BLOCK, BLOCK) * scales.astype(np.float32)[..., None]
    return restored.reshape(rows, columns)


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
