"""LoRA adapters of the demo model, made in numpy: a PEFT folder and the GGUF file that llama.cpp's convert_lora_to_gguf.py makes of it.

    adapter = Adapter.random(seed=1, rank=4, alpha=6)
    adapter.write_peft(folder); adapter.write_gguf(file)
    adapter.merged(weights, strength=1.0)       # {GGUF name: float64 [out, in]}, of weights in GGUF's order of rows
"""
import json
import pathlib
import struct
import sys

import numpy as np

MODELS = pathlib.Path(__file__).resolve().parents[2] / "resources/models"
sys.path.insert(0, str(MODELS / "training"))
import gguf

PARTS = {"self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
         "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down"}


def rows_in_gguf_order(matrix, heads):
    """convert_hf_to_gguf.py permutes queries and keys: halves of a head become neighbours."""
    return matrix.reshape(heads, 2, -1, matrix.shape[1]).swapaxes(1, 2).reshape(matrix.shape)


def rows_in_hugging_face_order(matrix, heads):
    return matrix.reshape(heads, -1, 2, matrix.shape[1]).swapaxes(1, 2).reshape(matrix.shape)


def write_safetensors(path, tensors):
    header, data = {}, b""
    for name, values in tensors.items():
        blob = np.ascontiguousarray(values, "<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [len(data), len(data) + len(blob)]}
        data += blob
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


class Adapter:
    """Factors by (block, part of PARTS), in Hugging Face's order of rows."""

    def __init__(self, factors, alpha, heads, kv_heads):
        self.factors, self.alpha, self.heads = factors, alpha, {"self_attn.q_proj": heads, "self_attn.k_proj": kv_heads}

    @classmethod
    def random(cls, seed, rank, alpha, parts=tuple(PARTS), share=0.2):
        """Changes of about `share` of every matrix."""
        random = np.random.default_rng(seed)
        weights, facts = gguf.read_tensors(MODELS / "demo.gguf"), gguf.read_metadata(MODELS / "demo.gguf")
        factors = {}
        for block in range(facts["llama.block_count"]):
            for part in parts:
                matrix = weights[f"blk.{block}.{PARTS[part]}.weight"]
                a, b = random.standard_normal((rank, matrix.shape[1])), random.standard_normal((matrix.shape[0], rank))
                b *= share * np.linalg.norm(matrix) / np.linalg.norm(alpha / rank * b @ a)
                factors[block, part] = a.astype(np.float32), b.astype(np.float32)
        return cls(factors, alpha, facts["llama.attention.head_count"], facts["llama.attention.head_count_kv"])

    def ggufs(self):
        """(name, A, B in GGUF's order, scale)"""
        for (block, part), (a, b) in self.factors.items():
            ordered = rows_in_gguf_order(b, self.heads[part]) if part in self.heads else b
            yield f"blk.{block}.{PARTS[part]}.weight", a, ordered, self.alpha / len(a)

    def merged(self, weights, strength=1.0):
        return {name: weights[name].astype(np.float64) + strength * scale * b.astype(np.float64) @ a.astype(np.float64)
                for name, a, b, scale in self.ggufs()}

    def write_peft(self, folder, **settings):
        folder.mkdir(parents=True, exist_ok=True)
        rank = len(next(iter(self.factors.values()))[0])
        config = {"peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": "demo", "r": rank, "lora_alpha": self.alpha,
                  "lora_dropout": 0.05, "bias": "none", "fan_in_fan_out": False, "inference_mode": True, "init_lora_weights": True,
                  "target_modules": sorted({part.split(".")[1] for _, part in self.factors}), "modules_to_save": None, "rank_pattern": {},
                  "alpha_pattern": {}, "use_rslora": False, "use_dora": False, "layer_replication": None, **settings}
        (folder / "adapter_config.json").write_text(json.dumps(config, indent=2))
        tensors = {}
        for (block, part), (a, b) in self.factors.items():
            module = f"base_model.model.model.layers.{block}.{part}"
            tensors[module + ".lora_A.weight"], tensors[module + ".lora_B.weight"] = a, b
        write_safetensors(folder / "adapter_model.safetensors", tensors)

    def write_gguf(self, path):
        tensors = []
        for name, a, b, _ in self.ggufs():
            tensors += [(name + ".lora_a", a, gguf.F32), (name + ".lora_b", b, gguf.F32)]
        metadata = [("general.architecture", gguf.STRING, "llama"), ("general.type", gguf.STRING, "adapter"),
                    ("adapter.type", gguf.STRING, "lora"), ("adapter.lora.alpha", gguf.FLOAT32, float(self.alpha))]
        gguf.write(pathlib.Path(path), metadata, tensors)
