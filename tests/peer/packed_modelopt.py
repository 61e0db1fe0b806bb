"""ModelOpt's NVFP4 and the MXFP4 blocks of gpt-oss."""
import numpy as np

from packed_bits import Weight, groups_of, pack_nibbles, unpack_nibbles
from packed_store import E2M1, E4M3, E8M0, numbers, stored


def nvfp4_write(codes, scale_codes, second):
    """weight: two codes to a byte, the even column in the low nibble; weight_scale E4M3; weight_scale_2 a scalar."""
    return {"weight": stored("U8", pack_nibbles(codes, low_first=True)), "weight_scale": stored("F8_E4M3", scale_codes),
            "weight_scale_2": stored("F32", np.float32(second))}


def nvfp4_read(pieces):
    """element · (weight_scale · weight_scale_2), the product of the scales rounded to float32."""
    codes = unpack_nibbles(pieces["weight"].array, low_first=True)
    with np.errstate(all="ignore"):
        scales = E4M3[pieces["weight_scale"].array] * numbers(pieces["weight_scale_2"])
        if scales.shape != (codes.shape[0], codes.shape[1] // 16):
            raise ValueError(f"weight_scale has shape {scales.shape}")
        return Weight(E2M1[codes] * scales[:, groups_of(codes.shape[1], 16)], codes, scales, None, None, 4, 16)


def blocks_write(codes, scale_codes):
    """codes [..., in] → _blocks [..., in / 32, 16] and _scales [..., in / 32]; the even column in the low nibble."""
    packed = pack_nibbles(codes, low_first=True)
    return {"blocks": stored("U8", packed.reshape(*codes.shape[:-1], -1, 16)), "scales": stored("U8", scale_codes)}


def blocks_read(pieces):
    """element · 2^(scale − 127), [experts, out, in] as it lies in the file (transformers turns the last two about)."""
    blocks, kept = pieces["blocks"].array, pieces["scales"].array
    if blocks.shape[:-1] != kept.shape or blocks.shape[-1] != 16:
        raise ValueError(f"blocks {blocks.shape} and scales {kept.shape} do not belong together")
    with np.errstate(all="ignore"):
        values = E2M1[unpack_nibbles(blocks, low_first=True)] * E8M0[kept][..., None]
    shape = (*kept.shape[:-1], kept.shape[-1] * 32)
    codes = unpack_nibbles(blocks, low_first=True).reshape(shape)
    return Weight(values.reshape(shape), codes, E8M0[kept], None, None, 4, 32)
