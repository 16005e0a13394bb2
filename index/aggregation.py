"""How the passages of a document make up its score."""

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]

# Of a document's first passage: it says what the document is about, and holds its title. docs/encoder.md has what was
# compared.
LEAD = 0.3
# Names the formula: what was learned from scores holds for one of it.
SCORING = f"best passage {1 - LEAD:.1f}, first {LEAD:.1f}"


def document_scores(products: Float32, starts: npt.NDArray[np.int64]) -> Float32:
    """
    Scores of documents for one text: the mean over the text's passages of the document's best passage (weight 0.7) and
    its first one (0.3).

    Args:
        products: ``(m, p)`` products of the text's passages with all passages, those of a document in a row.
        starts: ``(n,)`` where each document's passages begin, rising from 0.

    Returns:
        ``(n,)`` scores, in [-1, 1] for unit vectors.
    """
    best = np.maximum.reduceat(products, starts, axis=1)
    scores: Float32 = ((1 - LEAD) * best + LEAD * products[:, starts]).mean(axis=0)
    return scores
