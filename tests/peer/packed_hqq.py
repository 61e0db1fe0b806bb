"""HQQ as its layers write their state into safetensors: W_q, scale, zero, and every setting as a tensor of its own."""
import math

import numpy as np

from packed_bits import Weight
from packed_store import Stored, numbers, stored

PACKING = {8: "8bit_u8", 4: "4bit_u8", 3: "3bit_32", 2: "2bit_u8", 1: "1bit_u8"}


def _text(text):
    return stored("U8", np.frombuffer(text.encode(), np.uint8))


def pack(codes, bits):
    """codes [rows, columns]: the rows fall into as many equal parts as a word holds codes, the first part highest."""
    parts = 10 if bits == 3 else 8 // bits
    codes = np.pad(codes.astype(np.int64), ((0, -len(codes) % parts), (0, 0))) if bits == 3 else codes.astype(np.int64)
    split = codes.reshape(parts, -1, codes.shape[1])
    packed = sum(split[part] << bits * (parts - 1 - part) for part in range(parts))
    return packed.astype(np.int32 if bits == 3 else np.uint8)


def unpack(packed, bits, rows):
    parts = 10 if bits == 3 else 8 // bits
    wide = packed.astype(np.int64)
    return np.concatenate([wide >> bits * (parts - 1 - part) & (1 << bits) - 1 for part in range(parts)])[:rows]


def write(codes, scales, zeros, bits, axis, group, dtype="float16", as_float=False):
    """codes [out, in]. axis 1: a group is `group` neighbours of the flattened weight; axis 0: the weight is seen as
    [group, −1] and a group is a column of that. scales and zeros: one for each group, zeros are no integers."""
    kind = {"float16": "F16", "bfloat16": "BF16", "float32": "F32"}[dtype]
    seen = codes.reshape((-1, group) if axis == 1 else (group, -1))
    one_each = (len(seen), 1) if axis == 1 else (1, seen.shape[1])
    packed = pack(seen, bits)
    kept = stored("I32" if bits == 3 else "U8", packed)
    if as_float:
        kept = Stored(kind, packed.view(stored(kind, 0).array.dtype))
    flags = {
        "view_as_float": as_float, "quant_scale": False, "quant_zero": False, "offload_meta": False, "encoded_state_dict": True,
        "stores_quant_config": True, "channel_wise": True, "optimize": True, "round_zero": bits == 4
    }
    return {"W_q": kept, "scale": stored(kind, scales.reshape(one_each)), "zero": stored(kind, zeros.reshape(one_each)),
            "nbits": stored("I32", bits), "group_size": stored("I32", group), "shape": stored("I64", codes.shape),
            "axis": stored("I32", axis), "packing": _text(PACKING[bits]), "compute_dtype": _text(f"torch.{dtype}"),
            "unpack_view_dtype": _text("torch.int32" if bits == 3 else "torch.uint8"),
            **{name: stored("U8", int(flag)) for name, flag in flags.items()}}


def read(pieces):
    """(code − zero) · scale, the difference and the product each rounded to float32."""
    bits, axis, group = (int(pieces[name].array) for name in ("nbits", "axis", "group_size"))
    shape = [int(one) for one in pieces["shape"].array]
    packed = np.ascontiguousarray(pieces["W_q"].array).view(np.int32 if bits == 3 else np.uint8)
    rows = group if axis == 0 else math.prod(shape) // group
    codes = unpack(packed, bits, rows)
    scales, zeros = numbers(pieces["scale"]), numbers(pieces["zero"])
    with np.errstate(all="ignore"):
        values = ((codes.astype(np.float32) - zeros) * scales).reshape(shape)
    return Weight(values, codes.reshape(shape), scales.reshape(-1), zeros.reshape(-1), None, bits, group, {"axis": axis})
