"""Golden folders of FP8, NVFP4 and MXFP4 in all their layouts, and of INT8 elements."""
import math

import numpy as np

from packed_case import Case, llama
from packed_cases_compressed import DOWN, arguments, config_of, dynamic_inputs
from packed_compressed import elements_read, elements_write, fp4_read, fp4_write
from packed_modelopt import blocks_read, blocks_write, nvfp4_read, nvfp4_write
from packed_store import stored

UP = "model.layers.0.mlp.up_proj"
ODD_SCALES = np.array([np.nan, np.inf, -np.inf, 0, -0.0, -0.01, 1e-40, 3e38], np.float32)


def e4m3(case, shape):
    """Random codes of E4M3, no NaN."""
    codes = case.random.integers(0, 254, shape)
    return (codes + (codes >= 127)).astype(np.uint8)


def e4m3_scales(case, shape):
    """Positive and normal, as encoders choose them."""
    return case.random.integers(0x28, 0x7F, shape).astype(np.uint8)


def elements(case, module, shape, scale_shape, scale_dtype, tile=None, name="weight_scale", kind="F8_E4M3", zeros=None,
             scales=None, more=()):
    codes = e4m3(case, shape) if kind == "F8_E4M3" else case.codes(shape, -128, 127)
    scales = case.scales(scale_shape, scale_dtype) if scales is None else scales
    pieces = elements_write(codes, kind, scales, scale_dtype, zeros, name)
    weight = elements_read(pieces, tile, name)
    pieces.update({
        piece: stored("F32" if scale_dtype == "F32" else scale_dtype,
                      case.scales(scale_shape if scale_shape in ((), (1,)) else (1,)))
        for piece in more
    })
    case.put(module, pieces, weight)


def fp8_config(**more):
    return {"activation_scheme": "dynamic", "quant_method": "fp8", **more}


def fp8_cases():
    block = Case("fp8_block", "weight_scale_inv: tiles of 128 × 128, the last ones cut off",
                 fp8_config(fmt="e4m3", weight_block_size=[128, 128]), "bfloat16")
    elements(block, DOWN, (12, 260), (1, 3), "F32", (128, 128), "weight_scale_inv")
    elements(block, UP, (130, 40), (2, 1), "F32", (128, 128), "weight_scale_inv")
    yield block
    small = Case("fp8_llama", "a whole tiny Llama: weight_scale_inv, tiles of 32 × 16, bfloat16 scales",
                 fp8_config(fmt="e4m3", weight_block_size=[32, 16]), "bfloat16")
    yield llama(
        small, lambda module, shape: elements(small, module, shape, (shape[0] // 32, shape[1] // 16), "BF16",
                                              (32, 16), "weight_scale_inv"))
    tensor = Case("fp8_tensor", "one weight_scale for the tensor, a scalar; input_scale beside it",
                  fp8_config(activation_scheme="static"))
    elements(tensor, DOWN, (10, 33), (), "F32", more=("input_scale",))
    elements(tensor, UP, (11, 7), (1,), "F32", more=("input_scale",))
    yield tensor
    row = Case("fp8_row", "fbgemm_fp8: one weight_scale a row",
               {"activation_scale_ub": 1200.0, "modules_to_not_convert": ["lm_head"], "quant_method": "fbgemm_fp8"}, "bfloat16")
    elements(row, DOWN, (10, 33), (10, 1), "F32")
    yield row
    odd = Case("fp8_extreme", "all 256 codes, NaN among them; scales NaN, infinite, 0, −0, negative, denormal and 3e38",
               fp8_config(fmt="e4m3", weight_block_size=[2, 64]), "bfloat16")
    pieces = elements_write(
        np.arange(1024).reshape(8, 128).astype(np.uint8), "F8_E4M3", ODD_SCALES.reshape(4, 2), "F32", None, "weight_scale_inv")
    odd.put(DOWN, pieces, elements_read(pieces, (2, 64), "weight_scale_inv"))
    yield odd


def compressed_elements_cases():
    inputs = dynamic_inputs(8, "int")
    plain = Case("ct_int8", "int-quantized: INT8 elements, one scale a row",
                 config_of("int-quantized", arguments(8, "int", "channel"), inputs), "bfloat16")
    elements(plain, DOWN, (10, 33), (10, 1), "BF16", kind="I8")
    yield plain
    asym = Case("ct_int8_asym", "int-quantized with zero points",
                config_of("int-quantized", arguments(8, "int", "channel", None, False), inputs))
    elements(asym, DOWN, (10, 33), (10, 1), "F16", kind="I8", zeros=asym.codes((10, 1), -128, 127))
    yield asym
    inputs = arguments(8, "float", "tensor")
    tensor = Case("ct_fp8_tensor", "float-quantized: one scale for the tensor",
                  config_of("float-quantized", arguments(8, "float", "tensor"), inputs), "bfloat16")
    elements(tensor, DOWN, (10, 33), (1,), "BF16", more=("input_scale",))
    yield tensor
    channel = Case("ct_fp8_channel", "float-quantized: one scale a row",
                   config_of("float-quantized", arguments(8, "float", "channel"), dynamic_inputs(8, "float")), "bfloat16")
    elements(channel, DOWN, (10, 33), (10, 1), "BF16")
    yield channel
    inputs = arguments(8, "float", "group", 128, dynamic=True, observer=None)
    block = Case("ct_fp8_block", "float-quantized: tiles of 128 × 128, the last rows cut off",
                 config_of("float-quantized", arguments(8, "float", "block", block_structure=[128, 128]), inputs), "bfloat16")
    elements(block, DOWN, (12, 256), (1, 2), "BF16", (128, 128))
    yield block


def nvfp4_scheme():
    return config_of("nvfp4-pack-quantized", arguments(4, "float", "tensor_group", 16, scale_dtype="torch.float8_e4m3fn"),
                     arguments(4, "float", "tensor_group", 16, dynamic="local", scale_dtype="torch.float8_e4m3fn"))


def nvfp4_matrix(case, module, shape, scales=None):
    scales = e4m3_scales(case, (shape[0], shape[1] // 16)) if scales is None else scales
    pieces = fp4_write(case.codes(shape, 0, 15), scales, np.float32(case.random.uniform(500, 9000)))
    weight = fp4_read(pieces)
    pieces["input_global_scale"] = stored("F32", case.random.uniform(10, 900, 1))
    case.put(module, pieces, weight)


def mxfp4_matrix(case, module, shape, scales=None):
    pieces = fp4_write(case.codes(shape, 0, 15), case.codes((shape[0], shape[1] // 32), 100, 130) if scales is None else scales)
    case.put(module, pieces, fp4_read(pieces))


def fp4_cases():
    whole = Case("ct_nvfp4_llama", "a whole tiny Llama: NVFP4 of compressed-tensors", nvfp4_scheme(), "bfloat16")
    yield llama(whole, lambda module, shape: nvfp4_matrix(whole, module, shape))
    odd = Case("ct_nvfp4_extreme", "scales NaN, 0, −0, negative, denormal and 448", nvfp4_scheme(), "bfloat16")
    scales = e4m3_scales(odd, (10, 3))
    scales[:7, 0] = 0x7F, 0xFF, 0, 0x80, 0xB8, 1, 0x7E
    nvfp4_matrix(odd, DOWN, (10, 48), scales)
    yield odd
    mxfp4 = config_of("mxfp4-pack-quantized", arguments(4, "float", "group", 32, scale_dtype="torch.uint8"))
    plain = Case("ct_mxfp4", "MXFP4 of compressed-tensors", mxfp4, "bfloat16")
    mxfp4_matrix(plain, DOWN, (10, 96))
    yield plain
    ends = Case("ct_mxfp4_extreme", "scales 2^−127, 2^−126 and 2^127: denormal and infinite weights", mxfp4, "bfloat16")
    mxfp4_matrix(ends, DOWN, (10, 96), np.tile(np.array([0, 1, 254, 253, 127], np.uint8), 6).reshape(10, 3))
    yield ends


def modelopt_config(algorithm, weights, inputs):
    """config.json and hf_quant_config.json as ModelOpt exports them."""
    producer = {"name": "modelopt", "version": "0.37.0"}
    config = {
        "config_groups": {"group_0": {"input_activations": inputs, "weights": weights,
                                      "targets": ["Linear"]}}, "ignore": ["lm_head"], "quant_algo": algorithm,
        "kv_cache_scheme": {"dynamic": False, "num_bits": 8, "type": "float"}, "producer": producer, "quant_method": "modelopt"
    }
    group = {"group_size": weights["group_size"]} if "group_size" in weights else {}
    return config, {
        "producer": producer,
        "quantization": {"quant_algo": algorithm, "kv_cache_quant_algo": "FP8", **group, "exclude_modules": ["lm_head"]}
    }


def modelopt_nvfp4(case, module, shape, scales=None):
    pieces = nvfp4_write(case.codes(shape, 0, 15), e4m3_scales(case, (shape[0], shape[1] // 16)) if scales is None else scales,
                         case.random.uniform(1e-5, 1e-4))
    weight = nvfp4_read(pieces)
    pieces["input_scale"] = stored("F32", np.float32(case.random.uniform(1e-3, 1e-1)))
    case.put(module, pieces, weight)


def modelopt_cases():
    four = {"dynamic": False, "num_bits": 4, "type": "float", "group_size": 16}
    config, beside = modelopt_config("NVFP4", four, four)
    whole = Case("modelopt_nvfp4_llama", "a whole tiny Llama: NVFP4 of ModelOpt, scales of an 8-bit KV cache beside it", config,
                 "bfloat16")
    whole.files["hf_quant_config.json"] = beside
    llama(whole, lambda module, shape: modelopt_nvfp4(whole, module, shape))
    whole.tensors["model.layers.0.self_attn.k_proj.k_scale"] = whole.tensors["model.layers.0.self_attn.v_proj.v_scale"] = stored(
        "F32", np.float32(1))
    yield whole
    only = Case("modelopt_nvfp4_extreme", "hf_quant_config.json alone; scales NaN, 0, −0, negative, denormal and 448", None,
                "bfloat16")
    only.files["hf_quant_config.json"] = beside
    scales = e4m3_scales(only, (10, 3))
    scales[:7, 0] = 0x7F, 0xFF, 0, 0x80, 0xB8, 1, 0x7E
    modelopt_nvfp4(only, DOWN, (10, 48), scales)
    yield only
    eight = {"dynamic": False, "num_bits": 8, "type": "float"}
    config, beside = modelopt_config("FP8", eight, eight)
    fp8 = Case("modelopt_fp8", "FP8 of ModelOpt: weight_scale and input_scale are scalars", config, "bfloat16")
    fp8.files["hf_quant_config.json"] = beside
    elements(fp8, DOWN, (10, 33), (), "F32", more=("input_scale",))
    yield fp8


def gpt_oss_case():
    config = {"modules_to_not_convert": ["model.layers.*.self_attn", "model.layers.*.mlp.router", "model.embed_tokens", "lm_head"],
              "quant_method": "mxfp4"}
    case = Case("gpt_oss", "MXFP4 blocks of two experts, [experts, out, in]", config, "bfloat16")
    case.config.update(architectures=["GptOssForCausalLM"], model_type="gpt_oss", num_local_experts=2, num_experts_per_tok=1,
                       experts_per_token=1, intermediate_size=32, hidden_size=64)
    for name, shape in {"gate_up_proj": (2, 64, 64), "down_proj": (2, 64, 32)}.items():
        module = f"model.layers.0.mlp.experts.{name}"
        pieces = blocks_write(case.codes(shape, 0, 15), case.codes((*shape[:2], shape[2] // 32), 100, 130))
        case.put(module, pieces, blocks_read(pieces), module, "_")
        case.tensors[f"{module}_bias"] = stored("BF16", case.random.normal(0, 0.1, shape[:2]).astype(np.float32))
    case.tensors["model.layers.0.mlp.router.weight"] = stored("BF16", case.random.normal(0, 0.1, (2, 64)).astype(np.float32))
    return case


def float_cases():
    yield from fp8_cases()
    yield from compressed_elements_cases()
    yield from fp4_cases()
    yield from modelopt_cases()
    yield gpt_oss_case()
