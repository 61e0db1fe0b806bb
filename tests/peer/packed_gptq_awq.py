"""GPTQ (AutoGPTQ and GPTQModel) and AWQ (AutoAWQ's gemm and gemv): qweight, qzeros, scales, g_idx."""
import math

import numpy as np

from packed_bits import Weight, affine, groups_of, pack_words, unpack_words
from packed_store import numbers, stored

AWQ_ORDER = [0, 2, 4, 6, 1, 3, 5, 7]  # which of eight neighbouring outputs the nibbles of a word hold, lowest first


def gptq_write(codes, scales, zeros, order, bits, v2, scale_dtype="F16"):
    """codes [out, in], scales and zeros [out, groups]. v1 stores zero − 1 modulo 2^bits, each zero by itself."""
    kept = zeros if v2 else (zeros.astype(np.int64) - 1) % (1 << bits)
    return {"qweight": stored("I32", pack_words(codes.T, bits, 0)), "qzeros": stored("I32", pack_words(kept.T, bits, 1)),
            "scales": stored(scale_dtype, scales.T), "g_idx": stored("I32", order)}


def gptq_read(pieces, bits, group, v2):
    """pieces: {"qweight": Stored…}; group 0: the whole row."""
    rows, out = pieces["qweight"].array.shape
    columns = len(pieces["g_idx"].array) if "g_idx" in pieces else rows * 32 // bits
    if rows != math.ceil(columns * bits / 32):
        raise ValueError(f"qweight has {rows} rows, {columns} inputs of {bits} bits need {math.ceil(columns * bits / 32)}")
    codes = unpack_words(pieces["qweight"].array, bits, columns, 0).T
    scales = numbers(pieces["scales"]).T
    groups = math.ceil(columns / (group or columns))
    if scales.shape != (out, groups):
        raise ValueError(f"scales have shape {scales.shape[::-1]}, not {(groups, out)}")
    if pieces["qzeros"].array.shape != (groups, math.ceil(out * bits / 32)):
        raise ValueError(f"qzeros have shape {pieces['qzeros'].array.shape}")
    zeros = unpack_words(pieces["qzeros"].array, bits, out, 1).T
    zeros = zeros if v2 else (zeros + 1) & (1 << bits) - 1
    order = pieces["g_idx"].array if "g_idx" in pieces else groups_of(columns, group)
    if order.min() < 0 or order.max() >= groups:
        raise ValueError(f"g_idx holds a group outside 0…{groups - 1}")
    return Weight(affine(codes, scales, zeros, order), codes, scales, zeros, np.asarray(order), bits, group)


def awq_write(codes, scales, zeros):
    """gemm: everything lies [in, out], eight outputs to a word in AWQ_ORDER."""
    def words(matrix):
        return pack_words(matrix.reshape(matrix.shape[0], -1, 8)[:, :, AWQ_ORDER].reshape(matrix.shape), 4, 1)
    return {"qweight": stored("I32", words(codes.T)), "qzeros": stored("I32", words(zeros.T)), "scales": stored("F16", scales.T)}


def awq_read(pieces, group):
    columns, words = pieces["qweight"].array.shape
    back = np.argsort(AWQ_ORDER)

    def matrix(packed):
        return unpack_words(packed, 4, packed.shape[1] * 8, 1).reshape(len(packed), -1, 8)[:, :, back].reshape(len(packed), -1).T
    scales = numbers(pieces["scales"]).T
    groups = columns // (group or columns)
    if scales.shape != (words * 8, groups) or pieces["qzeros"].array.shape != (groups, words):
        raise ValueError(
            f"scales {scales.shape[::-1]} and qzeros {pieces['qzeros'].array.shape} do not fit qweight {(columns, words)}")
    codes, zeros, order = matrix(pieces["qweight"].array), matrix(pieces["qzeros"].array), groups_of(columns, group)
    return Weight(affine(codes, scales, zeros, order), codes, scales, zeros, None, 4, group)


def gemv_zero_words(columns, group):
    """Words of a row of qzeros: AutoAWQ rounds them up to 1, 2 or 4 for groups of 128, 64 and 32."""
    multiple = {32: 4, 64: 2}.get(group, 1)
    return math.ceil(math.ceil(columns // group / 8) / multiple) * multiple


def gemv_write(codes, scales, zeros, group):
    """gemv: everything lies [out, in] in plain order; qzeros and scales are padded with zeros."""
    words = gemv_zero_words(codes.shape[1], group)
    pad = ((0, 0), (0, words * 8 - scales.shape[1]))
    return {"qweight": stored("I32", pack_words(codes, 4, 1)), "qzeros": stored("I32", pack_words(np.pad(zeros, pad), 4, 1)),
            "scales": stored("F16", np.pad(scales, pad))}


def gemv_read(pieces, group):
    out, words = pieces["qweight"].array.shape
    columns = words * 8
    wide, groups = gemv_zero_words(columns, group or columns), columns // (group or columns)
    if pieces["qzeros"].array.shape != (out, wide) or pieces["scales"].array.shape != (out, wide * 8):
        raise ValueError(
            f"qzeros {pieces['qzeros'].array.shape} and scales {pieces['scales'].array.shape} do not fit {(out, words)}")
    codes, zeros = unpack_words(pieces["qweight"].array, 4, columns, 1), unpack_words(pieces["qzeros"].array, 4, groups, 1)
    scales = numbers(pieces["scales"])[:, :groups]
    return Weight(affine(codes, scales, zeros, groups_of(columns, group)), codes, scales, zeros, None, 4, group)
