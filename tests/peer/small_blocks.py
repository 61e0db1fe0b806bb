"""The GGUF types Q4_0, Q5_0 and Q8_0 in numpy: blocks of 32 along the row under one FP16 scale. And GGUF files of them."""
import pathlib
import struct

import numpy as np

F32, Q4_0, Q5_0, Q8_0 = 0, 2, 6, 8
BLOCK = 32


def encode(values, kind):
    """Bytes of [rows, columns], as ggml rounds: of 4 and 5 bits the value of greatest magnitude gets the lowest code."""
    if kind == F32:
        return np.ascontiguousarray(values, "<f4").tobytes()
    x = np.ascontiguousarray(values, "<f4").reshape(-1, BLOCK)
    if kind == Q8_0:
        scale = np.abs(x).max(1, keepdims=True) / np.float32(127)
        codes = np.round(x * inverse(scale)).astype(np.int8)
        return rows_of(scale, codes.view(np.uint8))
    half = 8 if kind == Q4_0 else 16
    largest = np.take_along_axis(x, np.abs(x).argmax(1)[:, None], 1)
    scale = largest / np.float32(-half)
    codes = np.minimum(2 * half - 1, (x * inverse(scale) + np.float32(half + 0.5)).astype(np.int8)).astype(np.uint8)
    low = (codes[:, :16] & 15) | (codes[:, 16:] & 15) << 4
    if kind == Q4_0:
        return rows_of(scale, low)
    return rows_of(scale, np.packbits(codes >> 4, axis=1, bitorder="little"), low)


def inverse(scale):
    return np.divide(np.float32(1), scale, out=np.zeros_like(scale), where=scale != 0)


def rows_of(scale, *parts):
    return np.concatenate([scale.astype("<f2").view(np.uint8), *parts], axis=1).tobytes()


def decode(data, shape, kind):
    """float32 of the shape."""
    if kind == F32:
        return np.frombuffer(data, "<f4").reshape(shape)
    b = np.frombuffer(data, np.uint8).reshape(-1, block_bytes(kind))
    scale = b[:, :2].copy().view("<f2").astype(np.float32)
    if kind == Q8_0:
        return (scale * b[:, 2:].view(np.int8)).reshape(shape)
    codes = np.concatenate([b[:, -16:] & 15, b[:, -16:] >> 4], 1).astype(np.int16)
    if kind == Q5_0:
        codes |= np.unpackbits(b[:, 2:6], axis=1, bitorder="little").astype(np.int16) << 4
    return (scale * (codes - (8 if kind == Q4_0 else 16))).astype(np.float32).reshape(shape)


def block_bytes(kind):
    return {Q4_0: 18, Q5_0: 22, Q8_0: 34}[kind]


def write_gguf(path, metadata, tensors):
    """@param metadata {key: text, whole number or real} @param tensors [(name, shape, type, bytes)]"""
    def text(value):
        return struct.pack("<Q", len(value)) + value.encode()

    def entry(key, value):
        if isinstance(value, str):
            return text(key) + struct.pack("<I", 8) + text(value)
        return text(key) + (struct.pack("<If", 6, value) if isinstance(value, float) else struct.pack("<II", 4, value))

    def padded(data):
        return data + bytes(-len(data) % 32)

    head, body = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata)), b""
    head += b"".join(entry(key, value) for key, value in metadata.items())
    for name, shape, kind, data in tensors:
        head += text(name) + struct.pack(f"<I{len(shape)}Q", len(shape), *reversed(shape)) + struct.pack("<IQ", kind, len(body))
        body += padded(data)
    pathlib.Path(path).write_bytes(padded(head) + body)
