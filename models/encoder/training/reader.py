"""Texts to tokens and to vectors that gradients flow back from."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from models.encoder.engines import pad, portions
from models.encoder.network import Network

Tokens = list[int]

# Padded tokens that go through the network at once.
_PORTION = 8_192


class Reader:
    """Texts to token ids, cut to the longest input."""

    def __init__(self, tokenizer: Mapping[str, Any], longest: int) -> None:
        """
        Args:
            tokenizer: content of ``tokenizer.json``.
            longest: input in tokens, special ones included.
        """
        self._tokenizer = Tokenizer.from_str(json.dumps(tokenizer, ensure_ascii=False))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(longest)

    def read(self, texts: Sequence[str]) -> list[Tokens]:
        """Token ids of each text, the special ones included."""
        return [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]


def vectors(network: Network, texts: Sequence[Tokens]) -> Tensor:
    """Unit vectors ``(n, d)`` float32, the network run on portions of texts of about the same length."""
    order, parts = [], []
    for portion in portions([len(text) for text in texts], _PORTION):
        order += portion
        parts.append(functional.normalize(network(*pad([texts[row] for row in portion])), dim=1))
    places = torch.empty(len(order), dtype=torch.int64)
    places[torch.tensor(order)] = torch.arange(len(order))
    return torch.cat(parts)[places]
