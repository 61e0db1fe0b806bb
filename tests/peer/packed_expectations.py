"""What the loaders of transformers and vLLM want to find in a packed folder: settings, and the pieces of each weight."""
import json
import math
import re

import numpy as np

from packed_compressed import scheme_of
from packed_gptq_awq import gemv_zero_words

ARGUMENTS = {
    "num_bits", "type", "symmetric", "group_size", "strategy", "block_structure", "dynamic", "actorder", "scale_dtype",
    "zp_dtype", "observer", "observer_kwargs"
}
SCHEME = {"targets", "weights", "input_activations", "output_activations", "format"}
FORMATS = {"pack-quantized", "int-quantized", "float-quantized", "naive-quantized", "nvfp4-pack-quantized", "mxfp4-pack-quantized",
           "mxfp8-quantized", "mixed-precision"}
FLOATS = {"F16", "BF16", "F32"}


def _settings(config, wanted):
    """wanted: {key: (required, what it may be as a function)}."""
    for key, (required, allowed) in wanted.items():
        if key not in config:
            if required:
                yield f"quantization_config has no {key}"
        elif not allowed(config[key]):
            yield f"quantization_config: {key} is {config[key]!r}"


def _one_of(*values):
    return lambda value: any(value == one and type(value) is type(one) for one in values)


def _is(kind):
    return lambda value: type(value) is kind


def _group(value):
    return type(value) is int and (value == -1 or value > 0)


def _compressed_settings(config):
    yield from _settings(
        config, {
            "config_groups": (True, lambda groups: isinstance(groups, dict) and groups),
            "format": (True, lambda one: one in FORMATS), "quantization_status": (True, _one_of("compressed")),
            "ignore": (False, _is(list)), "version": (False, _is(str))
        })
    for name, scheme in config.get("config_groups", {}).items():
        if extra := set(scheme) - SCHEME:
            yield f"{name} has keys that compressed-tensors refuses: {sorted(extra)}"
        if not isinstance(scheme.get("targets"), list) or not scheme["targets"]:
            yield f"{name} has no targets"
        for what in ("weights", "input_activations"):
            one = scheme.get(what)
            if one is None:
                continue
            if extra := set(one) - ARGUMENTS:
                yield f"{name}.{what} has keys that compressed-tensors refuses: {sorted(extra)}"
            if one.get("strategy") in ("group",
                                       "tensor_group") and not (type(one.get("group_size")) is int and one["group_size"] > 0):
                yield f"{name}.{what}: strategy {one['strategy']} needs a group_size"
            if one.get("strategy") in ("channel", "tensor", "token", "block") and (one.get("group_size") or 0) > 0:
                yield f"{name}.{what}: strategy {one['strategy']} and group_size {one['group_size']}"
            if (one.get("strategy") == "block") != bool(one.get("block_structure")):
                yield f"{name}.{what}: strategy {one.get('strategy')} and block_structure {one.get('block_structure')}"
            if one.get("strategy") == "token" and not one.get("dynamic"):
                yield f"{name}.{what}: token needs dynamic"
            if one.get("actorder") == "group" and one.get("strategy") not in ("group", "tensor_group"):
                yield f"{name}.{what}: actorder group needs groups"


WANTED = {
    "gptq": {
        "bits": (True, _one_of(2, 3, 4, 8)), "group_size": (True, _group), "desc_act": (True, _is(bool)),
        "sym": (True, _is(bool)), "checkpoint_format": (False, _one_of("gptq", "gptq_v2")), "lm_head": (False, _is(bool)),
        "true_sequential": (False, _is(bool)), "damp_percent": (False, lambda one: 0 < one < 1),
        "static_groups": (False, _is(bool)), "dynamic": (False, lambda one: one is None or isinstance(one, dict))
    }, "awq": {
        "bits": (True, _one_of(4)), "group_size": (True, _group), "zero_point": (True, _one_of(True)),
        "version": (True, _one_of("gemm",
                                  "gemv")), "modules_to_not_convert": (False, lambda one: one is None or isinstance(one, list))
    }, "bitsandbytes": {
        "load_in_4bit": (True, _is(bool)), "load_in_8bit": (True, _is(bool)),
        "bnb_4bit_quant_type": (False, _one_of("nf4", "fp4")), "bnb_4bit_use_double_quant": (False, _is(bool)),
        "bnb_4bit_compute_dtype": (False, _one_of("float16", "bfloat16", "float32")),
        "bnb_4bit_quant_storage": (False, _one_of("uint8", "bfloat16", "float16",
                                                  "float32")), "llm_int8_threshold": (False, _is(float)),
        "llm_int8_skip_modules": (False, lambda one: one is None or isinstance(one, list)),
        "llm_int8_has_fp16_weight": (False, _one_of(False))
    }, "fp8": {
        "activation_scheme": (True, _one_of("dynamic", "static")),
        "weight_block_size": (False, lambda one: one is None or len(one) == 2)
    }
}


def settings_wrong(config):
    """Sentences about quantization_config."""
    method = config.get("quant_method")
    if not config:
        return
    if method == "compressed-tensors":
        yield from _compressed_settings(config)
    elif method in WANTED:
        yield from _settings(config, WANTED[method])
    elif method not in ("fbgemm_fp8", "modelopt", "mxfp4", "hqq"):
        yield f"quant_method is {method!r}"
    if method == "bitsandbytes" and config.get("load_in_4bit") == config.get("load_in_8bit"):
        yield "load_in_4bit and load_in_8bit are the same"


def is_left_plain(config, module):
    """Whether the settings say that a Linear is not packed. The head is so by itself where a project says so."""
    method = config.get("quant_method")
    if method == "compressed-tensors":
        return scheme_of(config, module) is None
    if method == "gptq":
        rules = config.get("dynamic") or {}
        return module == "lm_head" and not config.get("lm_head") or any(rule[:2] == "-:" and re.match(rule[2:], module)
                                                                        for rule in rules)
    named = config.get({"awq": "modules_to_not_convert", "bitsandbytes": "llm_int8_skip_modules",
                        "hqq": "skip_modules"}.get(method, "modules_to_not_convert"))
    return module == "lm_head" and method in ("bitsandbytes", "awq") or any(one in module for one in named or [])


def pieces_wanted(config, scheme, shape, weight):
    """{piece: (types, shape)} of a weight [out, in]; what is not there may not be there (a bias aside)."""
    (out, columns), method, group = shape, config["quant_method"], weight.group
    groups = math.ceil(columns / (group or columns))
    if method == "gptq":
        return {
            "qweight": ({"I32"}, (math.ceil(columns * weight.bits / 32), out)),
            "qzeros": ({"I32"}, (groups, math.ceil(out * weight.bits / 32))), "scales": ({"F16", "BF16"}, (groups, out)),
            "g_idx": ({"I32"}, (columns,))
        }
    if method == "awq" and config.get("version") == "gemv":
        words = gemv_zero_words(columns, group or columns)
        return {"qweight": ({"I32"}, (out, columns // 8)), "qzeros": ({"I32"}, (out, words)), "scales": ({"F16"}, (out, words * 8))}
    if method == "awq":
        return {
            "qweight": ({"I32"}, (columns, out // 8)), "qzeros": ({"I32"}, (groups, out // 8)),
            "scales": ({"F16", "BF16"}, (groups, out))
        }
    if method == "bitsandbytes" and config["load_in_8bit"]:
        return {"weight": ({"I8"}, shape), "SCB": ({"F32"}, (out,)), "weight_format": ({"U8"}, ())}
    if method == "bitsandbytes":
        blocks, kind = math.ceil(out * columns / group), weight.more["kind"]
        wanted = {
            "weight": ({"U8"}, (math.ceil(out * columns / 2), 1)),
            "weight.absmax": ({"U8"} if weight.more["nested"] else {"F32"}, (blocks,)), "weight.quant_map": ({"F32"}, (16,)),
            f"weight.quant_state.bitsandbytes__{kind}": ({"U8"}, None)
        }
        if weight.more["nested"]:
            wanted.update({"weight.nested_absmax": ({"F32"}, None), "weight.nested_quant_map": ({"F32"}, (256,))})
        return wanted
    if method == "compressed-tensors":
        return _compressed_pieces(scheme, shape, groups)
    return {}


def _compressed_pieces(scheme, shape, groups):
    (out, columns), about = shape, scheme["weights"]
    bits, kind, strategy = about["num_bits"], about["type"], about["strategy"]
    wide = {"tensor": (1,), "channel": (out, 1)}.get(strategy, (out, groups))
    if strategy == "block":
        rows, across = about["block_structure"]
        wide = (math.ceil(out / rows), math.ceil(columns / across))
    if kind == "int" and (bits < 8 or not scheme.get("input_activations")):
        wanted = {
            "weight_packed": ({"I32"}, (out, math.ceil(columns * bits / 32))), "weight_scale": (FLOATS, wide),
            "weight_shape": ({"I64", "I32"}, (2,))
        }
        if not about.get("symmetric", True):
            wanted["weight_zero_point"] = ({"I32"}, (math.ceil(out * bits / 32), wide[1]))
        if about.get("actorder") == "group":
            wanted["weight_g_idx"] = ({"I32"}, (columns,))
        return wanted
    if kind == "float" and bits == 4:
        group = about["group_size"]
        wanted = {
            "weight_packed": ({"U8"}, (out, columns // 2)),
            "weight_scale": ({"F8_E4M3"} if group == 16 else {"U8"}, (out, columns // group))
        }
        if group == 16:
            wanted["weight_global_scale"] = ({"F32"}, (1,))
            if scheme.get("input_activations"):
                wanted["input_global_scale"] = ({"F32"}, (1,))
        return wanted
    wanted = {"weight": ({"I8"} if kind == "int" else {"F8_E4M3"}, shape), "weight_scale": (FLOATS, wide)}
    if not about.get("symmetric", True):
        wanted["weight_zero_point"] = ({"I8"}, wide)
    if (scheme.get("input_activations") or {}).get("dynamic") is False:
        wanted["input_scale"] = (FLOATS, (1,))
        if not scheme["input_activations"].get("symmetric", True):
            wanted["input_zero_point"] = ({"I8"}, (1,))
    return wanted


def pieces_wrong(wanted, pieces):
    for name, (types, shape) in wanted.items():
        if name not in pieces:
            yield f"{name} is missing"
            continue
        one = pieces[name]
        if one.dtype not in types:
            yield f"{name} is {one.dtype}, not {' or '.join(sorted(types))}"
        if shape is not None and tuple(one.array.shape) != tuple(shape):
            yield f"{name} has shape {tuple(one.array.shape)}, not {tuple(shape)}"
    if extra := set(pieces) - set(wanted) - {"bias"}:
        yield f"nobody asks for {sorted(extra)}"


def numbers_wrong(config, scheme, weight, pieces):
    """What the numbers themselves must be: scales finite and positive, no group out of order without act-order, padding zero."""
    method, scales = config["quant_method"], weight.scales
    if not np.isfinite(scales).all():
        yield "a scale is not finite"
    elif scales.min() <= 0 and method in ("gptq", "awq", "compressed-tensors") and np.any(scales < 0):
        yield "a scale is negative"
    if weight.order is not None and weight.group and (np.bincount(weight.order)[:-1] != weight.group).any():
        yield "a group has more or fewer columns than group_size: compressed-tensors sorts columns and counts"
    if method == "gptq":
        if not config["desc_act"] and weight.order is not None and (weight.order != np.arange(len(weight.order)) //
                                                                    (weight.group or len(weight.order))).any():
            yield "desc_act is false, but g_idx is out of order"
        if config["sym"] and (weight.zeros != 1 << weight.bits - 1).any():
            yield "sym is true, but a zero point is not the middle"
    if method == "bitsandbytes" and config["load_in_8bit"] and weight.codes.min() < -127:
        yield "a code is −128, which bitsandbytes never writes"
    if method == "bitsandbytes" and config["load_in_4bit"]:
        if weight.more["kind"] != config.get("bnb_4bit_quant_type", weight.more["kind"]):
            yield f"bnb_4bit_quant_type says {config['bnb_4bit_quant_type']}, the weight is {weight.more['kind']}"
        if weight.more["nested"] != config.get("bnb_4bit_use_double_quant", weight.more["nested"]):
            yield "bnb_4bit_use_double_quant is not what the weight has"
        key = next(one for one in pieces if "quant_state" in one)
        state = json.loads(bytes(pieces[key].array))
        wanted = {"quant_type", "blocksize", "dtype", "shape"
                  } | ({"nested_blocksize", "nested_dtype", "nested_offset"} if weight.more["nested"] else set())
        if set(state) != wanted:
            yield f"quant_state has keys {sorted(set(state) ^ wanted)} too many or too few"
        if state["blocksize"] not in (32, 64, 128, 256, 512, 1024, 2048, 4096):
            yield f"bitsandbytes knows no blocksize {state['blocksize']}"
    if method == "compressed-tensors" and scheme["weights"]["type"] == "float" and scheme["weights"]["num_bits"] == 8:
        if np.isin(weight.codes, (0x7F, 0xFF)).any():
            yield "an element is NaN"
