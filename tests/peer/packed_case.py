"""What a golden folder is made of: tensors in a packed layout, the config.json its project writes, and what it decodes to."""
import json
import pathlib

import numpy as np

from packed_store import numbers, stored, write_file

LLAMA = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 48, "hidden_size": 32, "intermediate_size": 64,
         "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 16, "max_position_embeddings": 64,
         "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "hidden_act": "silu", "bos_token_id": 1, "eos_token_id": 2,
         "tie_word_embeddings": False}
MATRICES = {"self_attn.q_proj": (32, 32), "self_attn.k_proj": (32, 32), "self_attn.v_proj": (32, 32), "self_attn.o_proj": (32, 32),
            "mlp.gate_proj": (64, 32), "mlp.up_proj": (64, 32), "mlp.down_proj": (32, 64)}


class Case:
    """A folder in the making. `says` is one line: what is peculiar about it."""

    def __init__(self, name, says, quantization, dtype="float16", seed=None):
        self.name, self.says, self.quantization, self.dtype = name, says, quantization, dtype
        self.random = np.random.default_rng(list((seed or name).encode()))
        self.tensors, self.expected, self.about, self.config = {}, {}, {}, dict(LLAMA)
        self.files = {}  # what else lies in the folder: {name: dict}

    def codes(self, shape, low, high):
        """Uniform, with both ends in the first row."""
        codes = self.random.integers(low, high, shape, endpoint=True)
        codes.reshape(-1)[:2] = (low, high)[:codes.size]
        return codes

    def scales(self, shape, dtype="F16"):
        """Positive, of the size that weights have, as the type holds them."""
        return numbers(stored(dtype, np.exp(self.random.normal(-4, 0.7, shape)).astype(np.float32)))

    def order(self, columns, group):
        """Groups of `group` columns each (the last with what is left), scattered as act-order scatters them."""
        return self.random.permutation(np.arange(columns) // group).astype(np.int32)

    def put(self, module, pieces, weight, name=None, separator="."):
        """Pieces of a layout under a module's name, and what they decode to."""
        self.tensors.update({f"{module}{separator}{piece}" if piece else module: one for piece, one in pieces.items()})
        name = name or f"{module}.weight"
        if name.endswith("mlp.down_proj.weight"):
            self.config.update(hidden_size=weight.values.shape[0], intermediate_size=weight.values.shape[1])
        self.expected[name] = stored("F32", np.where(np.isnan(weight.values), np.float32(np.nan),
                                                     weight.values))  # one NaN, the same bytes everywhere
        self.about[name] = {"shape": list(weight.values.shape), "bits": weight.bits, "group": weight.group,
                            "zeros": weight.zeros is not None, "order": weight.order is not None, **weight.more}

    def plain(self):
        """The tensors of the tiny Llama that no layout packs."""
        dtype = {"float16": "F16", "bfloat16": "BF16", "float32": "F32"}[self.dtype]
        width, vocabulary = self.config["hidden_size"], self.config["vocab_size"]
        for name, shape in {"model.embed_tokens": (vocabulary, width), "lm_head": (vocabulary, width)}.items():
            self.tensors[f"{name}.weight"] = stored(dtype, self.random.normal(0, 0.05, shape).astype(np.float32))
        for name in ("model.norm", "model.layers.0.input_layernorm", "model.layers.0.post_attention_layernorm"):
            self.tensors[f"{name}.weight"] = stored(dtype, self.random.normal(1, 0.1, width).astype(np.float32))

    def write(self, root):
        folder = pathlib.Path(root) / self.name
        folder.mkdir(parents=True, exist_ok=True)
        config = {**self.config, "torch_dtype": self.dtype}
        if self.quantization:
            config["quantization_config"] = self.quantization
        for name, content in {"config.json": config, **({"expected.json": self.about} if self.expected else {}),
                              **self.files}.items():
            (folder / name).write_text(json.dumps(content, indent=1) + "\n")
        write_file(folder / "model.safetensors", self.tensors)
        if self.expected:
            write_file(folder / "expected.safetensors", self.expected)


def llama(case, matrix):
    """Every matrix of the tiny Llama through matrix(module, shape), and what stays plain."""
    case.plain()
    for name, shape in MATRICES.items():
        matrix(f"model.layers.0.{name}", shape)
    return case
