"""Folders in which one weight cannot be assembled: what is done to it, and what is wrong then. Another weight beside it is sound
(unless a setting of the whole folder is wrong)."""
import json

import numpy as np

from packed_case import Case
from packed_cases_bitsandbytes import bnb_config, four_bit_matrix, hqq_config, hqq_matrix
from packed_cases_compressed import arguments, config_of, dynamic_inputs, pack_config, pack_matrix
from packed_cases_float import elements, fp8_config, modelopt_config, modelopt_nvfp4, mxfp4_matrix, nvfp4_matrix, nvfp4_scheme
from packed_cases_gptq_awq import awq_config, awq_matrix, gptq_config, gptq_matrix
from packed_bitsandbytes import int8_read, int8_write
from packed_modelopt import blocks_read, blocks_write
from packed_store import Stored, stored

DOWN, UP = "model.layers.0.mlp.down_proj", "model.layers.0.mlp.up_proj"


def int8_matrix(case, module, shape):
    pieces = int8_write(case.codes(shape, -127, 127), case.scales(shape[0], "F32"))
    case.put(module, pieces, int8_read(pieces))


def tile_matrix(case, module, shape):
    elements(case, module, shape, (shape[0] // 8, shape[1] // 32), "F32", (8, 32), "weight_scale_inv")


def row_matrix(case, module, shape):
    elements(case, module, shape, (shape[0], 1), "BF16", kind="I8")


def block_matrix(case, module, shape):
    pieces = blocks_write(case.codes((1, *shape), 0, 15), case.codes((1, shape[0], shape[1] // 32), 100, 130))
    case.put(module, pieces, blocks_read(pieces), module, "_")


four = {"dynamic": False, "num_bits": 4, "type": "float", "group_size": 16}
BASES = {
    "gptq": (gptq_config(sym=False), lambda case, *what: gptq_matrix(case, *what, sym=False)), "awq": (awq_config(), awq_matrix),
    "ct_pack": (pack_config(symmetric=False,
                            order=True), lambda case, *what: pack_matrix(case, *what, symmetric=False, order=True)),
    "bnb_nf4": (bnb_config(), four_bit_matrix), "bnb_int8": (bnb_config(8), int8_matrix),
    "fp8": (fp8_config(fmt="e4m3",
                       weight_block_size=[8, 32]), tile_matrix), "ct_int8": (config_of("int-quantized",
                                                                                       arguments(8, "int", "channel"),
                                                                                       dynamic_inputs(8, "int")), row_matrix),
    "ct_nvfp4": (nvfp4_scheme(),
                 nvfp4_matrix), "ct_mxfp4": (config_of("mxfp4-pack-quantized",
                                                       arguments(4, "float", "group", 32, scale_dtype="torch.uint8")),
                                             mxfp4_matrix), "modelopt_nvfp4": (modelopt_config("NVFP4", four,
                                                                                               four)[0], modelopt_nvfp4),
    "gpt_oss": ({"modules_to_not_convert": ["lm_head"],
                 "quant_method": "mxfp4"}, block_matrix), "hqq": (hqq_config(4, 32, 1), hqq_matrix)
}


def drop(piece):
    return lambda case, at: case.tensors.pop(at + piece)


def change(piece, to):
    """to(array) → array, its type unchanged."""
    def apply(case, at):
        one = case.tensors[at + piece]
        case.tensors[at + piece] = Stored(one.dtype, np.ascontiguousarray(to(np.array(one.array))))
    return apply


def become(piece, one):
    def apply(case, at):
        case.tensors[at + piece] = one
    return apply


def setting(key, value):
    def apply(case, _):
        case.quantization[key] = value
    return apply


def state(**what):
    """Of the quant_state of bitsandbytes; a value of ... takes the key out."""
    def apply(case, at):
        key = at + ".quant_state.bitsandbytes__nf4"
        text = {**json.loads(bytes(case.tensors[key].array)), **what}
        kept = {name: value for name, value in text.items() if value is not ...}
        case.tensors[key] = stored("U8", np.frombuffer(json.dumps(kept).encode(), np.uint8))
    return apply


def put(at, value):
    def to(array):
        array.reshape(-1)[at] = value
        return array
    return to


HUGE = 1 << 40
SHAPES_TELL = {
    "gptq_bits_0", "gptq_bits_9", "gptq_bits_text", "gptq_group_0", "gptq_group_negative", "gptq_group_huge", "fp8_tile_0",
    "hqq_no_nbits"
}  # a reader that goes by the shapes of the tensors may read these
# base case, name, what is wrong, what is done
TABLE = [
    ("gptq", "no_scales", "scales are missing", drop(".scales")),
    ("gptq", "no_qzeros", "qzeros are missing", drop(".qzeros")),
    ("gptq", "g_idx_too_large", "g_idx names group 7 of 2", change(".g_idx", put(5, 7))),
    ("gptq", "g_idx_negative", "g_idx names group −1", change(".g_idx", put(5, -1))),
    ("gptq", "g_idx_short", "g_idx has 63 of 64 entries", change(".g_idx", lambda a: a[:-1])),
    ("gptq", "g_idx_floats", "g_idx is of float32", become(".g_idx", stored("F32", np.zeros(64)))),
    ("gptq", "qweight_floats", "qweight is of float32", become(".qweight", stored("F32", np.zeros((8, 8))))),
    ("gptq", "scales_integers", "scales are of int32", become(".scales", stored("I32", np.ones((2, 8))))),
    ("gptq", "qzeros_short", "qzeros have no column", change(".qzeros", lambda a: a[:, :0])),
    ("gptq", "groups_off", "scales have 3 groups, 64 columns make 2", change(".scales", lambda a: np.concatenate([a, a[:1]]))),
    ("gptq", "scales_narrow", "scales have 7 of 8 columns", change(".scales", lambda a: a[:, :7])),
    ("gptq", "qweight_flat", "qweight has one dimension", change(".qweight", lambda a: a.reshape(-1))),
    ("gptq", "bits_0", "bits is 0", setting("bits", 0)),
    ("gptq", "bits_9", "bits is 9", setting("bits", 9)),
    ("gptq", "bits_text", "bits is a word", setting("bits", "four")),
    ("gptq", "group_0", "group_size is 0", setting("group_size", 0)),
    ("gptq", "group_negative", "group_size is −7", setting("group_size", -7)),
    ("gptq", "group_huge", "group_size is 2^63 − 1: one group, the tensors hold two", setting("group_size", (1 << 63) - 1)),
    ("awq", "no_qzeros", "qzeros are missing", drop(".qzeros")),
    ("awq", "qzeros_short", "qzeros have 1 of 2 groups", change(".qzeros", lambda a: a[:1])),
    ("awq", "scales_narrow", "scales have 7 of 8 columns", change(".scales", lambda a: a[:, :7])),
    ("awq", "version_unknown", "version is a word nobody knows", setting("version", "turbo")),
    ("ct_pack", "no_scale", "weight_scale is missing", drop(".weight_scale")),
    ("ct_pack", "no_zero_point", "the scheme is asymmetric, weight_zero_point is missing", drop(".weight_zero_point")),
    ("ct_pack", "shape_huge", "weight_shape claims 2^40 × 2^40", become(".weight_shape", stored("I64", [HUGE, HUGE]))),
    ("ct_pack", "shape_overflow", "weight_shape claims 2^62 × 4", become(".weight_shape", stored("I64", [1 << 62, 4]))),
    ("ct_pack", "shape_negative", "weight_shape claims −8 rows", become(".weight_shape", stored("I64", [-8, 64]))),
    ("ct_pack", "shape_wide", "weight_shape claims 72 columns, the words hold 64", become(".weight_shape", stored("I64",
                                                                                                                  [8, 72]))),
    ("ct_pack", "shape_of_three", "weight_shape has three entries", become(".weight_shape", stored("I64", [8, 8, 8]))),
    ("ct_pack", "zero_point_short", "weight_zero_point has 1 of 2 groups", change(".weight_zero_point", lambda a: a[:, :1])),
    ("ct_pack", "g_idx_too_large", "weight_g_idx names group 2 of 2", change(".weight_g_idx", put(0, 2))),
    ("ct_pack", "groups_off", "weight_scale has 3 groups, 64 columns make 2",
     change(".weight_scale", lambda a: np.concatenate([a, a[:, :1]], 1))),
    ("bnb_nf4", "no_absmax", "absmax is missing", drop(".absmax")),
    ("bnb_nf4", "no_state", "quant_state is missing", drop(".quant_state.bitsandbytes__nf4")),
    ("bnb_nf4", "state_no_json", "quant_state is no JSON", become(".quant_state.bitsandbytes__nf4", stored("U8",
                                                                                                           [123, 34, 255]))),
    ("bnb_nf4", "state_no_shape", "quant_state says no shape", state(shape=...)),
    ("bnb_nf4", "shape_huge", "quant_state claims 2^40 × 2^40 weights", state(shape=[HUGE, HUGE])),
    ("bnb_nf4", "block_0", "blocksize is 0", state(blocksize=0)),
    ("bnb_nf4", "nested_block_0", "nested_blocksize is 0", state(nested_blocksize=0)),
    ("bnb_nf4", "absmax_short", "absmax has 7 of 8 blocks", change(".absmax", lambda a: a[:-1])),
    ("bnb_nf4", "map_short", "quant_map has 15 of 16 values", change(".quant_map", lambda a: a[:-1])),
    ("bnb_nf4", "no_nested_map", "nested_quant_map is missing", drop(".nested_quant_map")),
    ("bnb_int8", "scb_short", "SCB has 7 of 8 rows", change(".SCB", lambda a: a[:-1])),
    ("fp8", "no_scale", "weight_scale_inv is missing", drop(".weight_scale_inv")),
    ("fp8", "tiles_off", "weight_scale_inv has one column of tiles more",
     change(".weight_scale_inv", lambda a: np.concatenate([a, a], 1)[:, :3])),
    ("fp8", "tile_0", "weight_block_size has a 0", setting("weight_block_size", [0, 32])),
    ("ct_int8", "no_scale", "weight_scale is missing", drop(".weight_scale")),
    ("ct_int8", "scale_short", "weight_scale has 7 of 8 rows", change(".weight_scale", lambda a: a[:7])),
    ("ct_nvfp4", "no_global", "weight_global_scale is missing", drop(".weight_global_scale")),
    ("ct_nvfp4", "scale_narrow", "weight_scale has 3 of 4 groups", change(".weight_scale", lambda a: a[:, :3])),
    ("ct_mxfp4", "scale_short", "weight_scale has 7 of 8 rows", change(".weight_scale", lambda a: a[:7])),
    ("modelopt_nvfp4", "no_second", "weight_scale_2 is missing", drop(".weight_scale_2")),
    ("gpt_oss", "no_scales", "scales are missing", drop("_scales")),
    ("gpt_oss", "blocks_of_15", "blocks have 15 bytes", change("_blocks", lambda a: a[..., :15])),
    ("gpt_oss", "scales_short", "scales have 7 of 8 rows", change("_scales", lambda a: a[:, :7])),
    ("hqq", "no_scale", "scale is missing", drop(".scale")),
    ("hqq", "no_nbits", "nbits is missing", drop(".nbits")),
    ("hqq", "bits_5", "nbits is 5, packing is 4bit_u8", become(".nbits", stored("I32", 5))),
    ("hqq", "packing_unknown", "packing is a word nobody knows", become(".packing", stored("U8", list(b"9bit_u8")))),
    ("hqq", "axis_2", "axis is 2", become(".axis", stored("I32", 2))),
    ("hqq", "group_0", "group_size is 0", become(".group_size", stored("I32", 0))),
    ("hqq", "shape_huge", "shape claims 2^40 × 2^40", become(".shape", stored("I64", [HUGE, HUGE]))),
    ("hqq", "zero_short", "zero has 15 of 16 groups", change(".zero", lambda a: a[:-1])),
]


def damaged_cases():
    for base, name, wrong, do in TABLE:
        config, matrix = BASES[base]
        case = Case(f"damaged/{base}_{name}", wrong, json.loads(json.dumps(config)), seed=base)
        matrix(case, DOWN, (8, 64))
        matrix(case, UP, (8, 64))
        before = json.dumps(case.quantization)
        do(case, f"{DOWN}.weight" if base == "bnb_nf4" else DOWN)
        named = (DOWN, UP) if base == "gpt_oss" else (f"{DOWN}.weight", f"{UP}.weight")
        all_spoilt = json.dumps(case.quantization) != before
        case.files = {"damaged.json": {"weight": named[0], "wrong": wrong, "sound": None if all_spoilt else named[1],
                                       "shapes_tell": f"{base}_{name}" in SHAPES_TELL}}
        case.expected = {}
        yield case
