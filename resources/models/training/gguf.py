# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes and reads GGUF files (version 3) with F32 and BF16 tensors."""

import struct
from pathlib import Path
from typing import Any, BinaryIO

import numpy

MAGIC = b"GGUF"
VERSION = 3
ALIGNMENT = 32

# Types of metadata values.
UINT32, INT32, FLOAT32, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9
SCALAR_FORMATS = {UINT32: "<I", INT32: "<i", FLOAT32: "<f", BOOL: "<?"}

# Types of tensors.
F32, BF16 = 0, 30
BYTES_PER_VALUE = {F32: 4, BF16: 2}


def to_bfloat16(values: numpy.ndarray) -> numpy.ndarray:
    """Round to the nearest BF16 value, ties to even; return the bit patterns."""
    bits = numpy.ascontiguousarray(values, dtype="<f4").view("<u4").astype(numpy.uint64)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("<u2")


def from_bfloat16(patterns: numpy.ndarray) -> numpy.ndarray:
    """Expand BF16 bit patterns to FP32 values."""
    return (patterns.astype("<u4") << 16).view("<f4")


def align(position: int) -> int:
    """Round a position up to the alignment."""
    return (position + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT


def encode_string(text: str) -> bytes:
    """A length and the UTF-8 bytes."""
    data = text.encode("utf-8")
    return struct.pack("<Q", len(data)) + data


def encode_value(kind: int, value: Any) -> bytes:
    """Encode a scalar, a string, or an array given as (element kind, list)."""
    if kind == STRING:
        return encode_string(value)
    if kind == ARRAY:
        element_kind, elements = value
        header = struct.pack("<IQ", element_kind, len(elements))
        return header + b"".join(encode_value(element_kind, e) for e in elements)
    return struct.pack(SCALAR_FORMATS[kind], value)


def encode_tensor(values: numpy.ndarray, kind: int) -> bytes:
    """The bytes of a tensor in the wanted type."""
    if kind == BF16:
        return to_bfloat16(values).tobytes()
    return numpy.ascontiguousarray(values, dtype="<f4").tobytes()


def write(path: Path, metadata: list[tuple[str, int, Any]],
          tensors: list[tuple[str, numpy.ndarray, int]]) -> None:
    """Write a file from (key, kind, value) and (name, values, kind) lists."""
    header = MAGIC + struct.pack("<IQQ", VERSION, len(tensors), len(metadata))
    for key, kind, value in metadata:
        header += encode_string(key) + struct.pack("<I", kind) + encode_value(kind, value)
    offset = 0
    for name, values, kind in tensors:
        dimensions = values.shape[::-1]  # fastest dimension first
        header += encode_string(name) + struct.pack("<I", len(dimensions))
        header += struct.pack(f"<{len(dimensions)}Q", *dimensions)
        header += struct.pack("<IQ", kind, offset)
        offset = align(offset + values.size * BYTES_PER_VALUE[kind])
    with path.open("wb") as file:
        file.write(header.ljust(align(len(header)), b"\0"))
        for _, values, kind in tensors:
            data = encode_tensor(values, kind)
            file.write(data.ljust(align(len(data)), b"\0"))


def _read(file: BinaryIO, pattern: str) -> tuple:
    return struct.unpack(pattern, file.read(struct.calcsize(pattern)))


def _read_value(file: BinaryIO, kind: int) -> Any:
    if kind == STRING:
        return file.read(_read(file, "<Q")[0]).decode("utf-8")
    if kind == ARRAY:
        element_kind, count = _read(file, "<IQ")
        return [_read_value(file, element_kind) for _ in range(count)]
    return _read(file, SCALAR_FORMATS[kind])[0]


def read_header(file: BinaryIO) -> tuple[dict[str, Any], list[tuple]]:
    """Return the metadata and (name, shape, kind, offset) of all tensors."""
    magic, version, tensor_count, value_count = _read(file, "<4sIQQ")
    if magic != MAGIC or version != VERSION:
        raise ValueError("not a GGUF file of version 3")
    metadata = {}
    for _ in range(value_count):
        key = _read_value(file, STRING)
        metadata[key] = _read_value(file, _read(file, "<I")[0])
    infos = []
    for _ in range(tensor_count):
        name = _read_value(file, STRING)
        dimensions = _read(file, f"<{_read(file, '<I')[0]}Q")
        infos.append((name, dimensions[::-1], *_read(file, "<IQ")))
    return metadata, infos


def read_metadata(path: Path) -> dict[str, Any]:
    """Return the metadata of a file."""
    with path.open("rb") as file:
        return read_header(file)[0]


def read_tensors(path: Path) -> dict[str, numpy.ndarray]:
    """Return all tensors of a file as FP32 values."""
    tensors = {}
    with path.open("rb") as file:
        _, infos = read_header(file)
        start = align(file.tell())
        for name, shape, kind, offset in infos:
            count = int(numpy.prod(shape))
            file.seek(start + offset)
            data = file.read(count * BYTES_PER_VALUE[kind])
            values = numpy.frombuffer(data, "<u2" if kind == BF16 else "<f4")
            values = from_bfloat16(values) if kind == BF16 else values
            tensors[name] = values.reshape(shape)
    return tensors
