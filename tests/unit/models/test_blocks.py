import struct

import numpy as np
import pytest

from models.encoder.blocks import BLOCK, BYTES_PER_BLOCK, unpack


def block(scale: float, nibbles: list[int]) -> bytes:
    """A block as the layout says it: little-endian half, then low nibbles 0–15 and high nibbles 16–31."""
    return struct.pack("<e", scale) + bytes(
        low | high << 4 for low, high in zip(nibbles[:16], nibbles[16:], strict=True)
    )


def packed(*rows: bytes) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    return np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), -1)


def test_a_block_worked_by_hand() -> None:
    # 0x3800 is 0.5 as a half. Byte n is 0x(n)(15 - n): weight n is (15 - n - 8) / 2, weight 16 + n is (n - 8) / 2.
    row = bytes([0x00, 0x38, *(n << 4 | (15 - n) for n in range(16))])
    weights = unpack(packed(row), 32)
    first = [3.5, 3.0, 2.5, 2.0, 1.5, 1.0, 0.5, 0.0, -0.5, -1.0, -1.5, -2.0, -2.5, -3.0, -3.5, -4.0]
    assert weights.tolist() == [first + first[::-1]]
    assert weights.dtype == np.float32


def test_each_block_of_a_row_has_its_own_scale() -> None:
    row = block(1.0, [9] * 32) + block(-2.0, [9] * 32) + block(0.0, [0] * 32)
    assert unpack(packed(row), 96).tolist() == [[1.0] * 32 + [-2.0] * 32 + [0.0] * 32]


def test_rows_stay_apart() -> None:
    weights = unpack(packed(block(1.0, [0] * 32), block(0.25, [15] * 32)), 32)
    assert weights.tolist() == [[-8.0] * 32, [1.75] * 32]


def test_the_whole_range_of_halves_can_be_a_scale() -> None:
    smallest, largest = 2.0**-24, 65504.0
    weights = unpack(packed(block(smallest, [7] * 32) + block(largest, [7] * 32)), 64)
    assert weights.tolist() == [[-smallest] * 32 + [-largest] * 32]


def test_no_rows_give_no_weights() -> None:
    assert unpack(np.zeros((0, BYTES_PER_BLOCK), np.uint8), BLOCK).shape == (0, BLOCK)


@pytest.mark.parametrize(("width", "columns"), [(18, 64), (36, 32), (17, 32), (18, 31), (18, 33), (0, 32), (18, 0)])
def test_bytes_that_do_not_belong_to_the_columns_are_refused(width: int, columns: int) -> None:
    with pytest.raises(ValueError, match=f"{width} bytes a row cannot hold {columns} weights"):
        unpack(np.zeros((2, width), np.uint8), columns)
