"""Reads a folder that holds packed weights, whatever project wrote it: read(folder) → {name of the weight: Weight}.

Which layout a folder has is said by quantization_config in config.json (or quantize_config.json, hf_quant_config.json); which
modules are packed, by the names of the tensors.
"""
import json
import pathlib
import re

import packed_hqq
from packed_bitsandbytes import four_bit_read, int8_read
from packed_compressed import elements_read, fp4_read, pack_read, scheme_of
from packed_gptq_awq import awq_read, gemv_read, gptq_read
from packed_modelopt import blocks_read, nvfp4_read
from packed_store import read_folder


def quantization_of(folder):
    """The quantization_config of a folder, with its quant_method; ModelOpt's own file in the same words. {} for none."""
    folder = pathlib.Path(folder)

    def file(name):
        return json.loads((folder / name).read_text()) if (folder / name).exists() else {}
    config = file("config.json").get("quantization_config")
    if config:
        return config
    if old := file("quantize_config.json"):
        return {"quant_method": "gptq", **old}
    own = file("hf_quant_config.json").get("quantization")
    return {"quant_method": "modelopt", **own} if own else {}


def _group(config, key="group_size"):
    return 0 if config.get(key, -1) in (-1, None) else config[key]


def _gptq(config, module):
    for rule, changes in (config.get("dynamic") or {}).items():
        if re.match(rule.removeprefix("+:").removeprefix("-:"), module):
            config = {**config, **changes}
            break
    v2 = config.get("checkpoint_format") == "gptq_v2"
    return lambda pieces: gptq_read(pieces, config["bits"], _group(config), v2)


def _compressed(config, module):
    weights = (scheme_of(config, module) or {"weights": {}})["weights"]

    def reader(pieces):
        if "weight_shape" in pieces:
            return pack_read(pieces, weights["num_bits"], _group(weights))
        return fp4_read(pieces) if "weight_packed" in pieces else elements_read(pieces, weights.get("block_structure"))
    return reader


def _scaled(config):
    tile = config.get("weight_block_size")
    return lambda pieces: elements_read(pieces, tile, "weight_scale_inv" if "weight_scale_inv" in pieces else "weight_scale")


# method → (endings of what a module's codes are called, (config, module) → reader of {piece: Stored})
METHODS = {
    "gptq": (("qweight",), _gptq),
    "awq": (("qweight",), lambda config, _: lambda pieces:
            (gemv_read if config.get("version", "gemm").lower() == "gemv" else awq_read)(pieces, _group(config))),
    "bitsandbytes": (("weight",), lambda *_: lambda pieces: int8_read(pieces) if "SCB" in pieces else four_bit_read(
        {name.removeprefix("weight").removeprefix("."): one
         for name, one in pieces.items()
         if name.startswith("weight")})), "compressed-tensors": (("weight_packed", "weight"), _compressed),
    "fp8": (("weight",), lambda config, _: _scaled(config)), "fbgemm_fp8": (("weight",), lambda config, _: _scaled(config)),
    "modelopt": (("weight",), lambda config, _: lambda pieces: (nvfp4_read
                                                                 if pieces["weight"].dtype == "U8" else _scaled(config))
                 (pieces)), "mxfp4": (("blocks",), lambda *_: blocks_read), "hqq": (("W_q",), lambda *_: packed_hqq.read)
}
BESIDE = {
    "bitsandbytes": (".SCB", ".weight.absmax"), "compressed-tensors": (".weight_scale",),
    "fp8": (".weight_scale_inv", ".weight_scale"), "fbgemm_fp8": (".weight_scale",), "modelopt": (".weight_scale",)
}


def weights(folder):
    """(name of the weight, function that decodes it, {piece: Stored}) for every packed weight, without decoding any."""
    config, tensors = quantization_of(folder), read_folder(folder)
    if not config:
        return
    endings, reader_of = METHODS[config["quant_method"]]
    separator = "_" if config["quant_method"] == "mxfp4" else "."
    for codes in tensors:
        module, _, ending = codes.rpartition(separator)
        beside = BESIDE.get(config["quant_method"])
        if ending not in endings or beside and not any(module + one in tensors for one in beside):
            continue
        pieces = {name[len(module) + 1:]: one for name, one in tensors.items() if name.startswith(module + separator)}
        read_pieces = reader_of(config, module)
        yield module if separator == "_" else f"{module}.weight", lambda r=read_pieces, p=pieces: r(p), pieces


def read(folder):
    return {name: decode() for name, decode, _ in weights(folder)}
