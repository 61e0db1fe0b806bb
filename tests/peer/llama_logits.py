"""Logits of llama.cpp, through the prebuilt libllama of node-llama-cpp and its C API (llama.h), on the CPU.

    peer = LlamaLogits(NODE_MODULES)
    model = peer.open("model.gguf", context=512)
    rows = model.logits(tokens)          # float32 [tokens, vocabulary], from an empty cache
    rows = peer.open("bert.gguf", context=512, is_encoder=True).rows(tokens)  # float32 [tokens, width] of an encoder
    peer.quantize("in.gguf", "out.gguf", "Q4_K_M")
"""
import ctypes as c
import sys

import numpy as np

from compare_llama_quantize import FILE_TYPES, LlamaCpp

KV_TYPES = {"F32": 0, "F16": 1, "Q8_0": 8}


class ModelParameters(c.Structure):  # llama_model_params of release v0.5.0: taken as the library gives it, never changed
    _fields_ = [("before", c.c_void_p * 9), ("flags", c.c_bool * 8)]


class ContextParameters(c.Structure):  # llama_context_params
    _fields_ = [*[(name, c.c_uint32) for name in ("n_ctx", "n_batch", "n_ubatch", "n_seq_max", "n_rs_seq", "n_outputs_max", "n_outputs_max_per_seq")],
                ("threads", c.c_int32), ("threads_batch", c.c_int32),
                *[(name, c.c_int) for name in ("context_type", "rope_scaling", "pooling", "attention", "flash_attention")],
                *[(name, c.c_float) for name in ("rope_base", "rope_scale", "yarn_ext", "yarn_attn", "yarn_fast", "yarn_slow")],
                ("yarn_context", c.c_uint32), ("defrag", c.c_float), ("callback", c.c_void_p), ("callback_data", c.c_void_p),
                ("type_k", c.c_int), ("type_v", c.c_int), ("abort", c.c_void_p), ("abort_data", c.c_void_p),
                *[(name, c.c_bool) for name in ("embeddings", "offload_kqv", "no_perf", "op_offload", "swa_full", "kv_unified")],
                ("samplers", c.c_void_p), ("n_samplers", c.c_size_t), ("ctx_other", c.c_void_p)]


class Batch(c.Structure):  # llama_batch
    _fields_ = [("n_tokens", c.c_int32), ("token", c.POINTER(c.c_int32)), ("embd", c.c_void_p), ("pos", c.POINTER(c.c_int32)),
                ("n_seq_id", c.POINTER(c.c_int32)), ("seq_id", c.POINTER(c.POINTER(c.c_int32))), ("logits", c.POINTER(c.c_int8))]


class LlamaLogits(LlamaCpp):
    def __init__(self, node_modules):
        super().__init__(node_modules)
        api = self.llama
        for name, restype, argtypes in [
                ("llama_model_default_params", ModelParameters, []), ("llama_context_default_params", ContextParameters, []),
                ("llama_model_load_from_file", c.c_void_p, [c.c_char_p, ModelParameters]), ("llama_model_free", None, [c.c_void_p]),
                ("llama_init_from_model", c.c_void_p, [c.c_void_p, ContextParameters]), ("llama_free", None, [c.c_void_p]),
                ("llama_model_get_vocab", c.c_void_p, [c.c_void_p]), ("llama_vocab_n_tokens", c.c_int32, [c.c_void_p]),
                ("llama_tokenize", c.c_int32, [c.c_void_p, c.c_char_p, c.c_int32, c.POINTER(c.c_int32), c.c_int32, c.c_bool, c.c_bool]),
                ("llama_get_memory", c.c_void_p, [c.c_void_p]), ("llama_memory_clear", None, [c.c_void_p, c.c_bool]),
                ("llama_batch_init", Batch, [c.c_int32, c.c_int32, c.c_int32]), ("llama_batch_free", None, [Batch]),
                ("llama_decode", c.c_int32, [c.c_void_p, Batch]), ("llama_encode", c.c_int32, [c.c_void_p, Batch]),
                ("llama_get_embeddings", c.POINTER(c.c_float), [c.c_void_p]), ("llama_model_n_embd", c.c_int32, [c.c_void_p]),
                ("llama_get_logits", c.POINTER(c.c_float), [c.c_void_p])]:
            function = getattr(api, name)
            function.restype, function.argtypes = restype, argtypes
        defaults = api.llama_context_default_params()
        known = (defaults.n_batch, defaults.n_ubatch, defaults.type_k, defaults.type_v, defaults.n_samplers, defaults.flash_attention, defaults.yarn_ext)
        if known != (2048, 512, 1, 1, 0, -1, -1.0):
            sys.exit("This libllama's llama_context_params are laid out otherwise than llama_logits.py knows them.")

    def open(self, path, context, kv="F32", threads=1, is_encoder=False):
        return OpenModel(self, path, context, kv, threads, is_encoder)

    def quantize(self, source, target, file_type):
        parameters = self.llama.llama_model_quantize_default_params()
        parameters.ftype, parameters.threads = FILE_TYPES[file_type], 2
        if self.llama.llama_model_quantize(str(source).encode(), str(target).encode(), c.byref(parameters)):
            sys.exit("".join(self.lines)[-500:])


class OpenModel:
    """One model with one context; closed with `with`."""

    def __init__(self, peer, path, context, kv, threads, is_encoder):
        self.api = peer.llama
        self.model = self.api.llama_model_load_from_file(str(path).encode(), self.api.llama_model_default_params())
        if not self.model:
            sys.exit("".join(peer.lines)[-500:])
        settings = self.api.llama_context_default_params()
        settings.n_ctx = settings.n_batch = settings.n_ubatch = settings.n_outputs_max = context
        settings.threads = settings.threads_batch = threads
        settings.type_k = settings.type_v = KV_TYPES[kv]
        settings.flash_attention = 1 if kv == "Q8_0" else 0  # its kernel rounds F32 to F16
        if is_encoder:
            settings.embeddings, settings.pooling = True, 0  # a row of each token
        self.context = self.api.llama_init_from_model(self.model, settings)
        self.batch = self.api.llama_batch_init(context, 0, 1)
        self.width = self.api.llama_model_n_embd(self.model)
        self.vocabulary = self.api.llama_vocab_n_tokens(self.api.llama_model_get_vocab(self.model))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.api.llama_batch_free(self.batch)
        self.api.llama_free(self.context)
        self.api.llama_model_free(self.model)

    def fill(self, tokens):
        self.batch.n_tokens = len(tokens)
        for i, token in enumerate(tokens):
            self.batch.token[i], self.batch.pos[i], self.batch.n_seq_id[i], self.batch.logits[i] = int(token), i, 1, 1
            self.batch.seq_id[i][0] = 0

    def rows(self, tokens):
        self.fill(tokens)
        if self.api.llama_encode(self.context, self.batch):
            sys.exit("llama_encode failed.")
        return np.ctypeslib.as_array(self.api.llama_get_embeddings(self.context), (len(tokens), self.width)).copy()

    def tokens(self, text):
        """With those that stand around a text."""
        most, written = len(text.encode()) + 8, text.encode()
        found = (c.c_int32 * most)()
        count = self.api.llama_tokenize(self.api.llama_model_get_vocab(self.model), written, len(written), found, most, True, False)
        return list(found[:count])

    def logits(self, tokens):
        self.api.llama_memory_clear(self.api.llama_get_memory(self.context), True)
        self.fill(tokens)
        if self.api.llama_decode(self.context, self.batch):
            sys.exit("llama_decode failed.")
        rows = self.api.llama_get_logits(self.context)
        return np.ctypeslib.as_array(rows, (len(tokens), self.vocabulary)).copy()
