#!/usr/bin/env python3
"""Writes two small GGUF files that hold a vocabulary and nothing else.

  make_vocabularies.py sentencepiece MODEL.gguf OUT.gguf   the metadata of a model file, its tensors left out
  make_vocabularies.py byte_level OUT.gguf TEXT...         byte-level BPE trained on the given texts
"""
import argparse
import collections
import re
import struct

U32, I32, F32, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9


def string(text):
    data = text.encode("utf-8", "surrogateescape")
    return struct.pack("<Q", len(data)) + data


def entry(key, kind, payload):
    return string(key) + struct.pack("<I", kind) + payload


def array(kind, values):
    body = b"".join(string(v) if kind == STRING else struct.pack("<f" if kind == F32 else "<i", v) for v in values)
    return struct.pack("<IQ", kind, len(values)) + body


def write(path, entries):
    with open(path, "wb") as out:
        out.write(b"GGUF" + struct.pack("<IQQ", 3, 0, len(entries)) + b"".join(entries))
        out.write(b"\0" * (-out.tell() % 32))


def copy_metadata(source, target):
    data = open(source, "rb").read()
    _, _, count = struct.unpack_from("<IQQ", data, 4)
    fixed = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
    at = 24

    def skip(kind, at):
        if kind == STRING:
            return at + 8 + struct.unpack_from("<Q", data, at)[0]
        if kind == ARRAY:
            inner, n = struct.unpack_from("<IQ", data, at)
            at += 12
            for _ in range(n):
                at = skip(inner, at)
            return at
        return at + fixed[kind]

    entries = []
    for _ in range(count):
        begin = at
        at = skip(STRING, at)
        kind = struct.unpack_from("<I", data, at)[0]
        at = skip(kind, at + 4)
        entries.append(data[begin:at])
    write(target, entries)


def byte_characters():
    table, following = {}, 256
    for byte in range(256):
        if 0x21 <= byte <= 0x7E or (byte >= 0xA1 and byte != 0xAD):
            table[byte] = chr(byte)
        else:
            table[byte] = chr(following)
            following += 1
    return table


def train(texts, merges_wanted):
    table = byte_characters()
    words = collections.Counter()
    for text in texts:
        for word in re.findall(r" ?[^\W\d_]+|\d+| ?[^\s\w]+|\s+", text):
            words[tuple(table[b] for b in word.encode())] += 1
    merges = []
    while len(merges) < merges_wanted:
        pairs = collections.Counter()
        for word, n in words.items():
            for pair in zip(word, word[1:]):
                pairs[pair] += n
        best, n = min(pairs.items(), key=lambda item: (-item[1], item[0]))
        if n < 2:
            break
        merges.append(best)
        merged = collections.Counter()
        for word, n in words.items():
            out, i = [], 0
            while i < len(word):
                if word[i:i + 2] == best:
                    out.append(best[0] + best[1])
                    i += 2
                else:
                    out.append(word[i])
                    i += 1
            merged[tuple(out)] += n
        words = merged
    return [table[b] for b in range(256)], merges


EXTRA = """naïve café Größe straße Ünïcödé ÉCOLE École don't you've I'll we're it's I'M DON'T THEY'LL iPhone McDonald HTTPServer
日本語のテキスト 日本 中文 汉字 한국어 русский текст Русский ελληνικά עברית العربية हिन्दी 🙂🙂👩‍👩‍👧 → ∑ € “quoted” ‘single’ … — –
1234567890 2024 3.14159 100 1000 00 ½ ² ٣ 	tab\t\ttab   spaces    more     \n\n\n\r\n  x = y;\n    return 0;\n\tif (a != b) { }
""" * 4


def byte_level(target, paths):
    tokens, merges = train([open(p, encoding="utf-8").read() for p in paths] + [EXTRA], 1200)
    tokens += ["".join(m) for m in merges]
    types = [1] * len(tokens)
    for text, kind in (("<|endoftext|>", 3), ("<|im_start|>", 3), ("<|im_end|>", 3), ("<tool>", 4), ("<tool_call>", 4)):
        tokens.append(text)
        types.append(kind)
    end = tokens.index("<|endoftext|>")
    seen, kept = set(), []
    for m in merges:
        if m not in seen:
            seen.add(m)
            kept.append(" ".join(m))
    assert len(set(tokens)) == len(tokens)
    write(target, [
        entry("general.architecture", STRING, string("llama")),
        entry("general.name", STRING, string("byte-level test vocabulary")),
        entry("llama.context_length", U32, struct.pack("<I", 64)),
        entry("llama.embedding_length", U32, struct.pack("<I", 64)),
        entry("llama.block_count", U32, struct.pack("<I", 1)),
        entry("llama.feed_forward_length", U32, struct.pack("<I", 64)),
        entry("llama.attention.head_count", U32, struct.pack("<I", 1)),
        entry("llama.attention.layer_norm_rms_epsilon", F32, struct.pack("<f", 1e-5)),
        entry("tokenizer.ggml.model", STRING, string("gpt2")),
        entry("tokenizer.ggml.pre", STRING, string("gpt-2")),
        entry("tokenizer.ggml.tokens", ARRAY, array(STRING, tokens)),
        entry("tokenizer.ggml.token_type", ARRAY, array(I32, types)),
        entry("tokenizer.ggml.merges", ARRAY, array(STRING, kept)),
        entry("tokenizer.ggml.bos_token_id", U32, struct.pack("<I", end)),
        entry("tokenizer.ggml.eos_token_id", U32, struct.pack("<I", tokens.index("<|im_end|>"))),
        entry("tokenizer.ggml.add_bos_token", BOOL, b"\0"),
    ])


parser = argparse.ArgumentParser(description="Writes small GGUF files that hold a vocabulary and nothing else.")
kinds = parser.add_subparsers(dest="kind", required=True)
copied = kinds.add_parser("sentencepiece", help="the metadata of a model file, its tensors left out")
copied.add_argument("model")
copied.add_argument("out")
trained = kinds.add_parser("byte_level", help="byte-level BPE trained on the given texts")
trained.add_argument("out")
trained.add_argument("text", nargs="+")
arguments = parser.parse_args()
if arguments.kind == "sentencepiece":
    copy_metadata(arguments.model, arguments.out)
else:
    byte_level(arguments.out, arguments.text)
