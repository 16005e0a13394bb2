"""The transformer written out here against the library's."""

import numpy as np
import numpy.typing as npt
import pytest
import torch
from transformers import BertConfig, BertModel

from models.encoder.network import Network
from tests.tiny_model import SHAPE, TOKENIZER, weights

Float32 = npt.NDArray[np.float32]

TOKENS = torch.tensor([[0, 9, 12, 5, 2], [0, 7, 2, 1, 1], [0, 30, 31, 2, 1], [0, 2, 1, 1, 1]])
LENGTHS = torch.tensor([5, 3, 4, 2])


def library(values: dict[str, Float32]) -> BertModel:
    config = BertConfig(
        vocab_size=len(TOKENIZER["model"]["vocab"]),
        hidden_size=SHAPE["hidden"],
        num_hidden_layers=SHAPE["layers"],
        num_attention_heads=SHAPE["heads"],
        intermediate_size=SHAPE["inner"],
        max_position_embeddings=SHAPE["positions"],
        layer_norm_eps=1e-12,
    )
    model = BertModel(config, add_pooling_layer=False).eval()
    model.load_state_dict({name: torch.from_numpy(array) for name, array in values.items()}, strict=False)
    return model


def expected(values: dict[str, Float32]) -> torch.Tensor:
    mask = torch.arange(TOKENS.shape[1]) < LENGTHS[:, None]
    with torch.no_grad():
        states = library(values)(TOKENS, attention_mask=mask.long()).last_hidden_state
    means: torch.Tensor = (states * mask[..., None]).sum(dim=1) / LENGTHS[:, None]
    return means


@pytest.mark.parametrize("gradients", [True, False])
def test_vectors_are_those_of_the_library(gradients: bool) -> None:
    network = Network(weights(), SHAPE, torch.float32)
    with torch.set_grad_enabled(gradients):
        found = network(TOKENS, LENGTHS)
    assert found.detach().numpy() == pytest.approx(expected(weights()).numpy(), abs=1e-5)
    assert found.requires_grad is gradients


@pytest.mark.parametrize(("dtype", "error"), [(torch.float32, 1e-5), (torch.bfloat16, 5e-2)])
def test_packed_for_the_processor_it_makes_the_same_vectors(dtype: torch.dtype, error: float) -> None:
    network = Network(weights(), SHAPE, dtype).pack()
    with torch.inference_mode():
        found = network(TOKENS, LENGTHS)
    assert found.numpy() == pytest.approx(expected(weights()).numpy(), abs=error)


def test_padding_does_not_matter() -> None:
    network = Network(weights(), SHAPE, torch.float32)
    wider = torch.nn.functional.pad(TOKENS, (0, 3), value=17)
    with torch.no_grad():
        assert network(wider, LENGTHS).numpy() == pytest.approx(network(TOKENS, LENGTHS).numpy(), abs=1e-6)


def test_weights_come_out_as_they_went_in() -> None:
    exported = Network(weights(), SHAPE, torch.float32).export()
    assert exported.keys() == weights().keys()
    for name, array in weights().items():
        assert exported[name] == pytest.approx(array, abs=1e-6), name


def test_everything_is_trained_until_it_is_packed() -> None:
    network = Network(weights(), SHAPE, torch.float32)
    assert all(parameter.requires_grad for parameter in network.parameters())
    assert not any(parameter.requires_grad for parameter in network.pack().parameters())
