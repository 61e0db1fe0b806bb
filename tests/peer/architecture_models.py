"""Small random models of every architecture that runs, as GGUF files and, where published, as Hugging Face folders.

    architecture_models.py OUT [NAME …]     # OUT/NAME.gguf and OUT/NAME-folder/

Sizes are awkward: no width is a multiple of a kernel's tile, heads do not divide the width. Names and shapes of GGUF are
those that llama.cpp loads, of folders those of transformers; both files have the same weights. There is no tokenizer.
"""
import json
import pathlib
import struct
import sys

import numpy as np

VOCABULARY, WIDTH, FEED_FORWARD, LAYERS, HEADS, KV_HEADS, HEAD = 131, 72, 104, 3, 6, 2, 16
CONTEXT = 96
ROTATED = 8  # of a head, where a part is
WINDOW = 24
EXPERTS, USED_EXPERTS, EXPERT_FEED_FORWARD = 7, 3, 56
TYPES = {bool: 7, int: 4, float: 6, str: 8, np.int32: 5}


def use_small_sizes():
    """What is committed as goldens."""
    globals().update(VOCABULARY=37, WIDTH=24, FEED_FORWARD=40, LAYERS=2, HEADS=3, KV_HEADS=1, HEAD=8, ROTATED=4, WINDOW=8, EXPERTS=5, USED_EXPERTS=2, EXPERT_FEED_FORWARD=24)


class Model:
    """What a model is made of; tensors as [rows, columns] in the order of the folder."""

    def __init__(self, architecture, model_type=None, seed=1, **sizes):
        self.architecture, self.model_type = architecture, model_type or architecture
        self.random = np.random.default_rng(seed)
        self.width, self.heads, self.kv_heads, self.head = WIDTH, HEADS, KV_HEADS, HEAD
        self.feed_forward, self.layers, self.base, self.epsilon = FEED_FORWARD, LAYERS, 10000.0, 1e-5
        self.__dict__.update(sizes)
        self.adjacent = False  # whether GGUF pairs neighbours in rotary embedding
        self.norms_from_one = False  # whether folders store norms as differences from 1
        self.keys, self.config, self.tensors = {}, {}, []  # of tensors: GGUF's name, the folder's, values here, values there
        self.tokenizer_keys = {"tokenizer.ggml.model": "no_vocab"}

    def add(self, gguf, folder, values, there=None):
        self.tensors.append((gguf, folder, values.astype("<f4"), (values if there is None else there).astype("<f4")))

    def matrix(self, rows, columns, gain=1.0):
        return gain * self.random.standard_normal((rows, columns)) / np.sqrt(columns)

    def norm(self, size):
        return 1 + 0.2 * self.random.standard_normal(size)

    def heads_in_pairs(self, values):
        """Rows of queries or keys as GGUF has them where neighbours are paired."""
        if not self.adjacent:
            return values
        rest = values.shape[1:]
        return values.reshape(-1, 2, self.head // 2, *rest).swapaxes(1, 2).reshape(-1, *rest)

    def projection(self, name, folder, rows, columns, bias=False, is_rotated=False, gain=1.0):
        values = self.matrix(rows, columns, gain)
        self.add(name + ".weight", folder + ".weight", self.heads_in_pairs(values) if is_rotated else values, values)
        if bias:
            values = 0.2 * self.random.standard_normal(rows)
            self.add(name + ".bias", folder + ".bias", self.heads_in_pairs(values) if is_rotated else values, values)

    def embedding(self, tied=False):
        # A tied matrix as large as others are would only say the token that was read.
        spread = 0.2 if tied else 1.0
        self.add("token_embd.weight", "model.embed_tokens.weight", spread * self.random.standard_normal((VOCABULARY, self.width)))
        if not tied:
            self.add("output.weight", "lm_head.weight", self.matrix(VOCABULARY, self.width))
        self.norm_weight("output_norm.weight", "model.norm.weight", self.width)
        self.config["tie_word_embeddings"] = tied

    def attention(self, layer, bias=False, output_bias=False, head_norms=None):
        here, there = f"blk.{layer}.", f"model.layers.{layer}.self_attn."
        queries, keys = self.heads * self.head, self.kv_heads * self.head
        self.projection(here + "attn_q", there + "q_proj", queries, self.width, bias, True, 1.5)
        self.projection(here + "attn_k", there + "k_proj", keys, self.width, bias, True, 1.5)
        self.projection(here + "attn_v", there + "v_proj", keys, self.width, bias)
        self.projection(here + "attn_output", there + "o_proj", self.width, queries, output_bias)
        if head_norms:
            for part, size in (("q", head_norms[0]), ("k", head_norms[1])):
                self.norm_weight(f"{here}attn_{part}_norm.weight", f"{there}{part}_norm.weight", size)

    def bias(self, gguf, folder, size):
        self.add(gguf + ".bias", folder + ".bias", 0.2 * self.random.standard_normal(size))

    def experts(self, layer, router, gate, up, down):
        """A router, and stacks in GGUF that a folder has as a matrix for each expert; names of the folder with {} for its number."""
        here, there, count, inner = f"blk.{layer}.", f"model.layers.{layer}.", EXPERTS, EXPERT_FEED_FORWARD
        self.projection(here + "ffn_gate_inp", there + router, count, self.width, gain=2.0)
        for name, folder, rows, columns in (("gate", gate, inner, self.width), ("up", up, inner, self.width), ("down", down, self.width, inner)):
            stack = np.stack([self.matrix(rows, columns) for _ in range(count)])
            self.add(f"{here}ffn_{name}_exps.weight", "", stack)
            for expert, values in enumerate(stack):
                self.add("", there + folder.format(expert) + ".weight", values)

    def feed_forward_part(self, layer):
        here, there = f"blk.{layer}.", f"model.layers.{layer}.mlp."
        self.projection(here + "ffn_gate", there + "gate_proj", self.feed_forward, self.width)
        self.projection(here + "ffn_up", there + "up_proj", self.feed_forward, self.width)
        self.projection(here + "ffn_down", there + "down_proj", self.width, self.feed_forward)

    def norm_of(self, layer, gguf, folder):
        self.norm_weight(f"blk.{layer}.{gguf}.weight", f"model.layers.{layer}.{folder}.weight", self.width)

    def norm_weight(self, gguf, folder, size):
        values = self.norm(size)
        self.add(gguf, folder, values, values - 1 if self.norms_from_one else values)

    def finish(self):
        self.keys = {"vocab_size": VOCABULARY, "context_length": CONTEXT, "embedding_length": self.width, "block_count": self.layers,
                     "feed_forward_length": self.feed_forward, "attention.head_count": self.heads,
                     "attention.head_count_kv": self.kv_heads, "attention.key_length": self.head,
                     "attention.value_length": self.head, "rope.dimension_count": self.head, "rope.freq_base": self.base,
                     "attention.layer_norm_rms_epsilon": self.epsilon, **self.keys}
        self.keys = {key: value for key, value in self.keys.items() if value is not None}
        self.config = {"model_type": self.model_type, "vocab_size": VOCABULARY, "max_position_embeddings": CONTEXT,
                       "hidden_size": self.width, "num_hidden_layers": self.layers, "intermediate_size": self.feed_forward,
                       "num_attention_heads": self.heads, "num_key_value_heads": self.kv_heads, "head_dim": self.head,
                       "rms_norm_eps": self.epsilon, "rope_theta": self.base, "hidden_act": "silu", "torch_dtype": "float32",
                       **self.config}
        self.config = {key: value for key, value in self.config.items() if value is not None}
        return self

    def write_gguf(self, path):
        def text(value):
            value = value.encode()
            return struct.pack("<Q", len(value)) + value

        def entry(key, value):
            if isinstance(value, (list, tuple)):
                inner = TYPES[type(value[0])]
                return text(key) + struct.pack("<IIQ", 9, inner, len(value)) + b"".join(plain(item) for item in value)
            return text(key) + struct.pack("<I", TYPES[type(value)]) + plain(value)

        def plain(value):
            if isinstance(value, str):
                return text(value)
            return struct.pack({bool: "<?", int: "<I", float: "<f", np.int32: "<i"}[type(value)], value)

        keys = {"general.architecture": self.architecture, **self.tokenizer_keys,
                **{f"{self.architecture}.{key}": value for key, value in self.keys.items()}}
        table, data = b"", b""
        stored = [row for row in self.tensors if row[0]]
        for name, _, values, _ in stored:
            table += text(name) + struct.pack("<I", values.ndim) + struct.pack(f"<{values.ndim}Q", *reversed(values.shape))
            table += struct.pack("<IQ", 0, len(data))
            data += values.tobytes()
            data += bytes(-len(data) % 32)
        head = b"GGUF" + struct.pack("<IQQ", 3, len(stored), len(keys)) + b"".join(entry(*item) for item in keys.items()) + table
        pathlib.Path(path).write_bytes(head + bytes(-len(head) % 32) + data)

    def write_folder(self, path):
        path = pathlib.Path(path)
        path.mkdir(parents=True, exist_ok=True)
        header, data = {}, b""
        for _, name, _, values in self.tensors:
            if not name:
                continue
            header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [len(data), len(data) + values.nbytes]}
            data += values.tobytes()
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        (path / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)
        (path / "config.json").write_text(json.dumps(self.config, indent=2))


def pre_norm(model, **attention):
    """Norms before attention and feed-forward part, as in Llama."""
    for layer in range(model.layers):
        model.norm_of(layer, "attn_norm", "input_layernorm")
        model.attention(layer, **attention)
        model.norm_of(layer, "ffn_norm", "post_attention_layernorm")
        model.feed_forward_part(layer)
    return model


def llama():
    model = Model("llama")
    model.adjacent = True
    model.embedding()
    return pre_norm(model).finish()


def qwen2():
    model = Model("qwen2", base=1e6, head=WIDTH // HEADS)
    model.embedding(tied=True)
    return pre_norm(model, bias=True).finish()


def qwen3():
    model = Model("qwen3", base=1e6, epsilon=1e-6)
    model.embedding(tied=True)
    return pre_norm(model, head_norms=(HEAD, HEAD)).finish()


def smollm3():
    model = Model("smollm3", layers=5, base=5e6)
    model.adjacent = True
    model.config["no_rope_layers"] = [1, 1, 1, 0, 1]
    model.embedding(tied=True)
    return pre_norm(model).finish()


def granite():
    model = Model("granite")
    model.adjacent = True
    model.keys |= {"attention.scale": 0.11, "embedding_scale": 1.7, "residual_scale": 0.22, "logit_scale": 1.3}
    model.config |= {"attention_multiplier": 0.11, "embedding_multiplier": 1.7, "residual_multiplier": 0.22, "logits_scaling": 1.3}
    model.embedding(tied=True)
    return pre_norm(model).finish()


def olmo2():
    model = Model("olmo2", head=WIDTH // HEADS, kv_heads=3)
    model.embedding()
    for layer in range(model.layers):
        model.attention(layer, head_norms=(model.heads * model.head, model.kv_heads * model.head))
        model.norm_of(layer, "post_attention_norm", "post_attention_layernorm")
        model.feed_forward_part(layer)
        model.norm_of(layer, "post_ffw_norm", "post_feedforward_layernorm")
    return model.finish()


def gemma3():
    model = Model("gemma3", "gemma3_text", layers=7, base=1e6, kv_heads=1, heads=3)
    model.norms_from_one = True
    model.keys |= {"attention.sliding_window": WINDOW, "rope.scaling.type": "linear", "rope.scaling.factor": 8.0}
    model.config |= {"sliding_window": WINDOW, "query_pre_attn_scalar": HEAD, "rope_local_base_freq": 10000.0,
                     "hidden_act": "gelu_pytorch_tanh", "hidden_activation": "gelu_pytorch_tanh", "rope_scaling": {"rope_type": "linear", "factor": 8.0},
                     "layer_types": [*["sliding_attention"] * 5, "full_attention", "sliding_attention"]}
    model.embedding(tied=True)
    for layer in range(model.layers):
        model.norm_of(layer, "attn_norm", "input_layernorm")
        model.attention(layer, head_norms=(HEAD, HEAD))
        model.norm_of(layer, "post_attention_norm", "post_attention_layernorm")
        model.norm_of(layer, "ffn_norm", "pre_feedforward_layernorm")
        model.feed_forward_part(layer)
        model.norm_of(layer, "post_ffw_norm", "post_feedforward_layernorm")
    return model.finish()


def phi3():
    model = Model("phi3", head=WIDTH // HEADS)
    model.keys["rope.dimension_count"] = ROTATED
    model.config |= {"partial_rotary_factor": ROTATED / model.head}
    model.embedding()
    for layer in range(model.layers):
        here, there = f"blk.{layer}.", f"model.layers.{layer}."
        model.norm_of(layer, "attn_norm", "input_layernorm")
        model.projection(here + "attn_qkv", there + "self_attn.qkv_proj", (model.heads + 2 * model.kv_heads) * model.head, model.width)
        model.projection(here + "attn_output", there + "self_attn.o_proj", model.width, model.heads * model.head)
        model.norm_of(layer, "ffn_norm", "post_attention_layernorm")
        model.projection(here + "ffn_up", there + "mlp.gate_up_proj", 2 * model.feed_forward, model.width)
        model.projection(here + "ffn_down", there + "mlp.down_proj", model.width, model.feed_forward)
    return model.finish()


def gemma2():
    model = Model("gemma2", layers=3, kv_heads=1, heads=3, epsilon=1e-6)
    model.norms_from_one = True
    model.keys |= {"attention.sliding_window": WINDOW, "attn_logit_softcapping": 2.0, "final_logit_softcapping": 5.0}
    model.config |= {"sliding_window": WINDOW, "query_pre_attn_scalar": HEAD, "attn_logit_softcapping": 2.0, "final_logit_softcapping": 5.0,
                     "hidden_act": "gelu_pytorch_tanh", "hidden_activation": "gelu_pytorch_tanh"}
    model.embedding(tied=True)
    for layer in range(model.layers):
        model.norm_of(layer, "attn_norm", "input_layernorm")
        model.attention(layer)
        model.norm_of(layer, "post_attention_norm", "post_attention_layernorm")
        model.norm_of(layer, "ffn_norm", "pre_feedforward_layernorm")
        model.feed_forward_part(layer)
        model.norm_of(layer, "post_ffw_norm", "post_feedforward_layernorm")
    return model.finish()


def yarn():
    """Qwen 3 whose context was made four times as long."""
    model = Model("qwen3", base=1e6, epsilon=1e-6)
    model.keys |= {"rope.scaling.type": "yarn", "rope.scaling.factor": 4.0, "rope.scaling.original_context_length": CONTEXT // 4}
    model.config |= {"rope_scaling": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": CONTEXT // 4}}
    model.embedding(tied=True)
    return pre_norm(model, head_norms=(HEAD, HEAD)).finish()


def longrope():
    """Phi 3 with factors of its frequencies, those of contexts longer than the original one."""
    model = phi3()
    pairs, scale = ROTATED // 2, (1 + np.log(4) / np.log(CONTEXT // 4)) ** 0.5
    short, long = 1 + 0.1 * model.random.random(pairs), 1 + 3 * model.random.random(pairs)
    model.keys |= {"rope.scaling.original_context_length": CONTEXT // 4, "rope.scaling.attn_factor": float(np.float32(scale))}
    model.config |= {"original_max_position_embeddings": CONTEXT // 4,
                     "rope_scaling": {"type": "longrope", "short_factor": short.tolist(), "long_factor": long.tolist()}}
    model.add("rope_factors_short.weight", "", short)
    model.add("rope_factors_long.weight", "", long)
    return model


def experts_of(model, **names):
    model.keys |= {"expert_count": EXPERTS, "expert_used_count": USED_EXPERTS, "expert_feed_forward_length": EXPERT_FEED_FORWARD}
    for layer in range(model.layers):
        model.norm_of(layer, "attn_norm", "input_layernorm")
        model.attention(layer, head_norms=names.get("head_norms"))
        model.norm_of(layer, "ffn_norm", "post_attention_layernorm")
        model.experts(layer, names["router"], names["gate"], names["up"], names["down"])
    return model.finish()


def qwen3moe():
    model = Model("qwen3moe", "qwen3_moe", base=1e6, epsilon=1e-6)
    model.config |= {"num_experts": EXPERTS, "num_experts_per_tok": USED_EXPERTS, "moe_intermediate_size": EXPERT_FEED_FORWARD, "norm_topk_prob": True}
    model.embedding()
    return experts_of(model, router="mlp.gate", gate="mlp.experts.{}.gate_proj", up="mlp.experts.{}.up_proj", down="mlp.experts.{}.down_proj",
                      head_norms=(HEAD, HEAD))


def mixtral():
    model = Model("llama", "mixtral", base=1e6, feed_forward=EXPERT_FEED_FORWARD)
    model.adjacent = True
    model.config |= {"num_local_experts": EXPERTS, "num_experts_per_tok": USED_EXPERTS}
    model.embedding()
    return experts_of(model, router="block_sparse_moe.gate", gate="block_sparse_moe.experts.{}.w1", up="block_sparse_moe.experts.{}.w3",
                      down="block_sparse_moe.experts.{}.w2")


def gptoss():
    """Experts with biases; a folder has gate and up in one stack, row by row in turn."""
    model = Model("gpt-oss", "gpt_oss", seed=2, base=150000.0, layers=3, feed_forward=EXPERT_FEED_FORWARD)
    count, inner, original = EXPERTS, EXPERT_FEED_FORWARD, CONTEXT // 4
    model.keys |= {"expert_count": count, "expert_used_count": USED_EXPERTS, "expert_feed_forward_length": inner, "attention.sliding_window": WINDOW,
                   "rope.scaling.type": "yarn", "rope.scaling.factor": 4.0, "rope.scaling.original_context_length": original}
    # llama.cpp takes whole bounds of Yarn, whatever the folder says.
    model.config |= {"num_local_experts": count, "num_experts_per_tok": USED_EXPERTS, "sliding_window": WINDOW, "swiglu_limit": 7.0, "attention_bias": True,
                     "rope_scaling": {"rope_type": "yarn", "factor": 4.0, "beta_fast": 32.0, "beta_slow": 1.0, "truncate": True,
                                      "original_max_position_embeddings": original},
                     "layer_types": ["sliding_attention", "full_attention", "sliding_attention"]}
    model.embedding()
    for layer in range(model.layers):
        here, there = f"blk.{layer}.", f"model.layers.{layer}."
        model.norm_of(layer, "attn_norm", "input_layernorm")
        model.attention(layer, bias=True, output_bias=True)
        model.add(here + "attn_sinks.weight", there + "self_attn.sinks", model.random.standard_normal(model.heads))
        model.norm_of(layer, "post_attention_norm", "post_attention_layernorm")
        model.projection(here + "ffn_gate_inp", there + "mlp.router", count, model.width, bias=True, gain=2.0)
        both = 3 * np.stack([model.matrix(2 * inner, model.width) for _ in range(count)])
        bias = model.random.standard_normal((count, 2 * inner))
        for name, part in (("gate", slice(0, None, 2)), ("up", slice(1, None, 2))):
            model.add(f"{here}ffn_{name}_exps.weight", "", both[:, part])
            model.add(f"{here}ffn_{name}_exps.bias", "", bias[:, part])
        model.add("", there + "mlp.experts.gate_up_proj", both.swapaxes(1, 2))
        model.add("", there + "mlp.experts.gate_up_proj_bias", bias)
        down = np.stack([model.matrix(model.width, inner) for _ in range(count)])
        model.add(here + "ffn_down_exps.weight", there + "mlp.experts.down_proj", down, down.swapaxes(1, 2))
        model.add(here + "ffn_down_exps.bias", there + "mlp.experts.down_proj_bias", 0.2 * model.random.standard_normal((count, model.width)))
    return model.finish()


def gpt2():
    """Learned positions, norms with a mean, matrices that the folder has as [inputs, outputs]."""
    model = Model("gpt2", head=WIDTH // HEADS, kv_heads=HEADS)
    model.keys |= {"attention.layer_norm_rms_epsilon": None, "attention.layer_norm_epsilon": model.epsilon, "rope.freq_base": None,
                   "rope.dimension_count": None}
    model.config |= {"n_embd": model.width, "n_layer": model.layers, "n_head": model.heads, "n_positions": CONTEXT, "n_inner": model.feed_forward,
                     "layer_norm_epsilon": model.epsilon, "activation_function": "gelu_new", "hidden_act": None, "rope_theta": None,
                     "tie_word_embeddings": True, "head_dim": None,
                     **dict.fromkeys(("max_position_embeddings", "hidden_size", "num_hidden_layers", "intermediate_size", "num_attention_heads",
                                      "num_key_value_heads", "rms_norm_eps"))}
    model.add("token_embd.weight", "transformer.wte.weight", 0.2 * model.random.standard_normal((VOCABULARY, model.width)))
    model.add("position_embd.weight", "transformer.wpe.weight", 0.1 * model.random.standard_normal((CONTEXT, model.width)))

    def turned(gguf, folder, rows, columns):
        values = model.matrix(rows, columns)
        model.add(gguf + ".weight", folder + ".weight", values, values.T)
        model.bias(gguf, folder, rows)

    def normed(gguf, folder):
        model.norm_weight(gguf + ".weight", folder + ".weight", model.width)
        model.bias(gguf, folder, model.width)

    normed("output_norm", "transformer.ln_f")
    for layer in range(model.layers):
        here, there = f"blk.{layer}.", f"transformer.h.{layer}."
        normed(here + "attn_norm", there + "ln_1")
        turned(here + "attn_qkv", there + "attn.c_attn", 3 * model.width, model.width)
        turned(here + "attn_output", there + "attn.c_proj", model.width, model.width)
        normed(here + "ffn_norm", there + "ln_2")
        turned(here + "ffn_up", there + "mlp.c_fc", model.feed_forward, model.width)
        turned(here + "ffn_down", there + "mlp.c_proj", model.width, model.feed_forward)
    return model.finish()


def stablelm():
    model = Model("stablelm", head=WIDTH // HEADS)
    model.keys |= {"attention.layer_norm_rms_epsilon": None, "attention.layer_norm_epsilon": model.epsilon, "use_parallel_residual": False,
                   "rope.dimension_count": ROTATED}
    model.config |= {"layer_norm_eps": model.epsilon, "rms_norm_eps": None, "use_qkv_bias": True, "use_parallel_residual": False,
                     "partial_rotary_factor": ROTATED / model.head}
    model.embedding()
    model.bias("output_norm", "model.norm", model.width)
    pre_norm(model, bias=True)
    for layer in range(model.layers):
        model.bias(f"blk.{layer}.attn_norm", f"model.layers.{layer}.input_layernorm", model.width)
        model.bias(f"blk.{layer}.ffn_norm", f"model.layers.{layer}.post_attention_layernorm", model.width)
    return model.finish()


MODELS = {function.__name__: function for function in (llama, qwen2, qwen3, smollm3, granite, olmo2, gemma3, phi3, gemma2, yarn, longrope, qwen3moe,
                                                       mixtral, gptoss, gpt2, stablelm)}


def main():
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or MODELS:
        model = MODELS[name]()
        model.write_gguf(out / f"{name}.gguf")
        model.write_folder(out / f"{name}-folder")


if __name__ == "__main__":
    main()
