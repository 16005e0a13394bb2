"""
Teaching the encoder Spanish: texts of both languages are drawn to where the English model puts their English version.

Two measures of nearness are used: the cosine with that aim, and how alike the text and its aim rank all documents of
the training halves, which is what retrieval rests on. A need is drawn to its document's aim, away from the others'.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from models.encoder.engines import fastest
from models.encoder.network import Network
from models.encoder.training.lessons import Kind, Lesson
from models.encoder.training.optimiser import Optimiser
from models.encoder.training.reader import Reader, Tokens, vectors
from models.encoder.training.recipe import Recipe, RecipeUnusable

Float32 = npt.NDArray[np.float32]

# Documents whose aims are nearer than this may answer each other's needs and are not held against them.
_SAME = 0.9
_REPORT_EVERY = 20
_PORTION = 2_048


def aims(
    weights: Mapping[str, Float32],
    tokenizer: Mapping[str, Any],
    shape: Mapping[str, int],
    texts: Sequence[str],
    window: int,
    report: Callable[[str], None],
) -> Float32:
    """
    Where the English model puts English texts.

    Args:
        weights: its BERT parameter name → float32 array.
        tokenizer: content of its ``tokenizer.json``.
        shape: of its network.
        texts: what lies beyond the window is not read.
        window: tokens, special ones included.
        report: told of the progress.

    Returns:
        ``(n, d)`` float32 unit vectors.
    """
    network, reader = Network(weights, shape, fastest()).pack(), Reader(tokenizer, window)
    # Texts of about the same length are read together.
    order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
    found = np.empty((len(texts), shape["hidden"]), np.float32)
    with torch.inference_mode():
        for start in range(0, len(order), _PORTION):
            portion = order[start : start + _PORTION]
            found[portion] = vectors(network, reader.read([texts[row] for row in portion])).numpy()
            report(f"the English model has read {start + len(portion)} of {len(texts)} texts")
    return found


def align(
    weights: Mapping[str, Float32],
    tokenizer: Mapping[str, Any],
    shape: Mapping[str, int],
    lessons: Sequence[Lesson],
    aims: Mapping[str, Float32],
    recipe: Recipe,
    report: Callable[[str], None],
) -> dict[str, Float32]:
    """
    Align a model, its word table included.

    Args:
        weights: BERT parameter name → float32 array.
        tokenizer: content of ``tokenizer.json``.
        shape: of the network.
        lessons: what to learn from.
        aims: English text of a lesson → unit vector ``(d,)``.
        recipe: how.
        report: told of the progress.

    Returns:
        the new weights under the same names.

    Raises:
        RecipeUnusable: lessons and recipe make no batch, or no document is among the lessons.
        RuntimeError: a gradient is not finite.
    """
    generator = np.random.default_rng(recipe.seed)
    chosen = [lessons[row] for row in _drawn(lessons, recipe, generator)]
    documents = sorted({lesson.english for lesson in lessons if lesson.kind is Kind.DOCUMENTS})
    tokens = Reader(tokenizer, recipe.tokens).read([lesson.text for lesson in chosen])
    batches = _batches(tokens, recipe.batch)
    if not documents or not batches:
        raise RecipeUnusable("there is nothing to align: too few lessons, or too few passes over them")
    bank = _Bank(documents, aims, recipe)
    network = Network(weights, shape, torch.float32)
    optimiser = Optimiser(
        network,
        len(batches),
        rate=recipe.rate,
        table_rate=recipe.table_rate,
        warm_up=recipe.warm_up,
        decay=recipe.decay,
        clip=recipe.clip,
        averaged=recipe.averaged,
    )
    started, losses = time.monotonic(), []
    for step, rows in enumerate(batches):
        loss = bank.loss(vectors(network, [tokens[row] for row in rows]), [chosen[row] for row in rows])
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        losses.append(loss.item())
        if (step + 1) % _REPORT_EVERY == 0 or step + 1 == len(batches):
            mean = sum(losses[-_REPORT_EVERY:]) / len(losses[-_REPORT_EVERY:])
            report(f"alignment, step {step + 1} of {len(batches)}, loss {mean:.3f}, {time.monotonic() - started:.0f} s")
    optimiser.finish()
    return network.export()


class _Bank:
    """The aims of all documents, and what is minimised against them."""

    def __init__(self, documents: Sequence[str], aims: Mapping[str, Float32], recipe: Recipe) -> None:
        self._rows = {document: row for row, document in enumerate(documents)}
        self._aims = aims
        self._vectors = torch.from_numpy(np.stack([aims[document] for document in documents])).to(torch.bfloat16)
        self._recipe = recipe

    def loss(self, read: Tensor, lessons: Sequence[Lesson]) -> Tensor:
        """
        Args:
            read: ``(n, d)`` float32 unit vectors of the lessons' texts.
            lessons: ``n`` of them.

        Returns:
            what is to become small, a single number.
        """
        wanted = torch.from_numpy(np.stack([self._aims[lesson.english] for lesson in lessons]))
        needs = torch.tensor([lesson.kind is Kind.NEEDS for lesson in lessons])
        total = torch.zeros(())
        if bool((~needs).any()):
            total = total + self._distance(read[~needs], wanted[~needs])
        if bool(needs.any()):
            own = torch.tensor([self._rows[lesson.english] for lesson in lessons if lesson.kind is Kind.NEEDS])
            total = total + self._recipe.needs * self._contrast(read[needs], wanted[needs], own)
        return total

    def _distance(self, read: Tensor, wanted: Tensor) -> Tensor:
        cosine = (read * wanted).sum(dim=1).mean()
        ours, theirs = (self._scores(part, self._recipe.temperature).log_softmax(dim=1) for part in (read, wanted))
        ranking = functional.kl_div(ours, theirs, log_target=True, reduction="batchmean")
        return 1 - cosine + ranking

    def _contrast(self, read: Tensor, wanted: Tensor, own: Tensor) -> Tensor:
        same = self._scores(wanted, 1.0) > _SAME
        same[torch.arange(len(own)), own] = False
        scores = self._scores(read, self._recipe.needs_temperature)
        return functional.cross_entropy(scores.masked_fill(same, -torch.inf), own)

    def _scores(self, vectors: Tensor, temperature: float) -> Tensor:
        """Cosines with all documents ``(n, documents)`` over a temperature."""
        return (vectors.to(torch.bfloat16) @ self._vectors.T).float() / temperature


def _drawn(lessons: Sequence[Lesson], recipe: Recipe, generator: np.random.Generator) -> list[int]:
    """The rows of ``lessons`` in the order of the training."""
    drawn: list[int] = []
    for kind in Kind:
        own = [row for row, lesson in enumerate(lessons) if lesson.kind is kind]
        whole, part = divmod(recipe.passes.get(kind, 0), 1)
        drawn += own * int(whole) + generator.permutation(own)[: round(part * len(own))].astype(int).tolist()
    order: list[int] = generator.permutation(drawn).astype(int).tolist()
    return order


def _batches(tokens: Sequence[Tokens], size: int) -> list[list[int]]:
    """Rows in order, in batches of at most ``size`` tokens."""
    batches: list[list[int]] = [[]]
    total = 0
    for row, text in enumerate(tokens):
        if total + len(text) > size and batches[-1]:
            batches.append([])
            total = 0
        batches[-1].append(row)
        total += len(text)
    return [batch for batch in batches if batch]
