import numpy as np
import numpy.typing as npt
import pytest
from compressed_tensors.compressors.pack_quantized.helpers import unpack_from_int32
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from models.encoder.artefact import pack_weights, quantise

Float32 = npt.NDArray[np.float32]

halves = nps.arrays(
    np.float16,
    (3, 2),
    elements=st.floats(-100, 100, width=16).filter(lambda scale: scale != 0),
)
weights_of_any_size = nps.arrays(np.float32, (2, 64), elements=st.floats(-4, 4, width=32))


def codes(bits: int) -> st.SearchStrategy[npt.NDArray[np.int8]]:
    limit = 1 << (bits - 1)
    return nps.arrays(np.int8, (3, 2, 32), elements=st.integers(-limit, limit - 1))


def restored(codes: npt.NDArray[np.int8], scales: npt.NDArray[np.float16]) -> Float32:
    rows, columns = codes.shape
    groups = codes.reshape(rows, columns // 32, 32).astype(np.float32)
    result: Float32 = (groups * scales.astype(np.float32)[..., None]).reshape(rows, columns)
    return result


class TestQuantise:
    def test_a_group_worked_by_hand(self) -> None:
        # The extreme is -4, so the scale is -4 / -8 = 0.5; 0.6 / 0.5 → 1; 3.9 / 0.5 → 8, cut to 7.
        # In the second group the extreme is 4, so the scale is -0.5 and the codes change sign.
        first, second = np.zeros(32, np.float32), np.zeros(32, np.float32)
        first[:4] = [-4.0, 0.6, 3.9, 1.0]
        second[:4] = [4.0, 0.6, -3.9, -1.0]
        found, scales = quantise(np.concatenate([first, second])[None], 4)
        assert scales.tolist() == [[0.5, -0.5]]
        assert found[0, :4].tolist() == [-8, 1, 7, 2]
        assert found[0, 32:36].tolist() == [-8, -1, 7, 2]
        assert not found[0, 4:32].any()
        assert found.dtype == np.int8
        assert scales.dtype == np.float16

    @settings(deadline=None)
    @given(codes(4), halves, st.data())
    def test_weights_restored_from_blocks_go_back_without_loss(
        self, block_codes: npt.NDArray[np.int8], scales: npt.NDArray[np.float16], data: st.DataObject
    ) -> None:
        # The reference quantiser gives the code -8 to the extreme of a block: every block holds one.
        for row, group in np.ndindex(3, 2):
            block_codes[row, group, data.draw(st.integers(0, 31))] = -8
        weights = restored(block_codes.reshape(3, 64), scales)
        found, found_scales = quantise(weights, 4)
        assert (found_scales == scales).all()
        assert (found == block_codes.reshape(3, 64)).all()
        assert (restored(found, found_scales) == weights).all()

    @pytest.mark.parametrize("bits", [4, 8])
    @given(weights=weights_of_any_size)
    @settings(deadline=None)
    def test_the_error_is_bounded_by_the_groups_extreme(self, bits: int, weights: Float32) -> None:
        # Rounding costs half a step. The side opposite to the extreme ends one code earlier, which costs at most a
        # whole step. The scale is rounded to a half: by 2 ** -11 of itself, or by 2 ** -25 among the smallest.
        limit = 1 << (bits - 1)
        found, scales = quantise(weights, bits)
        assert -limit <= found.min() <= found.max() <= limit - 1
        extreme = np.abs(weights).reshape(2, 2, 32).max(axis=2)
        error = np.abs(restored(found, scales) - weights).reshape(2, 2, 32).max(axis=2)
        assert (error <= extreme / limit + extreme * 2.0**-11 + limit * 2.0**-25 + 1e-12).all()

    @pytest.mark.parametrize(("bits", "bound"), [(4, 0.1), (8, 0.0065)])
    def test_the_error_of_normal_weights_is_small(self, bits: int, bound: float) -> None:
        weights = np.random.default_rng(1).standard_normal((64, 384)).astype(np.float32)
        error = restored(*quantise(weights, bits)) - weights
        assert np.sqrt(np.mean(error**2)) < bound

    def test_a_group_of_zeros_stays_zero(self) -> None:
        found, scales = quantise(np.zeros((2, 32), np.float32), 4)
        assert not found.any()
        assert not scales.any()

    def test_weights_too_small_for_a_scale_become_zero(self) -> None:
        found, scales = quantise(np.full((1, 32), 1e-9, np.float32), 4)
        assert not restored(found, scales).any()

    @pytest.mark.parametrize("columns", [1, 31, 33, 48])
    def test_rows_that_do_not_divide_into_groups_are_refused(self, columns: int) -> None:
        with pytest.raises(ValueError, match=f"rows of {columns} weights"):
            quantise(np.zeros((1, columns), np.float32), 4)


class TestPackWeights:
    @pytest.mark.parametrize("bits", [4, 8])
    @pytest.mark.parametrize(
        "stem",
        [
            "embeddings.word_embeddings.",
            "encoder.layer.0.attention.self.query.",
            "encoder.layer.3.attention.output.dense.",
            "encoder.layer.3.intermediate.dense.",
        ],
    )
    def test_linear_layers_and_the_word_table_are_packed(self, stem: str, bits: int) -> None:
        weights = np.random.default_rng(2).standard_normal((5, 64)).astype(np.float32)
        packed = pack_weights({f"{stem}weight": weights}, bits)
        assert set(packed) == {f"{stem}weight_packed", f"{stem}weight_scale", f"{stem}weight_shape"}
        expected_codes, expected_scales = quantise(weights, bits)
        shape = packed[f"{stem}weight_shape"]
        assert shape.tolist() == [5, 64]
        unpacked = unpack_from_int32(packed[f"{stem}weight_packed"], bits, shape)
        assert (unpacked.numpy() == expected_codes).all()
        assert (packed[f"{stem}weight_scale"].numpy() == expected_scales).all()

    @pytest.mark.parametrize(
        "name",
        [
            "embeddings.position_embeddings.weight",
            "embeddings.LayerNorm.weight",
            "encoder.layer.0.output.LayerNorm.weight",
            "encoder.layer.0.attention.self.query.bias",
            "encoder.layer.0.output.dense.bias",
        ],
    )
    def test_the_rest_stays_in_float32(self, name: str) -> None:
        weights = np.linspace(-1, 1, 32, dtype=np.float32)
        packed = pack_weights({name: weights}, 4)
        assert list(packed) == [name]
        assert (packed[name].numpy() == weights).all()

    def test_without_bits_nothing_is_packed(self) -> None:
        weights = np.linspace(-1, 1, 64, dtype=np.float32).reshape(2, 32)
        packed = pack_weights({"embeddings.word_embeddings.weight": weights}, None)
        assert list(packed) == ["embeddings.word_embeddings.weight"]
        assert (packed["embeddings.word_embeddings.weight"].numpy() == weights).all()
