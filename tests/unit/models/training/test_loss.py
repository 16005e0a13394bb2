"""The losses on vectors small enough to be worked by hand."""

import math
from typing import cast

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor

from models.encoder.training.batches import Likeness
from models.encoder.training.loss import Asked, Memory, agreement, contrast


class Pairs:
    """Documents of the same tens digit are as good as the same."""

    def same(self, rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        alike: npt.NDArray[np.bool_] = rows[:, None] // 10 == columns[None, :] // 10
        return alike


LIKENESS = cast(Likeness, Pairs())
RIGHT, UP = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])


def loss(documents: list[int], vectors: list[Tensor], asked: list[Asked], memory: Memory) -> float:
    found = contrast(np.array(documents), torch.stack(vectors), asked, memory, LIKENESS, temperature=0.5)
    return found.item()


def of(*vectors: Tensor) -> Asked:
    return Asked(torch.stack(vectors), torch.arange(len(vectors)))


def test_two_pairs_worked_by_hand() -> None:
    # Each query is its document; cosines 1 and 0 over 0.5: -log(e² / (e² + 1)), both ways.
    expected = math.log(1 + math.exp(-2))
    assert loss([10, 20], [RIGHT, UP], [of(RIGHT, UP)], Memory(4)) == pytest.approx(expected)


def test_queries_at_the_wrong_document_cost_more() -> None:
    wrong = loss([10, 20], [RIGHT, UP], [of(UP, RIGHT)], Memory(4))
    assert wrong == pytest.approx(math.log(1 + math.exp(2)))


def test_a_document_as_good_as_the_right_one_is_not_held_against_it() -> None:
    # The third document is the first one again: without it each query has the two choices worked above.
    found = contrast(
        np.array([10, 20, 11]),
        torch.stack([RIGHT, UP, RIGHT]),
        [Asked(torch.stack([RIGHT, UP]), torch.tensor([0, 1]))],
        Memory(4),
        LIKENESS,
        temperature=0.5,
    ).item()
    # Query 1 sees documents 10 and 20; query 2 sees 20, 10 and 11.
    forth = (math.log(1 + math.exp(-2)) + math.log(1 + 2 * math.exp(-2))) / 2
    back = math.log(1 + math.exp(-2))
    assert found == pytest.approx((forth + back) / 2)


def test_remembered_documents_are_further_wrong_answers_for_queries_alone() -> None:
    memory = Memory(4)
    memory.add(np.array([30]), UP[None])
    found = loss([10], [RIGHT], [of(RIGHT)], memory)
    assert found == pytest.approx(math.log(1 + math.exp(-2)) / 2)


def test_a_remembered_copy_of_the_right_document_is_no_wrong_answer() -> None:
    memory = Memory(4)
    memory.add(np.array([10, 15]), torch.stack([RIGHT, UP]))
    assert loss([10], [RIGHT], [of(RIGHT)], memory) == pytest.approx(0)


def test_manners_of_asking_weigh_the_same() -> None:
    good, bad = of(RIGHT, UP), of(UP, RIGHT)
    both = loss([10, 20], [RIGHT, UP], [good, bad], Memory(4))
    apart = [loss([10, 20], [RIGHT, UP], [part], Memory(4)) for part in (good, bad)]
    assert both == pytest.approx(sum(apart) / 2)


def test_memory_forgets_the_oldest_and_holds_no_gradients() -> None:
    memory = Memory(3)
    memory.add(np.array([1, 2]), torch.ones(2, 2, requires_grad=True) * 2)
    memory.add(np.array([3, 4]), torch.ones(2, 2, requires_grad=True) * 3)
    assert memory.documents().tolist() == [2, 3, 4]
    assert memory.vectors()[:, 0].tolist() == [2, 3, 3]
    assert not memory.vectors().requires_grad


def test_agreement_is_least_for_translations_that_lie_on_each_other() -> None:
    titles = torch.stack([RIGHT, UP])
    assert agreement(titles, titles, 0.5).item() == pytest.approx(math.log(1 + math.exp(-2)))
    assert agreement(titles, titles.flip(0), 0.5).item() == pytest.approx(math.log(1 + math.exp(2)))
