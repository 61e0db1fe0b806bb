"""bitsandbytes as transformers saves it: 4 bits (NF4, FP4; absmax plain or quantized again) and the rows of LLM.int8()."""
import json
import math

import numpy as np

from packed_bits import Weight, pack_nibbles, unpack_nibbles
from packed_store import Stored, numbers, stored

NF4 = np.array([-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
                -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
                0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0], np.float32)
FP4 = np.array([0, 0.0625, 8, 12, 4, 6, 2, 3, 0, -0.0625, -8, -12, -4, -6, -2, -3], np.float32) / np.float32(12)
BOOKS = {"nf4": NF4, "fp4": FP4}
OVER_127 = np.float32(7.874015718698502e-3)


def dynamic_map():
    """The 256 values of bitsandbytes' signed dynamic type: a decimal exponent in unary, the fraction in what bits are left.
    The edges are counted from the nearer end and rounded once, as torch.linspace does: it decides the last bit of some values,
    which is why files carry the map with them."""
    values, one = [0.0, 1.0], np.float32
    for exponent in range(7):
        count = 2**exponent + 1
        step, i = np.float64((one(1) - one(0.1)) / one(count - 1)), np.arange(count)
        edges = np.where(i < count // 2, np.float64(one(0.1)) + step * i, 1 - step * (count - 1 - i)).astype(one)
        middle = one(10.0**(exponent - 6)) * ((edges[:-1] + edges[1:]) / one(2))
        values += [*middle, *-middle]
    return np.sort(np.array(values, one))


def four_bit_write(codes, absmax, kind, block, dtype, nested=None, storage="U8"):
    """codes [out, in]; absmax: float32, one for `block` values of the flattened weight; or, with nested = {"absmax", "map",
    "offset", "block"}, the 8-bit codes of it. storage: the type that the bytes are given to be (quant_storage)."""
    packed = pack_nibbles(codes.reshape(-1), low_first=False)
    state = {"quant_type": kind, "blocksize": block, "dtype": dtype, "shape": list(codes.shape)}
    pieces = {"": Stored(storage, packed.view(stored(storage, 0).array.dtype).reshape(-1, 1)),
              "absmax": stored("U8" if nested else "F32", absmax), "quant_map": stored("F32", BOOKS[kind])}
    if nested:
        state.update(nested_blocksize=nested["block"], nested_dtype="float32", nested_offset=float(nested["offset"]))
        pieces.update(nested_absmax=stored("F32", nested["absmax"]), nested_quant_map=stored("F32", nested["map"]))
    pieces[f"quant_state.bitsandbytes__{kind}"] = stored("U8", np.frombuffer(json.dumps(state).encode(), np.uint8))
    return pieces


def four_bit_read(pieces):
    """value = book[code] · absmax[block]; nested: absmax = map[code] · nested_absmax[block of codes] + offset, each rounded."""
    key, = (one for one in pieces if one.startswith("quant_state.bitsandbytes__"))
    state = json.loads(bytes(pieces[key].array))
    shape, block = state["shape"], state["blocksize"]
    count = math.prod(shape)
    packed = np.ascontiguousarray(pieces[""].array).view(np.uint8).reshape(-1)
    codes = unpack_nibbles(packed, low_first=False)[:count]
    with np.errstate(all="ignore"):
        absmax = numbers(pieces["absmax"])
        if "nested_absmax" in pieces:
            outer = numbers(pieces["nested_absmax"])[np.arange(absmax.size) // state["nested_blocksize"]]
            absmax = numbers(pieces["nested_quant_map"])[pieces["absmax"].array.reshape(-1)] * outer + np.float32(
                state["nested_offset"])
        values = numbers(pieces["quant_map"])[codes] * absmax.reshape(-1)[np.arange(count) // block]
    more = {"kind": state["quant_type"], "dtype": state["dtype"], "nested": "nested_absmax" in pieces}
    return Weight(values.reshape(shape), codes.reshape(shape), absmax.astype(np.float32), None, None, 4, block, more)


def int8_write(codes, absmax):
    """A row's codes and its absmax; weight_format 0 says that the rows lie in order."""
    return {"weight": stored("I8", codes), "SCB": stored("F32", absmax), "weight_format": stored("U8", 0)}


def int8_read(pieces):
    """(code · SCB) · (1/127), each product rounded to float32."""
    with np.errstate(all="ignore"):
        values = pieces["weight"].array.astype(np.float32) * numbers(pieces["SCB"]).reshape(-1, 1) * OVER_127
    return Weight(values, pieces["weight"].array, numbers(pieces["SCB"]), None, None, 8, 0)
