"""Codes inside wider integers, and what every layout has in common: groups of columns under a scale and a zero point."""
import math
from dataclasses import dataclass, field

import numpy as np


@dataclass
class Weight:
    """One weight of a packed checkpoint. Shapes as [out, in]; group g of row r has scales[r, g]."""
    values: np.ndarray                 # float32 [out, in]: what the layout says the codes mean
    codes: np.ndarray                  # as stored, unpacked: unsigned, or signed where the layout counts from zero
    scales: np.ndarray = None          # float32
    zeros: np.ndarray = None           # what is subtracted from codes, or None
    order: np.ndarray = None           # group of each column where it is not column // group
    bits: int = 0
    group: int = 0                     # columns of a group; 0: the whole row
    more: dict = field(default_factory=dict)  # what only this layout has


def pack_words(codes, bits, axis):
    """Unsigned codes along an axis → int32 words: one stream of bits, lowest first, its last word filled up with zeros."""
    codes = np.moveaxis(np.asarray(codes, np.uint64), axis, -1)
    count, (words, bit) = codes.shape[-1], divmod(np.arange(codes.shape[-1]) * bits, 32)
    packed = np.zeros((*codes.shape[:-1], math.ceil(count * bits / 32) + 1), np.uint64)
    for i in range(count):
        wide = (codes[..., i] & np.uint64((1 << bits) - 1)) << np.uint64(bit[i])
        packed[..., words[i]] |= wide & np.uint64(0xFFFFFFFF)
        packed[..., words[i] + 1] |= wide >> np.uint64(32)
    return np.ascontiguousarray(np.moveaxis(packed[..., :-1].astype(np.uint32).view(np.int32), -1, axis))


def unpack_words(words, bits, count, axis):
    """The other way: the first `count` codes. @raises ValueError where the words hold fewer."""
    stream = np.moveaxis(np.ascontiguousarray(words).view(np.uint32), axis, -1).astype(np.uint64)
    if stream.shape[-1] * 32 < count * bits:
        raise ValueError(f"{stream.shape[-1]} words hold no {count} codes of {bits} bits")
    stream = np.concatenate([stream, np.zeros((*stream.shape[:-1], 1), np.uint64)], -1)
    at, bit = divmod(np.arange(count) * bits, 32)
    pair = stream[..., at] | stream[..., at + 1] << np.uint64(32)
    codes = (pair >> bit.astype(np.uint64) & np.uint64((1 << bits) - 1)).astype(np.int32)
    return np.ascontiguousarray(np.moveaxis(codes, -1, axis))


def pack_nibbles(codes, low_first):
    """4-bit codes [..., n] → bytes [..., ceil(n / 2)]; an odd last one is paired with 0."""
    codes = np.asarray(codes, np.uint8)
    if codes.shape[-1] % 2:
        codes = np.concatenate([codes, np.zeros((*codes.shape[:-1], 1), np.uint8)], -1)
    even, odd = codes[..., ::2], codes[..., 1::2]
    return even | odd << 4 if low_first else even << 4 | odd


def unpack_nibbles(packed, low_first):
    low, high = packed & 15, packed >> 4
    return np.stack((low, high) if low_first else (high, low), -1).reshape(*packed.shape[:-1], -1)


def affine(codes, scales, zeros, order):
    """(code − zero) · scale in float32: the difference is rounded once (exact for integers), the product once."""
    scale = scales[:, order]
    difference = codes.astype(np.float32) if zeros is None else codes.astype(np.float32) - zeros[:, order].astype(np.float32)
    with np.errstate(all="ignore"):
        return difference * scale


def groups_of(columns, group):
    """Group of each column."""
    return np.arange(columns) // (group or columns)
