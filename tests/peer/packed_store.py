"""safetensors and the element types in it, in numpy, from the formats' definitions. No other package."""
import json
import pathlib
import struct
from collections import namedtuple

import numpy as np

Stored = namedtuple("Stored", "dtype array")  # array: the bits where numpy has no such type (BF16: uint16, F8: uint8)

BITS = {"F64": np.float64, "F32": np.float32, "F16": np.float16, "BF16": np.uint16, "F8_E4M3": np.uint8, "F8_E5M2": np.uint8,
        "I64": np.int64, "I32": np.int32, "I16": np.int16, "I8": np.int8, "U32": np.uint32, "U8": np.uint8, "BOOL": np.bool_}
E2M1 = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6], np.float32)


def _eight_bits(exponent_bits, mantissa_bits, bias, special):
    """Values of all codes of sign, exponent, mantissa. special: code → value in place of the formula's."""
    values = np.empty(256, np.float32)
    for code in range(256):
        exponent, mantissa = code >> mantissa_bits & (1 << exponent_bits) - 1, code & (1 << mantissa_bits) - 1
        lead, power = (1, exponent - bias) if exponent else (0, 1 - bias)
        value = (lead + mantissa / (1 << mantissa_bits)) * 2.0**power
        values[code] = special.get(code & 127, value) * (-1 if code & 128 else 1)
    return values


E4M3 = _eight_bits(4, 3, 7, {0x7F: np.nan})
E5M2 = _eight_bits(5, 2, 15, {0x7C: np.inf, 0x7D: np.nan, 0x7E: np.nan, 0x7F: np.nan})
E8M0 = np.array([*(np.ldexp(np.float32(1), code - 127) for code in range(255)), np.nan], np.float32)


def bf16(values):
    """float32 → the bits of bfloat16, ties to even."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    rounded = (bits + (bits >> 16 & 1) + np.uint32(0x7FFF)) >> 16
    return np.where(np.isnan(values), bits >> 16 | 0x40, rounded).astype(np.uint16)


def stored(dtype, values):
    """Numbers as a tensor of a type; the 8-bit floats are given as codes."""
    values = np.asarray(values)
    return Stored(dtype,
                  np.ascontiguousarray(bf16(values) if dtype == "BF16" else values.astype(BITS[dtype])).reshape(values.shape))


def numbers(tensor):
    """The values as float32: exact for every type but F64 and wide integers, which round."""
    if tensor.dtype == "BF16":
        return (tensor.array.astype(np.uint32) << 16).view(np.float32)
    if tensor.dtype in ("F8_E4M3", "F8_E5M2"):
        return (E4M3 if tensor.dtype == "F8_E4M3" else E5M2)[tensor.array]
    return tensor.array.astype(np.float32)


def read_file(path):
    """{name: Stored}, mapped, not read."""
    with open(path, "rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(length))
    tensors = {}
    for name, about in header.items():
        if name == "__metadata__":
            continue
        begin, end = about["data_offsets"]
        count = (end - begin) // np.dtype(BITS[about["dtype"]]).itemsize
        flat = np.memmap(path, BITS[about["dtype"]], "r", 8 + length + begin, count) if count else np.empty(0, BITS[about["dtype"]])
        tensors[name] = Stored(about["dtype"], flat.reshape(about["shape"]))
    return tensors


def read_folder(folder):
    """{name: Stored} of every safetensors file of a folder, or of one file."""
    folder, tensors = pathlib.Path(folder), {}
    if folder.is_file():
        return read_file(folder)
    index = folder / "model.safetensors.index.json"
    names = sorted(set(json.loads(index.read_text())["weight_map"].values())) if index.exists() else \
        sorted(path.name for path in folder.glob("*.safetensors") if path.name != "expected.safetensors")
    for name in names:
        tensors.update(read_file(folder / name))
    return tensors


def header_of(shapes):
    """{name: (dtype, shape)} → the bytes before the data, and the size of the data."""
    header, at = {"__metadata__": {"format": "pt"}}, 0
    for name, (dtype, shape) in shapes.items():
        size = int(np.prod(shape, dtype=np.int64)) * np.dtype(BITS[dtype]).itemsize
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text, at


def write_file(path, tensors):
    """{name: Stored}, in this order with wide elements first, as safetensors' own writer aligns them."""
    ordered = dict(sorted(tensors.items(), key=lambda item: -item[1].array.dtype.itemsize))
    with open(path, "wb") as file:
        file.write(header_of({name: (one.dtype, one.array.shape) for name, one in ordered.items()})[0])
        for one in ordered.values():
            file.write(np.ascontiguousarray(one.array).tobytes())
