"""
Weights stored as 4-bit blocks, the layout known as Q4_0.

Thirty-two neighbouring weights of a row share one scale. Layout of a block, 18 bytes: the scale as
little-endian float16, then 16 bytes whose low nibbles hold weights 0–15 and whose high nibbles hold
weights 16–31. A nibble ``q`` stands for the weight ``(q - 8) * scale``.
Source of the layout: the GGML quantisation formats (``block_q4_0``).
"""

import numpy as np
import numpy.typing as npt

BLOCK = 32
BYTES_PER_BLOCK = 18
_OFFSET = 8

Float32 = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]


def unpack(packed: Bytes, columns: int) -> Float32:
    """
    Restore ``(rows, columns)`` float32 weights from ``(rows, columns / 32 * 18)`` bytes.

    Raises:
        ValueError: the byte width does not belong to ``columns``.
    """
    rows, width = packed.shape
    blocks = columns // BLOCK
    if columns % BLOCK or width != blocks * BYTES_PER_BLOCK:
        raise ValueError(f"{width} bytes a row cannot hold {columns} weights")
    grouped = packed.reshape(rows, blocks, BYTES_PER_BLOCK)
    scales = grouped[:, :, :2].copy().view("<f2").astype(np.float32)
    nibbles = grouped[:, :, 2:]
    low = (nibbles & 0x0F).astype(np.int8) - _OFFSET
    high = (nibbles >> 4).astype(np.int8) - _OFFSET
    weights = np.concatenate([low, high], axis=2).astype(np.float32) * scales
    restored: Float32 = weights.reshape(rows, columns)
    return restored
