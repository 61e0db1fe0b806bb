"""Packed folders of random shapes and settings, in every layout."""
import numpy as np

import packed_cases_bitsandbytes as bnb
import packed_cases_compressed as compressed
import packed_cases_float as floats
import packed_cases_gptq_awq as gptq
from packed_case import Case

DOWN = "model.layers.0.mlp.down_proj"


def _gptq(pick, name):
    bits, group, sym, act, v2 = (pick(one)
                                 for one in ((2, 3, 4, 8), (0, 16, 32, 64, 128), (True, False), (True, False), (True, False)))
    act = act and group > 0
    shape = (int(pick((32, 64, 96))), 32 * int(pick(range(1, 9))))
    case = Case(name, "random", gptq.gptq_config(int(bits), int(group), bool(act), bool(sym), "gptq_v2" if v2 else "gptq"))
    gptq.gptq_matrix(case, DOWN, shape, int(bits), int(group), bool(act), bool(sym), bool(v2), 0)
    return case


def _awq(pick, name):
    version, group = pick(("gemm", "gemv")), int(pick((32, 64, 128)))
    group = 0 if version == "gemm" and pick((True, False, False)) else group
    case = Case(name, "random", gptq.awq_config(group, str(version)))
    gptq.awq_matrix(case, DOWN, (8 * int(pick(range(1, 9))), (group or 40) * int(pick(range(1, 4)))), group, str(version))
    return case


def _pack(pick, name):
    bits, group = int(pick((2, 3, 4, 4, 4, 5, 6, 8))), int(pick((0, 16, 32, 128)))
    symmetric, order, dtype = bool(pick((True, False))), bool(pick((True, False))) and group > 0, str(pick(("F16", "BF16", "F32")))
    shape = (int(pick(range(1, 40))), group * int(pick(range(1, 5))) if group else int(pick(range(1, 200))))
    case = Case(name, "random", compressed.pack_config(bits, group, symmetric, order), "bfloat16")
    compressed.pack_matrix(case, DOWN, shape, bits, group, symmetric, order, dtype)
    return case


def _four_bit(pick, name):
    kind, nested, block = str(pick(("nf4", "fp4"))), bool(pick((True, False))), int(pick((32, 64, 128, 256)))
    case = Case(name, "random", bnb.bnb_config(4, kind, nested), str(pick(("float16", "bfloat16", "float32"))))
    bnb.four_bit_matrix(case,
                        DOWN, (int(pick(range(1, 70))), int(pick(range(1, 200)))),
                        kind,
                        block,
                        nested,
                        inner=int(pick((16, 256))))
    return case


def _fp8(pick, name):
    out, columns, tile = int(pick(range(1, 300))), int(pick(range(1, 300))), [int(pick((16, 128))), int(pick((16, 128)))]
    case = Case(name, "random", floats.fp8_config(fmt="e4m3", weight_block_size=tile), "bfloat16")
    floats.elements(case, DOWN, (out, columns), (-(-out // tile[0]), -(-columns // tile[1])), str(pick(("F32", "BF16"))), tile,
                    "weight_scale_inv")
    return case


def _nvfp4(pick, name):
    case = Case(name, "random", floats.nvfp4_scheme(), "bfloat16")
    floats.nvfp4_matrix(case, DOWN, (int(pick(range(1, 40))), 16 * int(pick(range(1, 20)))))
    return case


def _mxfp4(pick, name):
    case = Case(
        name, "random",
        compressed.config_of("mxfp4-pack-quantized", compressed.arguments(4, "float", "group", 32, scale_dtype="torch.uint8")),
        "bfloat16")
    floats.mxfp4_matrix(case, DOWN, (int(pick(range(1, 40))), 32 * int(pick(range(1, 12)))))
    return case


def _modelopt(pick, name):
    four = {"dynamic": False, "num_bits": 4, "type": "float", "group_size": 16}
    case = Case(name, "random", floats.modelopt_config("NVFP4", four, four)[0], "bfloat16")
    floats.modelopt_nvfp4(case, DOWN, (int(pick(range(1, 40))), 16 * int(pick(range(1, 20)))))
    return case


def _hqq(pick, name):
    bits, axis, group = int(pick((8, 4, 3, 2, 1))), int(pick((0, 1, 1))), int(pick((16, 32, 64)))
    as_float = bool(pick((True, False, False)))
    case = Case(name, "random", bnb.hqq_config(bits, group, axis, as_float), str(pick(("float16", "bfloat16"))))
    bnb.hqq_matrix(case, DOWN, (8 * int(pick(range(1, 9))), 64 * int(pick(range(1, 6)))), bits, group, axis, as_float)
    return case


KINDS = {"gptq": _gptq, "awq": _awq, "ct_pack": _pack, "bnb": _four_bit, "fp8": _fp8, "ct_nvfp4": _nvfp4, "ct_mxfp4": _mxfp4,
         "modelopt": _modelopt, "hqq": _hqq}


def random_cases(seed, count):
    random = np.random.default_rng(seed)
    for kind, make in KINDS.items():
        for index in range(count):
            yield make(random.choice, f"random_{kind}_{seed}_{index}")
