import numpy as np
import pytest
import torch

from models.encoder.network import Network
from models.encoder.training import reader
from models.encoder.training.reader import Reader, vectors
from tests.tiny_model import SHAPE, TOKENIZER, weights

TEXTS = ["la bomba", "z", "un horno que gasta", "", "tela y papel", "pozo", "otra caldera"]


def test_a_text_is_cut_to_the_longest_input_and_never_padded() -> None:
    padded = TOKENIZER | {"padding": {"strategy": {"Fixed": 30}, "direction": "Right", "pad_to_multiple_of": None}}
    padded["padding"] |= {"pad_id": 1, "pad_type_id": 0, "pad_token": "<pad>"}
    short, long = Reader(padded, 8).read(["pozo", "pozo y caldera y otro horno"])
    assert short == Reader(TOKENIZER, 40).read(["pozo"])[0]
    assert len(long) == 8
    assert (long[0], long[-1]) == (short[0], short[-1])  # what begins and ends a text is not cut off


def test_each_text_has_its_unit_vector_in_its_place_however_they_are_portioned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network, tokens = Network(weights(), SHAPE, torch.float32), Reader(TOKENIZER, 20).read(TEXTS)
    with torch.no_grad():
        alone = torch.cat([vectors(network, [ids]) for ids in tokens]).numpy()
        for portion in (1, 20, 8_192):
            monkeypatch.setattr(reader, "_PORTION", portion)
            assert vectors(network, tokens).numpy() == pytest.approx(alone, abs=1e-5), portion
    assert np.linalg.norm(alone, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-6)


def test_gradients_flow_back_from_every_text_to_its_own_words_alone() -> None:
    network, tokens = Network(weights(), SHAPE, torch.float32), Reader(TOKENIZER, 20).read(TEXTS)
    row = TEXTS.index("z")
    vectors(network, tokens)[row, 0].backward()  # type: ignore[no-untyped-call]
    gradient = network.word_table.grad
    assert gradient is not None
    assert set(gradient.abs().sum(dim=1).nonzero()[:, 0].tolist()) == set(tokens[row])
