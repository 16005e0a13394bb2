"""
The transformer of the encoder, written out for processors: BERT (Devlin et al., 2019) with mean pooling.

The library's own model trains three to four times slower there, and spends most of a short query's time between its
modules (docs/encoder.md has the figures). Weights go in and come out under BERT's parameter names, so that the library
loads what is trained here.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

Float32 = npt.NDArray[np.float32]

_EPSILON = 1e-12
# Added to the scores of padding before the softmax; representable in bfloat16.
_NEVER = -1e4
# The number of tokens that weights are laid out for; other numbers run as well.
_ROWS = 64
TABLE = "embeddings.word_embeddings.weight"
_POSITIONS = "embeddings.position_embeddings.weight"
_TYPES = "embeddings.token_type_embeddings.weight"


class Network(nn.Module):
    """Token ids in, mean-pooled vectors out."""

    def __init__(self, weights: Mapping[str, Float32], shape: Mapping[str, int], dtype: torch.dtype) -> None:
        """
        Args:
            weights: BERT parameter name → float32 array.
            shape: ``hidden``, ``layers``, ``heads``.
            dtype: of the parameters and of the arithmetic.
        """
        super().__init__()
        self._heads = shape["heads"]
        self._types = weights[_TYPES]
        self.word_table = nn.Parameter(_tensor(weights[TABLE], dtype))
        # One segment only: its vector is part of every position.
        self.positions = nn.Parameter(_tensor(weights[_POSITIONS] + weights[_TYPES][0], dtype))
        self.norm = _Norm(weights, "embeddings.LayerNorm", dtype)
        self.layers = nn.ModuleList(
            _Layer(weights, f"encoder.layer.{number}", self._heads, dtype) for number in range(shape["layers"])
        )

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """
        Encode padded sequences.

        Args:
            tokens: ``(n, t)`` int64, padded on the right with anything.
            lengths: ``(n,)`` int64, tokens that count, at least 1 each.

        Returns:
            ``(n, d)`` float32 means of the last layer, not normalised.
        """
        width = tokens.shape[1]
        padding = torch.arange(width) >= lengths[:, None]
        states: Tensor = self.norm(functional.embedding(tokens, self.word_table) + self.positions[:width])
        mask = None
        if bool(padding.any()):
            mask = torch.zeros(padding.shape, dtype=states.dtype).masked_fill_(padding, _NEVER)[:, None, None]
        for layer in self.layers:
            states = layer(states, mask)
        kept = states.float().masked_fill(padding[..., None], 0.0)
        return kept.sum(dim=1) / lengths[:, None]

    def pack(self) -> "Network":
        """
        Lay the linear layers out for the processor's matrix units, once instead of at each call: about twice as fast.
        The network can then neither be trained nor exported.
        """
        for part in self.modules():
            if isinstance(part, _Linear):
                part.pack()
        return self.eval().requires_grad_(False)

    def export(self) -> dict[str, Float32]:
        """The parameters under BERT's names, float32."""
        weights = {TABLE: _array(self.word_table), _TYPES: self._types}
        weights[_POSITIONS] = _array(self.positions) - self._types[0]
        weights |= self.norm.export("embeddings.LayerNorm")
        for number, layer in enumerate(self.layers):
            assert isinstance(layer, _Layer)
            weights |= layer.export(f"encoder.layer.{number}")
        return weights


class _Linear(nn.Module):
    """One or more of BERT's linear layers of the same input, as one product."""

    def __init__(self, weights: Mapping[str, Float32], names: tuple[str, ...], dtype: torch.dtype) -> None:
        super().__init__()
        self._names = names
        self.weight = nn.Parameter(_tensor(np.concatenate([weights[f"{name}.weight"] for name in names]), dtype))
        self.bias = nn.Parameter(_tensor(np.concatenate([weights[f"{name}.bias"] for name in names]), dtype))

        self._packed: Tensor | None = None

    def forward(self, states: Tensor, activation: str = "none") -> Tensor:
        """The product, with ``activation`` ``none`` or ``gelu`` applied to it."""
        if self._packed is not None:
            product: Tensor = torch.ops.mkldnn._linear_pointwise(
                states, self._packed, self.bias, activation, [], "none"
            )
            return product
        product = functional.linear(states, self.weight, self.bias)
        return functional.gelu(product) if activation == "gelu" else product

    def pack(self) -> None:
        if torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
            self._packed = torch.ops.mkldnn._reorder_linear_weight(self.weight.detach(), _ROWS)
            self.weight = nn.Parameter(torch.empty(0), requires_grad=False)

    def export(self) -> dict[str, Float32]:
        parts = len(self._names)
        weights = zip(
            self._names, np.split(_array(self.weight), parts), np.split(_array(self.bias), parts), strict=True
        )
        return {f"{name}.{kind}": value for name, weight, bias in weights for kind, value in _named(weight, bias)}


class _Norm(nn.Module):
    """Layer normalisation."""

    def __init__(self, weights: Mapping[str, Float32], name: str, dtype: torch.dtype) -> None:
        super().__init__()
        self.weight = nn.Parameter(_tensor(weights[f"{name}.weight"], dtype))
        self.bias = nn.Parameter(_tensor(weights[f"{name}.bias"], dtype))

    def forward(self, states: Tensor) -> Tensor:
        return functional.layer_norm(states, self.weight.shape, self.weight, self.bias, _EPSILON)

    def export(self, name: str) -> dict[str, Float32]:
        return {f"{name}.{kind}": value for kind, value in _named(_array(self.weight), _array(self.bias))}


class _Layer(nn.Module):
    """Attention and feed-forward, each with its residual and normalisation."""

    def __init__(self, weights: Mapping[str, Float32], name: str, heads: int, dtype: torch.dtype) -> None:
        super().__init__()
        self._heads = heads
        towards = tuple(f"{name}.attention.self.{part}" for part in ("query", "key", "value"))
        self.attend = _Linear(weights, towards, dtype)
        self.gather = _Linear(weights, (f"{name}.attention.output.dense",), dtype)
        self.attended = _Norm(weights, f"{name}.attention.output.LayerNorm", dtype)
        self.widen = _Linear(weights, (f"{name}.intermediate.dense",), dtype)
        self.narrow = _Linear(weights, (f"{name}.output.dense",), dtype)
        self.fed = _Norm(weights, f"{name}.output.LayerNorm", dtype)

    def forward(self, states: Tensor, mask: Tensor | None) -> Tensor:
        count, width, hidden = states.shape
        parts = self.attend(states).view(count, width, 3, self._heads, hidden // self._heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        context = _attention(query, key, value, mask).transpose(1, 2).reshape(count, width, hidden)
        states = self.attended(states + self.gather(context))
        fed: Tensor = self.fed(states + self.narrow(self.widen(states, "gelu")))
        return fed

    def export(self, name: str) -> dict[str, Float32]:
        linear = self.attend.export() | self.gather.export() | self.widen.export() | self.narrow.export()
        norms = self.attended.export(f"{name}.attention.output.LayerNorm") | self.fed.export(f"{name}.output.LayerNorm")
        return linear | norms


def _attention(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
    """Scaled dot-product attention over ``(n, heads, t, d / heads)``."""
    if not torch.is_grad_enabled():
        return functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
    # The fused one has a backward pass that takes twice as long as this.
    scores = (query * query.shape[-1] ** -0.5) @ key.transpose(-1, -2)
    if mask is not None:
        scores = scores + mask
    context: Tensor = scores.softmax(dim=-1) @ value
    return context


def _named(weight: Float32, bias: Float32) -> tuple[tuple[str, Float32], tuple[str, Float32]]:
    return ("weight", weight), ("bias", bias)


def _tensor(array: Float32, dtype: torch.dtype) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array)).to(dtype, copy=True)


def _array(parameter: Tensor) -> Float32:
    return parameter.detach().float().numpy().copy()
