"""Golden folders of compressed-tensors."""
import math

import numpy as np

from packed_case import Case, llama
from packed_compressed import elements_read, elements_write, fp4_read, fp4_write, pack_read, pack_write

DOWN = "model.layers.0.mlp.down_proj"


def arguments(bits=4, kind="int", strategy="group", group=None, symmetric=True, **more):
    """QuantizationArgs as compressed-tensors prints it."""
    return {
        "actorder": None, "block_structure": None, "dynamic": False, "group_size": group, "num_bits": bits, "observer": "minmax",
        "observer_kwargs": {}, "scale_dtype": None, "strategy": strategy, "symmetric": symmetric, "type": kind, "zp_dtype": None,
        **more
    }


def config_of(form, weights, inputs=None):
    scheme = {"format": form, "input_activations": inputs, "output_activations": None, "targets": ["Linear"], "weights": weights}
    return {
        "config_groups": {"group_0": scheme}, "format": form, "global_compression_ratio": None, "ignore": ["lm_head"],
        "kv_cache_scheme": None, "quant_method": "compressed-tensors", "quantization_status": "compressed", "sparsity_config": {},
        "transform_config": {}, "version": "0.14.0"
    }


def dynamic_inputs(bits, kind):
    return arguments(bits, kind, "token", dynamic=True, observer=None)


def pack_config(bits=4, group=32, symmetric=True, order=False):
    return config_of("pack-quantized", arguments(bits, "int", "group" if group else "channel", group or None, symmetric,
                                                 actorder="group" if order else None))


def pack_matrix(case, module, shape, bits=4, group=32, symmetric=True, order=False, dtype="BF16", **how):
    out, columns = shape
    half, groups = 1 << bits - 1, math.ceil(columns / (group or columns))
    codes = case.codes(shape, -half, half - 1)
    zeros = None if symmetric else case.codes((out, groups), -half, half - 1)
    pieces = pack_write(codes, case.scales((out, groups), dtype), zeros, bits,
                        case.order(columns, group) if order else None, dtype, **how)
    case.put(module, pieces, pack_read(pieces, bits, group))


def pack_single(name, says, shape, **how):
    case = Case(name, says, pack_config(**{key: how[key]
                                           for key in ("bits", "group", "symmetric", "order") if key in how}), "bfloat16")
    pack_matrix(case, DOWN, shape, **how)
    return case


def pack_old_three_bits():
    """Before codes could cross words a word held ten of them and two bits of nothing."""
    case = Case("ct_pack_int3_old", "3 bits as before version 0.18: ten codes to a word", pack_config(3), "bfloat16")
    codes, scales = case.codes((12, 64), -4, 3), case.scales((12, 2), "BF16")
    pieces = pack_write(codes, scales, None, 3)
    wide = np.pad(codes.astype(np.int64) + 4, ((0, 0), (0, 6))).reshape(12, 7, 10) << 3 * np.arange(10)
    pieces["weight_packed"] = pieces["weight_packed"]._replace(array=wide.sum(-1).astype(np.uint32).view(np.int32))
    case.put(DOWN, pieces, pack_read(pieces, 3, 32))
    return case


def pack_groups():
    """Two config groups by target, and one module ignored."""
    case = Case("ct_pack_groups", "two config groups: up_proj in 8 bits by channel, the rest in 4 bits", pack_config(), "bfloat16")
    wide = config_of("pack-quantized", arguments(8, "int", "channel"))["config_groups"]["group_0"]
    case.quantization["config_groups"]["group_0"]["targets"] = ["re:.*down_proj$"]
    case.quantization["config_groups"]["group_1"] = {**wide, "targets": ["re:.*up_proj$"]}
    pack_matrix(case, DOWN, (16, 64))
    pack_matrix(case, "model.layers.0.mlp.up_proj", (16, 64), bits=8, group=0)
    return case


def pack_extreme():
    case = Case("ct_pack_extreme_scales", "scales NaN, infinite, 0, −0, negative, denormal and the largest", pack_config(),
                "bfloat16")
    scales = case.scales((12, 2), "BF16")
    scales[:8, 0] = np.nan, np.inf, -np.inf, 0, -0.0, -0.01, 1e-40, 3.3e38
    pieces = pack_write(case.codes((12, 64), -8, 7), scales, None, 4)
    case.put(DOWN, pieces, pack_read(pieces, 4, 32))
    return case


def pack_cases():
    whole = Case("ct_pack_llama", "a whole tiny Llama: INT4, groups of 32, symmetric, bfloat16 scales", pack_config(), "bfloat16")
    yield llama(whole, lambda module, shape: pack_matrix(whole, module, shape))
    yield pack_single("ct_pack_asym", "packed zero points; 20 rows: the last word of zeros is half full", (20, 96), symmetric=False)
    yield pack_single("ct_pack_channel", "by channel; 44 columns: the last word of codes is half full", (12, 44), group=0)
    yield pack_single("ct_pack_channel_asym", "by channel with zero points", (12, 64), group=0, symmetric=False, dtype="F16")
    yield pack_single("ct_pack_int8", "INT8 by channel", (12, 50), bits=8, group=0)
    yield pack_single("ct_pack_int8_asym",
                      "INT8, groups of 32, zero points, float32 scales, weight_shape of int32", (10, 64),
                      bits=8,
                      symmetric=False,
                      dtype="F32",
                      shape_dtype="I32")
    yield pack_single("ct_pack_g_idx", "weight_g_idx: the groups of the columns are scattered", (12, 96), order=True)
    yield pack_single("ct_pack_g_idx_asym", "weight_g_idx and zero points", (12, 96), order=True, symmetric=False)
    yield pack_single("ct_pack_int2", "2 bits", (12, 64), bits=2)
    yield pack_single("ct_pack_int3", "3 bits, codes across words (since version 0.18)", (12, 64), bits=3, symmetric=False)
    yield pack_old_three_bits()
    yield pack_groups()
    yield pack_extreme()
