"""Bringing two rankings together."""

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]

# Measured on the dev halves before the first line of this project: half the weight for terms is best or near it.
LEXICAL_WEIGHT = 0.5


def standardise(scores: Float32) -> Float32:
    """Scores ``(n,)`` as distances from their mean in standard deviations; all 0 where they are all equal."""
    if scores.min() == scores.max():
        return np.zeros_like(scores)
    result: Float32 = (scores - scores.mean()) / scores.std()
    return result


def weighted_sum(dense: Float32, lexical: Float32, weight: float = LEXICAL_WEIGHT) -> Float32:
    """``standardise(dense) + weight * standardise(lexical)``, both ``(n,)`` over the same documents."""
    result: Float32 = standardise(dense) + weight * standardise(lexical)
    return result
