"""Golden folders of bitsandbytes and HQQ."""
import math

import numpy as np

import packed_hqq
from packed_bitsandbytes import dynamic_map, four_bit_read, four_bit_write, int8_read, int8_write
from packed_case import Case, llama
from packed_store import stored

DOWN, UP = "model.layers.0.mlp.down_proj", "model.layers.0.mlp.up_proj"


def bnb_config(bits=4, kind="nf4", double=True, compute="bfloat16", storage="uint8"):
    """As transformers prints a BitsAndBytesConfig."""
    return {
        "_load_in_4bit": bits == 4, "_load_in_8bit": bits == 8, "bnb_4bit_compute_dtype": compute,
        "bnb_4bit_quant_storage": storage, "bnb_4bit_quant_type": kind, "bnb_4bit_use_double_quant": double,
        "llm_int8_enable_fp32_cpu_offload": False, "llm_int8_has_fp16_weight": False, "llm_int8_skip_modules": None,
        "llm_int8_threshold": 6.0, "load_in_4bit": bits == 4, "load_in_8bit": bits == 8, "quant_method": "bitsandbytes"
    }


def four_bit_matrix(case, module, shape, kind="nf4", block=64, nested=True, absmax=None, storage="U8", inner=256):
    count = math.ceil(math.prod(shape) / block)
    absmax, again = case.scales(count, "F32") if absmax is None else absmax, None
    if nested:
        offset = np.float32(absmax.mean())
        again = {"absmax": case.scales(math.ceil(count / inner), "F32"), "map": dynamic_map(), "offset": offset, "block": inner}
        absmax = case.codes(count, 0, 255)
    pieces = four_bit_write(case.codes(shape, 0, 15), absmax, kind, block, case.dtype, again, storage)
    case.put(f"{module}.weight", pieces, four_bit_read(pieces), f"{module}.weight")


def bnb_single(name, says, shape, dtype="float16", **how):
    config = bnb_config(4, how.get("kind", "nf4"), how.get("nested", True), dtype,
                        {"BF16": "bfloat16"}.get(how.get("storage"), "uint8"))
    case = Case(name, says, config, dtype)
    four_bit_matrix(case, DOWN, shape, **how)
    return case


def bnb_extreme():
    absmax = np.full(17, 0.02, np.float32)
    absmax[:8] = np.nan, np.inf, -np.inf, 0, -0.0, -0.01, 1e-40, 3e38
    return bnb_single("bnb_nf4_extreme_absmax",
                      "absmax NaN, infinite, 0, −0, negative, denormal and 3e38; the last block has 6 weights", (10, 103),
                      nested=False,
                      absmax=absmax)


def int8_case():
    case = Case("bnb_int8", "rows of LLM.int8(); one row is all zero, −128 occurs", bnb_config(8), "float16")
    case.plain()
    for module, shape in {DOWN: (32, 64), UP: (64, 32), "model.layers.0.self_attn.q_proj": (32, 32)}.items():
        codes, absmax = case.codes(shape, -128, 127), case.scales(shape[0], "F32")
        codes[3], absmax[3] = 0, 0
        pieces = int8_write(codes, absmax)
        case.put(module, pieces, int8_read(pieces))
    return case


def bnb_cases():
    whole = Case("bnb_nf4_llama", "a whole tiny Llama: NF4, blocks of 64, absmax quantized again", bnb_config(), "bfloat16")
    yield llama(whole, lambda module, shape: four_bit_matrix(whole, module, shape))
    yield bnb_single("bnb_nf4_double", "three blocks of codes of absmax (nested block 16), the last short", (20, 129), inner=16)
    yield bnb_single("bnb_nf4_plain", "absmax in float32, blocks of 128", (20, 48), "bfloat16", nested=False, block=128)
    yield bnb_single("bnb_fp4_odd", "FP4, an odd number of weights: the last nibble is nobody's", (3, 55), kind="fp4", nested=False)
    yield bnb_single("bnb_fp4_double", "FP4, absmax quantized again", (16, 64), kind="fp4")
    yield bnb_single("bnb_nf4_stored_bf16",
                     "bnb_4bit_quant_storage bfloat16: the bytes are given as bfloat16", (16, 64),
                     "bfloat16",
                     storage="BF16")
    yield bnb_extreme()
    yield int8_case()


def hqq_config(bits, group, axis, as_float=False):
    """As transformers prints an HqqConfig."""
    weights = {"nbits": bits, "channel_wise": True, "group_size": group, "optimize": True, "round_zero": bits == 4, "axis": axis,
               "view_as_float": as_float}
    return {
        "quant_config": {
            "weight_quant_params": weights, "scale_quant_params": None, "zero_quant_params": None, "offload_meta": False
        }, "quant_method": "hqq", "skip_modules": ["lm_head"]
    }


def hqq_matrix(case, module, shape, bits=4, group=32, axis=1, as_float=False):
    groups, dtype = math.prod(shape) // group, {"float16": "F16", "bfloat16": "BF16"}[case.dtype]
    zeros = case.random.uniform(0, (1 << bits) - 1, groups)
    pieces = packed_hqq.write(case.codes(shape, 0, (1 << bits) - 1), case.scales(groups, dtype),
                              np.round(zeros) if bits == 4 else zeros, bits, axis, group, case.dtype, as_float)
    case.put(module, pieces, packed_hqq.read(pieces))


def hqq_single(name, says, shape, dtype="float16", **how):
    case = Case(name, says, hqq_config(how.get("bits", 4), how.get("group", 32), how.get("axis", 1), how.get("as_float", False)),
                dtype)
    hqq_matrix(case, DOWN, shape, **how)
    return case


def hqq_extreme():
    case = Case("hqq_extreme_scales", "scales and zeros NaN, infinite, 0, −0, negative", hqq_config(8, 64, 1))
    pieces = packed_hqq.write(case.codes((16, 64), 0, 255), case.scales(16), case.random.uniform(0, 255, 16), 8, 1, 64)
    odd = np.array([np.nan, np.inf, 0, -0.0, -0.01, 1, 1, 1], np.float16).reshape(-1, 1)
    scale, zero = pieces["scale"].array.copy(), pieces["zero"].array.copy()
    scale[:8], zero[4:12] = odd, odd
    pieces.update(scale=stored("F16", scale), zero=stored("F16", zero))
    case.put(DOWN, pieces, packed_hqq.read(pieces))
    return case


def hqq_cases():
    whole = Case("hqq_llama", "a whole tiny Llama: 4 bits, axis 1, groups of 32", hqq_config(4, 32, 1), "bfloat16")
    yield llama(whole, lambda module, shape: hqq_matrix(whole, module, shape))
    yield hqq_single("hqq_8bit", "8 bits, axis 1", (16, 64), bits=8, group=64)
    yield hqq_single("hqq_3bit", "3 bits, axis 1: ten tenths of the 48 groups, padded to 50", (16, 96), bits=3)
    yield hqq_single("hqq_2bit", "2 bits, axis 1, groups of 16", (16, 64), "bfloat16", bits=2, group=16)
    yield hqq_single("hqq_1bit", "1 bit, axis 1", (16, 64), bits=1)
    yield hqq_single("hqq_axis0", "4 bits, axis 0: a group is a column of the weight seen as [32, 48]", (16, 96), axis=0)
    yield hqq_single("hqq_axis0_3bit", "3 bits, axis 0, groups of 64: padded to 70 rows", (16, 96), bits=3, axis=0, group=64)
    yield hqq_single("hqq_view_as_float", "the packed bytes are given as float16", (16, 64), as_float=True)
    yield hqq_single("hqq_across_rows", "groups of 64 run across rows of 32", (16, 32), group=64)
    yield hqq_extreme()
