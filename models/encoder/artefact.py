"""
Writing the encoder's folder: packed weights, tokenizer and prompts, all in the library's own modules.

``SentenceTransformer(folder)`` loads the result with no network and no code of ours: linear layers and the word
table are stored in the ``pack-quantized`` format of compressed-tensors and restored to floats while loading.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from compressed_tensors.compressors.pack_quantized.helpers import pack_to_int32
from safetensors.torch import save_file

from models.encoder.blocks import BLOCK

Float32 = npt.NDArray[np.float32]

# Query and passage are read alike.
PROMPTS = {"query": "", "document": "", "passage": ""}
# What the names of its special tokens are called, by the kind of tokenizer.
_NAMES = {
    "WordPiece": {
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
        "pad_token": "[PAD]",
        "unk_token": "[UNK]",
        "mask_token": "[MASK]",
    },
    "Unigram": {
        "bos_token": "<s>",
        "cls_token": "<s>",
        "eos_token": "</s>",
        "sep_token": "</s>",
        "pad_token": "<pad>",
        "unk_token": "<unk>",
        "mask_token": "<mask>",
    },
}


def save(
    folder: Path,
    weights: Mapping[str, Float32],
    tokenizer: Mapping[str, Any],
    shape: Mapping[str, int],
    *,
    bits: int | None,
    window: int,
    prompts: Mapping[str, str] = PROMPTS,
) -> None:
    """
    Write a complete sentence-transformers folder.

    Args:
        folder: created if absent; existing files of the same names are replaced.
        weights: BERT parameter name → float32 array.
        tokenizer: content of ``tokenizer.json`` with the same vocabulary size as the word table.
        shape: ``hidden``, ``layers``, ``heads``, ``inner``, ``positions``.
        bits: 4 or 8 bits a weight, with one float16 scale for each 32 neighbours of a row; ``None`` keeps float32.
        window: the longest input, in tokens, special tokens included.
        prompts: role → what is put before a text.
    """
    folder.mkdir(parents=True, exist_ok=True)
    hidden = shape["hidden"]
    save_file(pack_weights(weights, bits), folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False), encoding="utf-8")
    names, vocabulary = _NAMES[tokenizer["model"]["type"]], tokenizer["model"]["vocab"]
    numbers = vocabulary if isinstance(vocabulary, dict) else {piece: row for row, (piece, _) in enumerate(vocabulary)}
    pad = numbers[names["pad_token"]]
    _write(folder / "config.json", _bert_config(len(vocabulary), pad, shape, bits))
    _write(
        folder / "tokenizer_config.json",
        {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": window, **names},
    )
    _write(
        folder / "sentence_bert_config.json",
        {"max_seq_length": window, "do_lower_case": False, "model_kwargs": {"add_pooling_layer": False}},
    )
    _write(folder / "config_sentence_transformers.json", {"prompts": dict(prompts), "similarity_fn_name": "cosine"})
    chain = [
        ("", "base.modules.transformer.Transformer"),
        ("1_Pooling", "sentence_transformer.modules.pooling.Pooling"),
    ]
    _write(folder / "1_Pooling" / "config.json", {"embedding_dimension": hidden, "pooling_mode": "mean"})
    chain.append(("2_Normalize", "base.modules.normalize.Normalize"))
    _write(folder / "2_Normalize" / "config.json", {})
    _write(
        folder / "modules.json",
        [
            {"idx": position, "name": str(position), "path": path, "type": f"sentence_transformers.{kind}"}
            for position, (path, kind) in enumerate(chain)
        ],
    )


def pack_weights(weights: Mapping[str, Float32], bits: int | None) -> dict[str, torch.Tensor]:
    """Quantise the linear layers and the word table by rows of 32-weight groups; keep the rest in float32."""
    packed: dict[str, torch.Tensor] = {}
    for name, weight in weights.items():
        if bits is not None and _is_packed(name):
            codes, scales = quantise(weight, bits)
            stem = name.removesuffix("weight")
            packed[f"{stem}weight_packed"] = pack_to_int32(torch.from_numpy(codes), bits)
            packed[f"{stem}weight_scale"] = torch.from_numpy(scales)
            packed[f"{stem}weight_shape"] = torch.tensor(weight.shape)
        else:
            packed[name] = torch.from_numpy(np.ascontiguousarray(weight))
    return packed


def quantise(weights: Float32, bits: int) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float16]]:
    """
    Quantise ``(rows, columns)`` float32 weights to signed codes and one scale for each group of 32.

    A group's scale is its extreme value over ``-2 ** (bits - 1)``, so that the extreme itself is met exactly (the
    reference rule of Q4_0): weights that were restored from Q4_0 blocks go back without loss at four bits.

    Returns:
        int8 codes ``(rows, columns)`` in ``[-2 ** (bits - 1), 2 ** (bits - 1) - 1]`` and float16 scales
        ``(rows, columns / 32)``; a weight is ``code * scale``.

    Raises:
        ValueError: ``columns`` is not a multiple of 32.
    """
    rows, columns = weights.shape
    if columns % BLOCK:
        raise ValueError(f"rows of {columns} weights do not divide into groups of {BLOCK}")
    limit = 1 << (bits - 1)
    groups = weights.reshape(rows, columns // BLOCK, BLOCK)
    extreme = np.take_along_axis(groups, np.abs(groups).argmax(axis=2)[..., None], axis=2)
    scales = (extreme / -limit).astype(np.float16)
    exact = scales.astype(np.float32)
    inverse = np.divide(1.0, exact, out=np.zeros_like(exact), where=exact != 0)
    codes = np.clip(np.rint(groups * inverse), -limit, limit - 1).astype(np.int8)
    return codes.reshape(rows, columns), scales[..., 0]


def _is_packed(name: str) -> bool:
    return name.endswith("weight") and ("dense" in name or "attention.self" in name or "word_embeddings" in name)


def _bert_config(vocabulary: int, pad: int, shape: Mapping[str, int], bits: int | None) -> dict[str, Any]:
    config: dict[str, Any] = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "vocab_size": vocabulary,
        "hidden_size": shape["hidden"],
        "num_hidden_layers": shape["layers"],
        "num_attention_heads": shape["heads"],
        "intermediate_size": shape["inner"],
        "max_position_embeddings": shape["positions"],
        "type_vocab_size": 2,
        "hidden_act": "gelu",
        "layer_norm_eps": 1e-12,
        "pad_token_id": pad,
        "dtype": "float32",
    }
    if bits is not None:
        config["quantization_config"] = _quantization_config(bits)
    return config


def _quantization_config(bits: int) -> dict[str, Any]:
    return {
        "quant_method": "compressed-tensors",
        "format": "pack-quantized",
        "quantization_status": "compressed",
        "dequantize": True,
        "ignore": [],
        "config_groups": {
            "group_0": {
                "targets": ["Linear", "Embedding"],
                "weights": {
                    "num_bits": bits,
                    "type": "int",
                    "symmetric": True,
                    "strategy": "group",
                    "group_size": BLOCK,
                },
            }
        },
    }


def _write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
