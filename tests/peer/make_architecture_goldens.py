#!/usr/bin/python3
"""Makes tests/data/architectures: a tiny model of each architecture, and llama.cpp's logits of it.

    make_architecture_goldens.py NODE_MODULES OUT [NAME …]

NODE_MODULES is where node-llama-cpp was installed. Per NAME: NAME.gguf, NAME-folder/ and NAME.logits (float32 [tokens,
vocabulary], little-endian); tokens.json has the prompt, longer than the windows. Keys and values were float32.
"""
import json
import pathlib
import sys

import numpy as np

import architecture_models as models
import expert_models
import recurrent_models
from llama_logits import LlamaLogits


def main():
    models.use_small_sizes()
    peer, out = LlamaLogits(sys.argv[1]), pathlib.Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    tokens = [int(token) for token in np.random.default_rng(7).integers(3, models.VOCABULARY, 28)]
    (out / "tokens.json").write_text(json.dumps(tokens))
    makers = models.MODELS | recurrent_models.MODELS | expert_models.MODELS
    for name in sys.argv[3:] or makers:
        model = makers[name]()
        model.write_gguf(out / f"{name}.gguf")
        model.write_folder(out / f"{name}-folder")
        with peer.open(out / f"{name}.gguf", context=64) as opened:
            (out / f"{name}.logits").write_bytes(opened.logits(tokens).astype("<f4").tobytes())


if __name__ == "__main__":
    main()
