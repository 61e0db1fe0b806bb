"""Golden folders of GPTQ and AWQ."""
import math

import numpy as np

from packed_bits import groups_of
from packed_case import Case, llama
from packed_gptq_awq import awq_read, awq_write, gemv_read, gemv_write, gptq_read, gptq_write

DOWN, UP, QUERY = "model.layers.0.mlp.down_proj", "model.layers.0.mlp.up_proj", "model.layers.0.self_attn.q_proj"


def gptq_config(bits=4, group=32, act=False, sym=True, form="gptq", **more):
    """As AutoGPTQ and GPTQModel write it into config.json."""
    config = {"bits": bits, "group_size": group or -1, "desc_act": act, "sym": sym, "damp_percent": 0.01, "static_groups": False,
              "true_sequential": True, "model_name_or_path": None, "model_file_base_name": "model", "quant_method": "gptq"}
    return {**config, **({"checkpoint_format": form} if form else {}), **more}


def gptq_matrix(case, module, shape, bits=4, group=32, act=False, sym=True, v2=False, lowest_zero=1, scales=None, g_idx=True):
    out, columns = shape
    groups, top = math.ceil(columns / (group or columns)), (1 << bits) - 1
    zeros = np.full((out, groups), 1 << bits - 1) if sym else case.codes((out, groups), lowest_zero, top)
    order = case.order(columns, group) if act else groups_of(columns, group).astype(np.int32)
    pieces = gptq_write(case.codes(shape, 0, top), case.scales((out, groups)) if scales is None else scales, zeros, order, bits, v2)
    if not g_idx:
        del pieces["g_idx"]
    case.put(module, pieces, gptq_read(pieces, bits, group, v2))


def gptq_single(name, says, shape, form="gptq", v2=False, config=None, **how):
    """One matrix under down_proj."""
    about = {key: how[key] for key in ("bits", "group", "act", "sym") if key in how}
    case = Case(name, says, gptq_config(**about, form=form, **(config or {})))
    gptq_matrix(case, DOWN, shape, v2=v2, **how)
    return case


def gptq_dynamic():
    """GPTQModel's rules by module: "+:" changes the settings, "-:" leaves the module as it is."""
    rules = {r"+:.*\.up_proj.*": {"bits": 8, "group_size": 16}, r"-:.*\.q_proj.*": {}}
    case = Case("gptq_dynamic", "8 bits in groups of 16 for up_proj by a rule, q_proj left in float16", gptq_config(dynamic=rules))
    gptq_matrix(case, DOWN, (32, 64))
    gptq_matrix(case, UP, (32, 64), bits=8, group=16)
    case.tensors[f"{QUERY}.weight"] = case.tensors[f"{DOWN}.scales"]._replace(array=case.scales((32, 32)).astype(np.float16))
    return case


def gptq_beside():
    """Before quantization_config stood in config.json."""
    case = Case("gptq_quantize_config", "settings in quantize_config.json alone, as AutoGPTQ first wrote them", None)
    case.files["quantize_config.json"] = {
        key: value
        for key, value in gptq_config(sym=False, form=None).items() if key != "quant_method"
    }
    gptq_matrix(case, DOWN, (32, 64), sym=False)
    return case


def gptq_extreme():
    case = Case("gptq_extreme_scales", "scales NaN, infinite, 0, −0, negative, denormal and 65504", gptq_config(sym=False))
    scales = case.scales((32, 2))
    scales[:8, 0] = np.nan, np.inf, -np.inf, 0, -0.0, -0.01, 6e-8, 65504
    gptq_matrix(case, DOWN, (32, 64), sym=False, scales=scales)
    return case


def gptq_cases():
    whole = Case("gptq_llama", "a whole tiny Llama: 4 bits, groups of 32, symmetric, zeros of v1", gptq_config())
    yield llama(whole, lambda module, shape: gptq_matrix(whole, module, shape))
    yield gptq_single("gptq_act_order", "act-order: the groups of the columns are scattered", (32, 96), act=True, sym=False)
    yield gptq_single("gptq_act_order_short",
                      "act-order, the last group has 32 of 64 columns", (32, 96),
                      group=64,
                      act=True,
                      sym=False)
    yield gptq_single("gptq_v1_wrap", "v1: some zeros are 0 and therefore stored as 15", (32, 64), sym=False, lowest_zero=0)
    yield gptq_single("gptq_v2",
                      "v2: zeros stored as they are, 0 and 15 among them", (32, 64),
                      "gptq_v2",
                      True,
                      sym=False,
                      lowest_zero=0)
    yield gptq_single("gptq_no_form", "no checkpoint_format (before it existed): v1", (32, 64), None, sym=False)
    yield gptq_single("gptq_no_g_idx", "no g_idx (before it existed): groups in order", (32, 64), sym=False, g_idx=False)
    yield gptq_single("gptq_2bit", "2 bits", (32, 64), bits=2, sym=False)
    yield gptq_single("gptq_3bit", "3 bits: 32 codes in three words, two of them across words", (32, 96), bits=3, sym=False)
    yield gptq_single("gptq_8bit", "8 bits, act-order", (32, 64), bits=8, act=True, sym=False)
    yield gptq_single("gptq_8bit_v2", "8 bits, v2, symmetric", (32, 64), "gptq_v2", True, bits=8)
    yield gptq_single("gptq_row", "group_size −1: one group a row", (40, 64), group=0, sym=False)
    yield gptq_single("gptq_short_group", "the last group has 32 of 64 columns", (24, 96), group=64, sym=False)
    yield gptq_dynamic()
    yield gptq_beside()
    yield gptq_extreme()


def awq_config(group=32, version="gemm"):
    """As AutoAWQ writes it into config.json."""
    return {"bits": 4, "group_size": group or -1, "modules_to_not_convert": None, "quant_method": "awq", "version": version,
            "zero_point": True}


def awq_matrix(case, module, shape, group=32, version="gemm", scales=None):
    groups = shape[1] // (group or shape[1])
    codes, zeros = case.codes(shape, 0, 15), case.codes((shape[0], groups), 0, 15)
    scales = case.scales((shape[0], groups)) if scales is None else scales
    pieces = awq_write(codes, scales, zeros) if version == "gemm" else gemv_write(codes, scales, zeros, group or shape[1])
    case.put(module, pieces, awq_read(pieces, group) if version == "gemm" else gemv_read(pieces, group))


def awq_single(name, says, shape, **how):
    case = Case(name, says, awq_config(**{key: how[key] for key in ("group", "version") if key in how}))
    awq_matrix(case, DOWN, shape, **how)
    return case


def awq_cases():
    whole = Case("awq_llama", "a whole tiny Llama: gemm, groups of 32", awq_config())
    yield llama(whole, lambda module, shape: awq_matrix(whole, module, shape))
    yield awq_single("awq_gemm", "gemm, 24 rows (AutoAWQ reads multiples of 8, its packer makes multiples of 32)", (24, 96))
    yield awq_single("awq_gemm_row", "gemm, group_size −1: one group a row", (32, 40), group=0)
    yield awq_single("awq_gemv32", "gemv, 3 groups of 32: padded to 32 zeros a row", (16, 96), version="gemv")
    yield awq_single("awq_gemv64", "gemv, 3 groups of 64: padded to 16", (16, 192), group=64, version="gemv")
    yield awq_single("awq_gemv128", "gemv, 2 groups of 128: padded to 8", (8, 256), group=128, version="gemv")
    odd = Case("awq_extreme_scales", "scales NaN, infinite, 0, −0, negative, denormal and 65504", awq_config())
    scales = odd.scales((32, 2))
    scales[:8, 0] = np.nan, np.inf, -np.inf, 0, -0.0, -0.01, 6e-8, 65504
    awq_matrix(odd, DOWN, (32, 64), scales=scales)
    yield odd
