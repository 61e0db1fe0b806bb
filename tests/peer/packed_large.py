"""The shape of TinyLlama-1.1B with random codes in a packed layout: tensors are made and written one after the other."""
import json
import math
import pathlib
import shutil

import numpy as np

from packed_bitsandbytes import NF4, OVER_127, dynamic_map
from packed_cases_bitsandbytes import bnb_config, hqq_config
from packed_cases_compressed import arguments, config_of, dynamic_inputs, pack_config
from packed_cases_float import fp8_config, modelopt_config, nvfp4_scheme
from packed_cases_gptq_awq import awq_config, gptq_config
from packed_hqq import write as hqq_write
from packed_store import BITS, header_of, stored

CONFIG = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 32000, "hidden_size": 2048,
    "intermediate_size": 5632, "num_hidden_layers": 22, "num_attention_heads": 32, "num_key_value_heads": 4, "head_dim": 64,
    "max_position_embeddings": 2048, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "hidden_act": "silu", "bos_token_id": 1,
    "eos_token_id": 2, "tie_word_embeddings": False
}
MATRICES = {
    "self_attn.q_proj": (2048, 2048), "self_attn.k_proj": (256, 2048), "self_attn.v_proj": (256, 2048),
    "self_attn.o_proj": (2048, 2048), "mlp.gate_proj": (5632, 2048), "mlp.up_proj": (5632, 2048), "mlp.down_proj": (2048, 5632)
}
SPREAD = 0.02  # what weights deviate by


def scales(dtype, shape, codes_deviate):
    """Scales that make weights of the usual size, a few per cent apart."""
    return dtype, shape, lambda random: stored(dtype, (SPREAD / codes_deviate * np.exp(random.normal(0, 0.1, shape))).astype(
        np.float32)).array


def anything(dtype, shape):
    """Every bit at random."""
    return dtype, shape, lambda random: np.frombuffer(random.bytes(math.prod(shape) * np.dtype(BITS[dtype]).itemsize), BITS[dtype]
                                                      ).reshape(shape)


def e4m3(shape, low=0, high=254):
    def make(random):
        codes = random.integers(low, high, shape, np.uint8)
        return codes + (codes >= 127).astype(np.uint8)
    return "F8_E4M3", shape, make


def fixed(dtype, values):
    one = stored(dtype, values)
    return dtype, one.array.shape, lambda _: one.array


def gptq(out, columns, act=False):
    groups = columns // 128
    order = np.arange(columns) // 128

    def shuffled(random):
        return random.permutation(order).astype(np.int32)
    return {"qweight": anything("I32", (columns // 8, out)), "qzeros": fixed("I32", np.full((groups, out // 8), 0x77777777)),
            "scales": scales("F16", (groups, out), 4.6), "g_idx": ("I32", (columns,), shuffled) if act else fixed("I32", order)}


def awq(out, columns):
    groups = columns // 128
    return {"qweight": anything("I32", (columns, out // 8)), "qzeros": fixed("I32", np.full((groups, out // 8), 0x77777777)),
            "scales": scales("F16", (groups, out), 4.6)}


def pack(out, columns):
    return {"weight_packed": anything("I32", (out, columns // 8)), "weight_scale": scales("BF16", (out, columns // 128), 4.6),
            "weight_shape": fixed("I64", (out, columns))}


def nf4(out, columns):
    count = out * columns // 64
    state = {"quant_type": "nf4", "blocksize": 64, "dtype": "bfloat16", "shape": [out, columns], "nested_blocksize": 256,
             "nested_dtype": "float32", "nested_offset": 0.04}
    return {
        "weight": anything("U8", (out * columns // 2, 1)), "weight.absmax": anything("U8", (count,)),
        "weight.nested_absmax": fixed("F32", np.full(count // 256, 0.01)), "weight.nested_quant_map": fixed("F32", dynamic_map()),
        "weight.quant_map": fixed("F32", NF4),
        "weight.quant_state.bitsandbytes__nf4": fixed("U8", np.frombuffer(json.dumps(state).encode(), np.uint8))
    }


def int8(out, columns):
    return {"weight": anything("I8", (out, columns)), "SCB": scales("F32", (out,), 74 * OVER_127), "weight_format": fixed("U8", 0)}


def fp8_channel(out, columns):
    return {"weight": e4m3((out, columns), 0x28, 0x58), "weight_scale": scales("BF16", (out, 1), 3)}


def fp8_block(out, columns):
    return {"weight": e4m3((out, columns)), "weight_scale_inv": scales("F32", (out // 128, columns // 128), 150)}


def nvfp4(out, columns):
    return {"weight_packed": anything("U8", (out, columns // 2)), "weight_scale": e4m3((out, columns // 16), 0x68, 0x7C),
            "weight_global_scale": fixed("F32", [24000]), "input_global_scale": fixed("F32", [300])}


def modelopt(out, columns):
    return {"weight": anything("U8", (out, columns // 2)), "weight_scale": e4m3((out, columns // 16), 0x68, 0x7C),
            "weight_scale_2": fixed("F32", np.float32(4e-5)), "input_scale": fixed("F32", np.float32(3e-3))}


def hqq(out, columns):
    settings = hqq_write(np.zeros((64, 64), np.uint8), np.zeros(64), np.zeros(64), 4, 1, 64, "bfloat16")
    settings["shape"] = stored("I64", (out, columns))
    groups = out * columns // 64
    tensors = {name: (one.dtype, one.array.shape, lambda _, kept=one: kept.array) for name, one in settings.items()}
    return {
        **tensors, "W_q": anything("U8", (groups // 2, 64)), "scale": scales("BF16", (groups, 1), 4.6),
        "zero": fixed("BF16", np.full((groups, 1), 7.5))
    }


FOUR = {"dynamic": False, "num_bits": 4, "type": "float", "group_size": 16}
LAYOUTS = {
    "gptq": (gptq, gptq_config(group=128), "float16"), "gptq-act-order": (lambda *s: gptq(*s, act=True),
                                                                          gptq_config(group=128, act=True), "float16"),
    "awq": (awq, awq_config(128), "float16"), "compressed-tensors": (pack, pack_config(4, 128), "bfloat16"),
    "bitsandbytes": (nf4, bnb_config(), "bfloat16"), "bitsandbytes-int8": (int8, bnb_config(8), "float16"),
    "ct-fp8": (fp8_channel, config_of("float-quantized", arguments(8, "float", "channel"), dynamic_inputs(8,
                                                                                                          "float")), "bfloat16"),
    "fp8": (fp8_block, fp8_config(fmt="e4m3", weight_block_size=[128,
                                                                 128]), "bfloat16"), "nvfp4": (nvfp4, nvfp4_scheme(), "bfloat16"),
    "modelopt": (modelopt, modelopt_config("NVFP4", FOUR, FOUR)[0], "bfloat16"), "hqq": (hqq, hqq_config(4, 64, 1), "bfloat16"),
    "none": (lambda out, columns: {"weight": scales("BF16", (out, columns), 1)}, None, "bfloat16")
}


def write_large(folder, layout, layers, beside):
    """Writes the folder; `beside` is one whose tokenizer files are copied into it, or None."""
    matrix, quantization, dtype = LAYOUTS[layout]
    folder, kind = pathlib.Path(folder), {"float16": "F16", "bfloat16": "BF16"}[dtype]
    folder.mkdir(parents=True, exist_ok=True)

    def normal(shape, middle=0.0):
        return kind, shape, lambda random: stored(kind,
                                                  random.standard_normal(shape, np.float32) * SPREAD + np.float32(middle)).array

    tensors = {
        "model.embed_tokens.weight": normal((32000, 2048)), "model.norm.weight": normal((2048,), 1), "lm_head.weight": normal(
            (32000, 2048))
    }
    for layer in range(layers):
        at = f"model.layers.{layer}."
        tensors.update({f"{at}{norm}.weight": normal((2048,), 1) for norm in ("input_layernorm", "post_attention_layernorm")})
        for name, shape in MATRICES.items():
            tensors.update({f"{at}{name}.{piece}": one for piece, one in matrix(*shape).items()})
    ordered = sorted(tensors.items(), key=lambda item: -np.dtype(BITS[item[1][0]]).itemsize)
    random = np.random.default_rng(1)
    with open(folder / "model.safetensors", "wb") as file:
        file.write(header_of({name: one[:2] for name, one in ordered})[0])
        for _, (_, shape, make) in ordered:
            array = make(random)
            if array.shape != tuple(shape):
                raise ValueError(f"{array.shape} is not {shape}")
            file.write(np.ascontiguousarray(array).tobytes())
    config = {
        **CONFIG, "num_hidden_layers": layers, "torch_dtype": dtype,
        **({"quantization_config": quantization} if quantization else {})
    }
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    for name in ("tokenizer.json", "tokenizer_config.json", "generation_config.json", "special_tokens_map.json"):
        if beside and (pathlib.Path(beside) / name).exists():
            shutil.copy(pathlib.Path(beside) / name, folder / name)
