"""The network's weights moved along gradients that are known."""

import math

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.encoder.network import TABLE, Network
from models.encoder.training.optimiser import Optimiser, share
from tests.tiny_model import SHAPE, weights

Float32 = npt.NDArray[np.float32]

MATRIX = "encoder.layer.0.output.dense.weight"
VECTOR = "encoder.layer.0.output.dense.bias"
RATE = 1e-3


def network(value: float | None = None) -> Network:
    """The tiny one; ``value`` is that of all of its weights."""
    values = weights()
    if value is not None:
        values = {name: np.full_like(array, value) for name, array in values.items()}
        values["embeddings.token_type_embeddings.weight"] *= 0  # they are added to the positions
    return Network(values, SHAPE, torch.float32)


def moved(
    trained: Network, gradients: list[float], table_rate: float = RATE, decay: float = 0.0, averaged: float = 0.0
) -> dict[str, Float32]:
    """The weights after a step along each of ``gradients``, which is that of all weights."""
    optimiser = Optimiser(
        trained,
        len(gradients),
        rate=RATE,
        table_rate=table_rate,
        warm_up=0.0,
        decay=decay,
        clip=1e9,
        averaged=averaged,
    )
    for gradient in gradients:
        for parameter in trained.parameters():
            parameter.grad = torch.full_like(parameter, gradient)
        optimiser.step()
    optimiser.finish()
    return trained.export()


def shares(steps: int) -> list[float]:
    return [share(step, steps, 0.0) for step in range(steps)]


def test_the_rate_rises_along_a_line_and_falls_along_a_cosine() -> None:
    # Of ten steps four rise; from there half a turn in six steps.
    falling = [(1 + math.cos(math.pi * step / 6)) / 2 for step in range(6)]
    assert [share(step, 10, 0.4) for step in range(10)] == pytest.approx([0.25, 0.5, 0.75, 1.0, *falling])
    assert share(5_000, 5_000, 0.1) == pytest.approx(0)


@given(st.integers(1, 300), st.floats(0, 0.99))
def test_the_rate_never_leaves_its_range_and_rises_once_and_falls_once(steps: int, warm_up: float) -> None:
    found = [share(step, steps, warm_up) for step in range(steps)]
    top = found.index(max(found))
    assert max(found) == 1.0
    assert min(found) > 0
    assert found[: top + 1] == sorted(found[: top + 1])
    assert found[top:] == sorted(found[top:], reverse=True)


def test_a_first_step_is_as_long_as_the_rate_and_the_table_has_its_own() -> None:
    # Adam divides a first gradient by its own size: what is left is its sign.
    after = moved(network(1.0), [0.5], table_rate=0.25)
    assert after[MATRIX] == pytest.approx(1 - RATE)
    assert after[VECTOR] == pytest.approx(1 - RATE)
    assert after[TABLE] == pytest.approx(0.75)


def test_only_matrices_other_than_the_table_decay() -> None:
    after = moved(network(1.0), [0.0], decay=0.5)
    assert after[MATRIX] == pytest.approx(1 - RATE * 0.5, abs=1e-7)
    assert after[VECTOR] == pytest.approx(1, abs=1e-7)
    assert after[TABLE] == pytest.approx(1, abs=1e-7)


def test_steps_too_small_for_bfloat16_are_not_lost() -> None:
    # The nearest bfloat16 below 1 is 0.996: a step of 0.001 rounds back to 1 however often it is made.
    assert torch.tensor(1 - RATE).to(torch.bfloat16).item() == 1
    after = moved(network(1.0), [1.0] * 40)
    assert after[MATRIX] == pytest.approx(1 - RATE * sum(shares(40)), abs=1e-5)


def test_until_it_is_finished_the_network_has_the_weights_of_each_step_in_bfloat16() -> None:
    trained = network(1.0)
    optimiser = Optimiser(trained, 1, rate=0.3, table_rate=0.3, warm_up=0, decay=0, clip=1e9, averaged=0)
    assert {parameter.dtype for parameter in trained.parameters()} == {torch.bfloat16}
    for parameter in trained.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimiser.step()
    nearest = torch.tensor(0.7).to(torch.bfloat16).item()
    for parameter in trained.parameters():
        assert parameter.grad is None
        assert bool((parameter == nearest).all())
    optimiser.finish()
    for parameter in trained.parameters():
        assert parameter.dtype is torch.float32
        assert parameter.detach().numpy() == pytest.approx(0.7, abs=1e-6)


def test_the_result_is_the_mean_over_the_last_steps() -> None:
    # With a gradient that stays the same each step is as long as its rate.
    places = 1 - RATE * np.cumsum(shares(8))
    for averaged, last in ((0.0, 1), (0.25, 2), (0.5, 4), (1.0, 8)):
        after = moved(network(1.0), [1.0] * 8, averaged=averaged)
        assert after[MATRIX] == pytest.approx(places[-last:].mean(), abs=1e-6), averaged


def test_a_long_gradient_is_cut_to_the_norm_that_is_allowed() -> None:
    def second(size: float) -> Float32:
        """The weights after a step along ones and one along ``size``."""
        trained = network(1.0)
        count = sum(parameter.numel() for parameter in trained.parameters())
        optimiser = Optimiser(trained, 2, rate=RATE, table_rate=RATE, warm_up=0, decay=0, clip=count**0.5, averaged=0)
        for gradient in (1.0, size):
            for parameter in trained.parameters():
                parameter.grad = torch.full_like(parameter, gradient)
            optimiser.step()
        optimiser.finish()
        return trained.export()[MATRIX]

    # Ones all over are just as long as is allowed.
    assert second(64.0) == pytest.approx(second(1.0), abs=1e-6)
    assert np.abs(second(-1.0) - second(1.0)).max() > RATE / 2


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_a_gradient_that_is_not_finite_is_refused(wrong: float) -> None:
    trained = network()
    optimiser = Optimiser(trained, 1, rate=RATE, table_rate=RATE, warm_up=0, decay=0, clip=1, averaged=0)
    for parameter in trained.parameters():
        parameter.grad = torch.zeros_like(parameter)
    gradient = trained.positions.grad
    assert gradient is not None
    gradient[0, 0] = wrong
    with pytest.raises(RuntimeError, match="non-finite"):
        optimiser.step()


def test_what_needs_no_gradient_stays_as_it_was() -> None:
    trained = network(1.0)
    trained.word_table.requires_grad_(False)
    before = weights()[TABLE] * 0 + 1
    optimiser = Optimiser(trained, 1, rate=RATE, table_rate=1.0, warm_up=0, decay=0.5, clip=1, averaged=0)
    for parameter in trained.parameters():
        if parameter.requires_grad:
            parameter.grad = torch.ones_like(parameter)
    optimiser.step()
    optimiser.finish()
    assert (trained.export()[TABLE] == before).all()
