"""compressed-tensors: pack-quantized, int-quantized, float-quantized, naive-quantized, nvfp4- and mxfp4-pack-quantized,
mxfp8-quantized."""
import math
import re

import numpy as np

from packed_bits import Weight, affine, groups_of, pack_nibbles, pack_words, unpack_nibbles, unpack_words
from packed_store import E2M1, E4M3, E8M0, numbers, stored


def scheme_of(config, module):
    """The config group that a Linear of this name belongs to, or None: it is not quantized."""
    def meets(target):
        return re.match(target[3:], module) if target.startswith("re:") else target in (module, "Linear")
    if any(meets(one) for one in config.get("ignore") or []):
        return None
    exact = [one for one in config["config_groups"].values() if any(t != "Linear" and meets(t) for t in one["targets"])]
    return (exact or [one for one in config["config_groups"].values() if any(map(meets, one["targets"]))] or [None])[0]


def _order(pieces, columns, groups):
    """weight_g_idx says the group of each column; −1 in it means that it was never filled in."""
    order = groups_of(columns, math.ceil(columns / groups))
    if "weight_g_idx" in pieces and pieces["weight_g_idx"].array.min() >= 0:
        order = np.asarray(pieces["weight_g_idx"].array)
        if order.max() >= groups:
            raise ValueError(f"weight_g_idx holds {order.max()}, there are {groups} groups")
    return order


def pack_write(codes, scales, zeros, bits, order=None, scale_dtype="BF16", shape_dtype="I64"):
    """Signed codes [out, in], scales [out, groups] ([out, 1] by channel), signed zeros likewise or None."""
    half = 1 << bits - 1
    pieces = {"weight_packed": stored("I32", pack_words(codes.astype(np.int64) + half, bits, 1)),
              "weight_scale": stored(scale_dtype, scales), "weight_shape": stored(shape_dtype, codes.shape)}
    if zeros is not None:
        pieces["weight_zero_point"] = stored("I32", pack_words(zeros.astype(np.int64) + half, bits, 0))
    if order is not None:
        pieces["weight_g_idx"] = stored("I32", order)
    return pieces


def _unpack(words, bits, shape, axis):
    """Codes of a shape packed along an axis: one stream of bits since version 0.18, before it no code crossed words."""
    def packed(count):
        return tuple(count if at == axis else size for at, size in enumerate(shape))
    if words.shape == packed(math.ceil(shape[axis] * bits / 32)):
        return unpack_words(words, bits, shape[axis], axis)
    each = 32 // bits
    if words.shape != packed(math.ceil(shape[axis] / each)):
        raise ValueError(f"words of shape {words.shape} hold no codes of shape {shape}")
    wide = np.moveaxis(np.ascontiguousarray(words).view(np.uint32), axis,
                       -1)[..., None] >> np.arange(each, dtype=np.uint32) * np.uint32(bits)
    codes = (wide & np.uint32((1 << bits) - 1)).reshape(*wide.shape[:-2], -1)[..., :shape[axis]]
    return np.ascontiguousarray(np.moveaxis(codes, -1, axis)).astype(np.int32)


def pack_read(pieces, bits, group):
    out, columns = (int(one) for one in pieces["weight_shape"].array)
    words, half = pieces["weight_packed"].array, 1 << bits - 1
    codes = _unpack(words, bits, (out, columns), 1) - half
    scales, zeros = numbers(pieces["weight_scale"]), None
    groups = math.ceil(columns / (group or columns))
    if scales.size == 1:
        scales = np.broadcast_to(scales.reshape(1, 1), (out, 1))
    if scales.shape != (out, groups):
        raise ValueError(f"weight_scale has shape {scales.shape}, not {(out, groups)}")
    if "weight_zero_point" in pieces:
        kept = pieces["weight_zero_point"]
        zeros = _unpack(kept.array, bits, (out, groups), 0) - half if kept.dtype == "I32" else \
            np.broadcast_to(kept.array, (out, groups)).astype(np.int32)
    order = _order(pieces, columns, groups)
    return Weight(affine(codes, scales, zeros, order), codes, scales, zeros, order if "weight_g_idx" in pieces else None, bits,
                  group)


def spread(scales, shape, tile=None):
    """One scale per element: of the tensor, of a row, of a group of columns, or of a tile of rows and columns."""
    scales, (out, columns) = scales if scales.ndim == 2 else scales.reshape(-1, 1), shape
    if scales.size == 1:
        return np.broadcast_to(scales.reshape(1, 1), shape)
    rows, wide = tile or (1, math.ceil(columns / scales.shape[1]))
    if scales.shape != (math.ceil(out / rows), math.ceil(columns / wide)):
        raise ValueError(f"scales of shape {scales.shape} do not cover {shape} in tiles of {(rows, wide)}")
    return scales[np.arange(out) // rows][:, np.arange(columns) // wide]


def elements_write(codes, element_dtype, scales, scale_dtype, zeros=None, scale_name="weight_scale"):
    """int-quantized, float-quantized and the FP8 checkpoints: elements as they are, scales beside them."""
    pieces = {"weight": stored(element_dtype, codes), scale_name: stored(scale_dtype, scales)}
    if zeros is not None:
        pieces["weight_zero_point"] = stored("I8", zeros)
    return pieces


def elements_read(pieces, tile=None, scale_name="weight_scale"):
    """(element − zero) · scale; every scale but E8M0's (U8) is a number as it is."""
    kept = pieces[scale_name]
    scales = E8M0[kept.array] if kept.dtype == "U8" else numbers(kept)
    elements = numbers(pieces["weight"])
    each, zeros = spread(scales, elements.shape, tile), None
    if "weight_zero_point" in pieces:
        zeros = pieces["weight_zero_point"].array
        elements = elements - spread(zeros.astype(np.float32), elements.shape, tile)
    with np.errstate(all="ignore"):
        return Weight(elements * each, pieces["weight"].array, scales, zeros, None, 8, 0)


def fp4_write(codes, scale_codes, global_scale=None):
    """nvfp4 with a global scale, mxfp4 without; the even column in the low nibble."""
    pieces = {"weight_packed": stored("U8", pack_nibbles(codes, low_first=True)),
              "weight_scale": stored("U8" if global_scale is None else "F8_E4M3", scale_codes)}
    if global_scale is not None:
        pieces["weight_global_scale"] = stored("F32", np.array([global_scale], np.float32))
    return pieces


def fp4_read(pieces):
    """NVFP4: element · (scale / global scale), the quotient rounded to float32. MXFP4: element · 2^(scale − 127)."""
    codes = unpack_nibbles(pieces["weight_packed"].array, low_first=True)
    kept = pieces["weight_scale"].array
    with np.errstate(all="ignore"):
        scales = E4M3[kept] / numbers(pieces["weight_global_scale"]).reshape(1,
                                                                             1) if "weight_global_scale" in pieces else E8M0[kept]
        group = 16 if "weight_global_scale" in pieces else 32
        if scales.shape != (codes.shape[0], math.ceil(codes.shape[1] / group)):
            raise ValueError(f"weight_scale has shape {scales.shape}")
        return Weight(E2M1[codes] * scales[:, groups_of(codes.shape[1], group)], codes, scales, None, None, 4, group)
