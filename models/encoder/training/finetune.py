"""The training loop: bfloat16 arithmetic on float32 weights, lengths alike, weights averaged at the end."""

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from models.encoder.artefact import PROMPTS
from models.encoder.engines import pad, portions
from models.encoder.network import TABLE, Network
from models.encoder.training.batches import Likeness, plan
from models.encoder.training.loss import Asked, Memory, agreement, contrast
from models.encoder.training.material import Example, Manner, Query, Source
from models.encoder.training.recipe import Recipe, RecipeUnusable

Float32 = npt.NDArray[np.float32]
Tokens = list[int]

# Padded tokens that go through the network at once.
_PORTION = 8_192
_REPORT_EVERY = 20
_TURNED = (Source.CLASSIFICATION, Source.SENTENCES)


def finetune(
    weights: Mapping[str, Float32],
    tokenizer: dict[str, Any],
    shape: Mapping[str, int],
    examples: Sequence[Example],
    recipe: Recipe,
    report: Callable[[str], None],
) -> dict[str, Float32]:
    """
    Fine-tune a model; the word table stays as it is.

    Args:
        weights: BERT parameter name → float32 array.
        tokenizer: content of ``tokenizer.json``.
        shape: of the network.
        examples: what to learn from.
        recipe: how.
        report: told of the progress.

    Returns:
        the new weights under the same names.

    Raises:
        RecipeUnusable: examples and recipe make no batch.
        RuntimeError: a gradient is not finite.
    """
    if len(examples) * max(recipe.passes.values(), default=0) < 2:
        raise RecipeUnusable("there is nothing to learn: too few examples, or too few passes over them")
    likeness = Likeness(examples)
    reader = _Reader(tokenizer, recipe.tokens)
    total: dict[str, Float32] = {}
    for member in range(recipe.members):
        network = Network(weights, shape, torch.float32)
        generator = np.random.default_rng([recipe.seed, member])
        report(f"training {member + 1} of {recipe.members}")
        _train(network, reader, examples, likeness, recipe, generator, report)
        exported = network.export()
        total = {name: total[name] + weight for name, weight in exported.items()} if total else exported
    # The table is frozen; the network's copy is rounded.
    return {name: weight / np.float32(recipe.members) for name, weight in total.items()} | {TABLE: weights[TABLE]}


def _train(
    network: Network,
    reader: "_Reader",
    examples: Sequence[Example],
    likeness: Likeness,
    recipe: Recipe,
    generator: np.random.Generator,
    report: Callable[[str], None],
) -> None:
    """One training, in place."""
    batches = plan(examples, likeness, recipe, generator)
    optimiser = _Optimiser(network, recipe, len(batches))
    memory = Memory(recipe.memory)
    started, losses = time.monotonic(), []
    for step, rows in enumerate(batches):
        chosen = [_drawn(examples[row], recipe, generator) for row in rows]
        vectors, asked = _encode(network, reader, chosen)
        loss = contrast(rows, vectors, list(asked.values()), memory, likeness, recipe.temperature)
        loss = loss + recipe.translation * _translation(asked, recipe.temperature)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        memory.add(rows, vectors)
        losses.append(loss.item())
        if (step + 1) % _REPORT_EVERY == 0 or step + 1 == len(batches):
            mean = sum(losses[-_REPORT_EVERY:]) / len(losses[-_REPORT_EVERY:])
            report(f"step {step + 1} of {len(batches)}, loss {mean:.3f}, {time.monotonic() - started:.0f} s")
    optimiser.finish()


class _Reader:
    """Texts to token ids, prompts included, cut to the longest input."""

    def __init__(self, tokenizer: dict[str, Any], longest: int) -> None:
        self._tokenizer = Tokenizer.from_str(json.dumps(tokenizer, ensure_ascii=False))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(longest)

    def read(self, prompt: str, texts: Sequence[str]) -> list[Tokens]:
        return [encoding.ids for encoding in self._tokenizer.encode_batch([prompt + text for text in texts])]


class _Optimiser:
    """AdamW on float32 copies of the weights, which are rounded into the network after each step."""

    def __init__(self, network: Network, recipe: Recipe, steps: int) -> None:
        self._network = network
        self._trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
        self._exact = [parameter.detach().float().clone() for parameter in self._trained]
        # From here on the network computes with rounded copies.
        network.to(torch.bfloat16)
        self._sum = [torch.zeros_like(weight) for weight in self._exact]
        # Biases and normalisations are vectors; decay is for matrices.
        groups = [
            {"params": [weight for weight in self._exact if weight.ndim > 1], "weight_decay": recipe.decay},
            {"params": [weight for weight in self._exact if weight.ndim == 1], "weight_decay": 0.0},
        ]
        self._adam = torch.optim.AdamW(groups, lr=recipe.rate)
        self._rate = torch.optim.lr_scheduler.LambdaLR(self._adam, lambda step: _rate(step, steps, recipe.warm_up))
        self._clip = recipe.clip
        self._left = steps
        self._averaged = max(1, round(recipe.averaged * steps))

    def step(self) -> None:
        """Move the weights along the gradients in the network, and clear those."""
        for weight, parameter in zip(self._exact, self._trained, strict=True):
            weight.grad = None if parameter.grad is None else parameter.grad.float()
            parameter.grad = None
        torch.nn.utils.clip_grad_norm_(self._exact, self._clip, error_if_nonfinite=True)
        self._adam.step()
        self._rate.step()
        with torch.no_grad():
            for weight, parameter in zip(self._exact, self._trained, strict=True):
                parameter.copy_(weight)
        self._left -= 1
        if self._left < self._averaged:
            for total, weight in zip(self._sum, self._exact, strict=True):
                total += weight

    def finish(self) -> None:
        """Leave the network in float32, with the mean of the last weights."""
        network = self._network.float()
        trained = (parameter for parameter in network.parameters() if parameter.requires_grad)
        with torch.no_grad():
            for total, parameter in zip(self._sum, trained, strict=True):
                parameter.copy_(total / self._averaged)


def _rate(step: int, steps: int, warm_up: float) -> float:
    """The share of the highest rate at a step: up along a line, down along a cosine."""
    rising = max(1, round(warm_up * steps))
    if step < rising:
        return (step + 1) / rising
    return 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, steps - rising)))


def _drawn(example: Example, recipe: Recipe, generator: np.random.Generator) -> Example:
    """
    An example as it is read this time. What is each other's translation, a classification's titles or a sentence, is
    turned round half of the times; another document is read in its translation in ``recipe.translated`` of them.
    """
    if example.source in _TURNED:
        if generator.random() < 0.5:
            return example
        (query,) = example.queries
        turned = Query(example.document, example.language, query.manner)
        return Example(example.source, query.text, query.language, (turned,))
    if example.translation and generator.random() < recipe.translated:
        return replace(example, document=example.translation)
    return example


def _encode(network: Network, reader: _Reader, examples: Sequence[Example]) -> tuple[Tensor, dict[Manner, Asked]]:
    """Unit vectors of the documents ``(n, d)``, and of the queries by manner."""
    texts = reader.read(PROMPTS["passage"], [example.document for example in examples])
    asked = [(row, query) for row, example in enumerate(examples) for query in example.queries]
    queries = reader.read(PROMPTS["query"], [query.text for _, query in asked])
    vectors = _vectors(network, texts + queries)
    by_manner = {}
    for manner in Manner:
        mine = [position for position, (_, query) in enumerate(asked) if query.manner is manner]
        if not mine:
            continue
        rows = torch.tensor([asked[position][0] for position in mine])
        by_manner[manner] = Asked(vectors[[len(texts) + position for position in mine]], rows)
    return vectors[: len(texts)], by_manner


def _vectors(network: Network, texts: Sequence[Tokens]) -> Tensor:
    """Unit vectors ``(n, d)``, the network run on portions of texts of about the same length."""
    order, parts = [], []
    for portion in portions([len(text) for text in texts], _PORTION):
        order += portion
        parts.append(functional.normalize(network(*pad([texts[row] for row in portion])), dim=1))
    places = torch.empty(len(order), dtype=torch.int64)
    places[torch.tensor(order)] = torch.arange(len(order))
    return torch.cat(parts)[places]


def _translation(asked: Mapping[Manner, Asked], temperature: float) -> Tensor:
    """How far titles are from their translations, where a batch has both."""
    if not {Manner.TITLE, Manner.TRANSLATED} <= asked.keys():
        return torch.zeros(())
    title, translated = asked[Manner.TITLE], asked[Manner.TRANSLATED]
    both = torch.isin(title.rows, translated.rows)
    return agreement(title.vectors[both], translated.vectors, temperature)
