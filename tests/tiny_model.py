"""A BERT of two layers with chance weights and tokenizers of letters, for tests of what is done with them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]

SHAPE = {"hidden": 32, "layers": 2, "heads": 2, "inner": 64, "positions": 40}
WINDOW = 20
SPECIALS = ["<s>", "<pad>", "</s>", "<unk>"]
LETTERS = "abcdefghijklmnopqrstuvwxyz:.áéíóúñ¿?"


def tokenizer() -> dict[str, Any]:
    vocabulary = [[name, 0.0] for name in SPECIALS]
    vocabulary += [[letter, -5 - rank / 10] for rank, letter in enumerate("▁" + LETTERS)]
    vocabulary += [["▁bomba", -6.0], ["▁la", -5.5], ["<mask>", 0.0]]
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False) | {"special": True}
    metaspace = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    parts: list[dict[str, Any]] = [
        {"SpecialToken": {"id": "<s>", "type_id": 0}},
        {"Sequence": {"id": "A", "type_id": 0}},
        {"SpecialToken": {"id": "</s>", "type_id": 0}},
    ]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            *({"id": number, "content": name, **flags} for number, name in enumerate(SPECIALS)),
            {"id": len(vocabulary) - 1, "content": "<mask>", **flags},
        ],
        "normalizer": None,
        "pre_tokenizer": metaspace,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": parts,
            "pair": [*parts, {"Sequence": {"id": "B", "type_id": 0}}, parts[2]],
            "special_tokens": {
                "<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]},
                "</s>": {"id": "</s>", "ids": [2], "tokens": ["</s>"]},
            },
        },
        "decoder": metaspace,
        "model": {"type": "Unigram", "unk_id": 3, "vocab": vocabulary, "byte_fallback": False},
    }


TOKENIZER = tokenizer()

WORDPIECE_SPECIALS = ["[PAD]", "[unused0]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[unused1]"]
WORDPIECE_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789°±µωº"
WORDPIECE_WORDS = ["the", "pump", "water", "oven", "la", "kiln", "bomb", "##s", "##ing", "##er"]


def wordpiece() -> dict[str, Any]:
    """A tokenizer shaped as the English base model's, with some pieces of other scripts in the midst of the others."""
    pieces = [*WORDPIECE_SPECIALS, *".,:!?¡¿水", *WORDPIECE_CHARACTERS, "ж", "##ж", "פ", "ポ", "##ポ"]
    pieces += [f"##{character}" for character in WORDPIECE_CHARACTERS if character != "s"] + WORDPIECE_WORDS
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False) | {"special": True}
    start, end = ({"SpecialToken": {"id": name, "type_id": 0}} for name in ("[CLS]", "[SEP]"))
    first, second = ({"Sequence": {"id": name, "type_id": 0}} for name in "AB")
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {"id": vocabulary[name], "content": name, **flags}
            for name in WORDPIECE_SPECIALS
            if not name.startswith("[unused")
        ],
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": True,
            "strip_accents": None,
            "lowercase": True,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [start, first, end],
            "pair": [start, first, end, second, end],
            "special_tokens": {
                name: {"id": name, "ids": [vocabulary[name]], "tokens": [name]} for name in ("[CLS]", "[SEP]")
            },
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": vocabulary,
        },
    }


WORDPIECE = wordpiece()


def weights(tokenizer: Mapping[str, Any] = TOKENIZER) -> dict[str, Float32]:
    generator = np.random.default_rng(11)
    hidden, inner = SHAPE["hidden"], SHAPE["inner"]
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings": (len(tokenizer["model"]["vocab"]), hidden),
        "embeddings.position_embeddings": (SHAPE["positions"], hidden),
        "embeddings.token_type_embeddings": (2, hidden),
    }
    norms = ["embeddings.LayerNorm"]
    for layer in range(SHAPE["layers"]):
        prefix = f"encoder.layer.{layer}."
        shapes |= {f"{prefix}attention.self.{name}": (hidden, hidden) for name in ("query", "key", "value")}
        shapes[f"{prefix}attention.output.dense"] = (hidden, hidden)
        shapes[f"{prefix}intermediate.dense"] = (inner, hidden)
        shapes[f"{prefix}output.dense"] = (hidden, inner)
        norms += [f"{prefix}attention.output.LayerNorm", f"{prefix}output.LayerNorm"]
    made = {f"{name}.weight": generator.normal(0, 0.3, shape) for name, shape in shapes.items()}
    made |= {
        f"{name}.bias": generator.normal(0, 0.1, shape[0]) for name, shape in shapes.items() if "embeddings" not in name
    }
    made |= {f"{name}.weight": np.ones(hidden) for name in norms}
    made |= {f"{name}.bias": np.zeros(hidden) for name in norms}
    return {name: array.astype(np.float32) for name, array in made.items()}
