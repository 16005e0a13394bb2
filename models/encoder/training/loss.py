"""What is minimised: each query shall be nearer to its document than to any other, and the reverse."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from models.encoder.training.batches import Likeness


@dataclass(frozen=True, slots=True)
class Asked:
    """
    Queries of one manner in a batch.

    Attributes:
        vectors: ``(k, d)`` unit vectors.
        rows: ``(k,)`` which document of the batch each is answered by.
    """

    vectors: Tensor
    rows: Tensor


class Memory:
    """
    Documents of the last batches as further wrong answers (cross-batch memory, Wang et al., CVPR 2020): the weights
    move so slowly that their vectors are still good.
    """

    def __init__(self, size: int) -> None:
        self._kept: deque[tuple[int, Tensor]] = deque(maxlen=size)

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, documents: npt.NDArray[np.int64], vectors: Tensor) -> None:
        """Keep vectors ``(n, d)``; the oldest fall out."""
        self._kept.extend(zip(documents.tolist(), vectors.detach(), strict=True))

    def documents(self) -> npt.NDArray[np.int64]:
        """Which documents are kept ``(m,)``."""
        return np.array([document for document, _ in self._kept], dtype=np.int64)

    def vectors(self) -> Tensor:
        """Their vectors ``(m, d)``."""
        return torch.stack([vector for _, vector in self._kept])


def contrast(
    documents: npt.NDArray[np.int64],
    vectors: Tensor,
    asked: Sequence[Asked],
    memory: Memory,
    likeness: Likeness,
    temperature: float,
) -> Tensor:
    """
    Symmetric InfoNCE (van den Oord et al., 2018; Radford et al., 2021), the mean over the manners of asking.

    Args:
        documents: ``(n,)`` identities of the batch's documents.
        vectors: ``(n, d)`` their unit vectors.
        asked: the queries, manner by manner.
        memory: further wrong answers for the queries.
        likeness: documents that are as good as the right one do not count as wrong.
        temperature: what cosines are divided by.
    """
    others, candidates = documents, vectors
    if len(memory):
        others, candidates = np.concatenate([documents, memory.documents()]), torch.cat([vectors, memory.vectors()])
    same = torch.from_numpy(likeness.same(documents, others))
    losses = []
    for part in asked:
        right = part.vectors @ candidates.T / temperature
        forth = functional.cross_entropy(_without(right, same[part.rows], part.rows), part.rows)
        back = vectors[part.rows] @ part.vectors.T / temperature
        diagonal = torch.arange(len(part.rows))
        losses.append(
            forth + functional.cross_entropy(_without(back, same[part.rows][:, part.rows], diagonal), diagonal)
        )
    return torch.stack(losses).mean() / 2


def agreement(left: Tensor, right: Tensor, temperature: float) -> Tensor:
    """Draw each unit vector of ``left`` ``(k, d)`` to its counterpart in ``right``, away from the others'."""
    scores = left @ right.T / temperature
    diagonal = torch.arange(len(left))
    return (functional.cross_entropy(scores, diagonal) + functional.cross_entropy(scores.T, diagonal)) / 2


def _without(scores: Tensor, same: Tensor, right: Tensor) -> Tensor:
    """Take out the candidates that are as good as the right one, but not the right one itself."""
    out = same.clone()
    out[torch.arange(len(right)), right] = False
    return scores.masked_fill(out, -torch.inf)
