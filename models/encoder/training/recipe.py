"""How the encoder is fine-tuned: every number that the result depends on, read from a TOML file."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.encoder.training.material import Source

SHIPPED = Path(__file__).parent / "recipe.toml"


class RecipeUnusable(ValueError):
    """A recipe that cannot be followed."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """
    Attributes:
        seed: of everything drawn by chance.
        members: trainings, each from the base and with draws of its own, whose weights' mean is the result.
        passes: source → how many times each of its examples is seen.
        batch: source → examples in a batch.
        neighbours: examples of a batch that are drawn together because their documents are alike.
        tokens: longest input in tokens while training, special tokens included.
        temperature: what cosines are divided by.
        memory: documents of earlier batches that stand as further wrong answers.
        translation: weight of the loss that draws a title and its translation together.
        translated: share of the documents that are read in their translation, so that a query meets right and wrong
            answers of both languages.
        rate: highest learning rate (AdamW, Loshchilov & Hutter, 2019).
        warm_up: share of the steps in which the rate rises; afterwards it falls to nothing along a cosine.
        decay: weight decay.
        clip: largest norm of the gradient.
        averaged: share of the steps, the last ones, over whose weights the result is the mean.
    """

    seed: int
    members: int
    passes: dict[Source, float]
    batch: dict[Source, int]
    neighbours: int
    tokens: int
    temperature: float
    memory: int
    translation: float
    translated: float
    rate: float
    warm_up: float
    decay: float
    clip: float
    averaged: float


def read(path: Path = SHIPPED) -> Recipe:
    """
    Read a recipe.

    Raises:
        OSError: no such file.
        RecipeUnusable: not TOML, an unknown source, or a number missing or too many.
    """
    try:
        values: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        for name in ("passes", "batch"):
            values[name] = {Source(source): number for source, number in values[name].items()}
        recipe = Recipe(**values)
        wrong = _wrong(recipe)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RecipeUnusable(f"{path}: {error}") from None
    if wrong:
        raise RecipeUnusable(f"{path}: {', '.join(wrong)} out of range")
    return recipe


def _wrong(recipe: Recipe) -> list[str]:
    """The names of the numbers that nothing can be trained with."""
    ranges = {
        "passes": all(number >= 0 for number in recipe.passes.values()) and any(recipe.passes.values()),
        "batch": recipe.passes.keys() <= recipe.batch.keys() and all(size >= 2 for size in recipe.batch.values()),
        "neighbours": recipe.neighbours >= 1,
        "tokens": recipe.tokens >= 8,
        "temperature": recipe.temperature > 0,
        "memory": recipe.memory >= 0,
        "members": recipe.members >= 1,
        "translation": recipe.translation >= 0,
        "translated": 0 <= recipe.translated <= 1,
        "rate": recipe.rate >= 0,
        "warm_up": 0 <= recipe.warm_up < 1,
        "decay": recipe.decay >= 0,
        "clip": recipe.clip > 0,
        "averaged": 0 <= recipe.averaged <= 1,
    }
    return [name for name, holds in ranges.items() if not holds]
