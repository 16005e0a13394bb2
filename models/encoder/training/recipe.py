"""How the encoder is made: the numbers that a training is tuned by, read from a TOML file."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.encoder.training.lessons import Kind

SHIPPED = Path(__file__).parent / "recipe.toml"


class RecipeUnusable(ValueError):
    """A recipe that cannot be followed."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """
    Attributes:
        seed: of everything drawn by chance.
        words: Spanish words put into the vocabulary, at most.
        passes: kind → how many times each of its lessons is seen.
        batch: tokens of a step, at least those of the longest input.
        tokens: longest input in tokens while training, special tokens included.
        temperature: what cosines with all documents are divided by where two rankings are compared.
        needs: weight of the loss that draws needs to their documents.
        needs_temperature: what cosines are divided by there.
        rate: highest learning rate (AdamW, Loshchilov & Hutter, 2019).
        table_rate: that of the word table.
        warm_up: share of the steps in which the rate rises; afterwards it falls to nothing along a cosine.
        decay: weight decay.
        clip: largest norm of the gradient.
        averaged: share of the steps, the last ones, over whose weights the result is the mean.
    """

    seed: int
    words: int
    passes: dict[Kind, float]
    batch: int
    tokens: int
    temperature: float
    needs: float
    needs_temperature: float
    rate: float
    table_rate: float
    warm_up: float
    decay: float
    clip: float
    averaged: float


def read(path: Path = SHIPPED) -> Recipe:
    """
    Read a recipe.

    Raises:
        OSError: no such file.
        RecipeUnusable: not TOML, an unknown kind of lesson, or a number missing or too many.
    """
    try:
        values: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        values["passes"] = {Kind(kind): number for kind, number in values["passes"].items()}
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
        "words": recipe.words >= 0,
        "passes": all(number >= 0 for number in recipe.passes.values()) and any(recipe.passes.values()),
        "tokens": recipe.tokens >= 8,
        "batch": recipe.batch >= recipe.tokens,
        "temperature": recipe.temperature > 0,
        "needs": recipe.needs >= 0,
        "needs_temperature": recipe.needs_temperature > 0,
        "rate": recipe.rate >= 0,
        "table_rate": recipe.table_rate >= 0,
        "warm_up": 0 <= recipe.warm_up < 1,
        "decay": recipe.decay >= 0,
        "clip": recipe.clip > 0,
        "averaged": 0 <= recipe.averaged <= 1,
    }
    return [name for name, holds in ranges.items() if not holds]
