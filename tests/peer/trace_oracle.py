"""Two weight sets of the demo model in PyTorch, and everything a trace says of them, computed anew: where they part, how far apart
the residual stream is, contributions of weights, and what restoring a set of weights does. The program is asked for tokens and for
dequantized weights, both compared with other implementations elsewhere."""
import json
import pathlib
import subprocess
import tempfile

import numpy as np
import torch

import torch_llama as llama
from torch_llama import gguf

DEMO = pathlib.Path(__file__).resolve().parents[2] / "resources/models/demo.gguf"
END = 2
torch.set_num_threads(1)


class Program:
    def __init__(self, path):
        self.path, self.folder = path, tempfile.TemporaryDirectory()

    def run(self, *arguments, check=True):
        done = subprocess.run([self.path, *map(str, arguments)], capture_output=True, text=True)
        if check and done.returncode:
            raise RuntimeError(f"{' '.join(map(str, arguments))}: {done.stderr.strip()}")
        return done

    def json(self, *arguments):
        return json.loads(self.run(*arguments, "--json").stdout)

    def array(self, *arguments):
        path = pathlib.Path(self.folder.name) / "array.npy"
        self.run(*arguments, "-o", path)
        return np.load(path)

    def prompt(self, question):
        path = pathlib.Path(self.folder.name) / "chat.json"
        path.write_text(json.dumps([{"role": "user", "content": question}]))
        return self.json("template", "demo", path)["tokens"]

    def text(self, tokens):
        return self.json("detokenize", "demo", ",".join(map(str, tokens)))["text"] if tokens else ""

    def weights(self, *how):
        """{tensor: float64} of the demo under `--scheme S` or `--recipe R`; what that leaves alone is as stored."""
        found = stored()
        for row in self.json("error", "demo", *how):
            name = row["tensor"]
            found[name] = torch.tensor(self.array("dump", "demo", "--tensor", name, *how).astype(np.float64))
        return found


def stored(path=DEMO):
    return {name: torch.tensor(values.astype(np.float64)) for name, values in gguf.read_tensors(pathlib.Path(path)).items()}


class Pair:
    """A reference and a compared weight set of the demo's shape."""

    def __init__(self, reference, compared, dtype=torch.float64):
        self.shape = llama.Shape(gguf.read_metadata(DEMO))
        self.reference = {name: values.to(dtype) for name, values in reference.items()}
        self.compared = {name: values.to(dtype) for name, values in compared.items()}
        self.differing = [name for name in reference if not torch.equal(self.reference[name], self.compared[name])]

    def logits(self, weights, tokens, seen=lambda name, value: value):
        with torch.no_grad():
            return llama.forward(self.shape, weights, torch.tensor(tokens), seen)

    def greedy(self, weights, prompt, most):
        tokens = list(prompt)
        while len(tokens) < len(prompt) + most:
            word = int(self.logits(weights, tokens)[-1].argmax())
            tokens.append(word)
            if word == END:
                break
        return tokens[len(prompt):]

    def partings(self, prompt, answer):
        """Positions of the reference's answer at which the compared model, forced along it, would say another word."""
        rows = self.logits(self.compared, [*prompt, *answer])[len(prompt) - 1:-1]
        return [i for i, word in enumerate(answer) if int(rows[i].argmax()) != word], rows

    def stream(self, weights, tokens):
        """{name: [tokens, width]} of the residual stream."""
        held = {}
        wanted = llama.residuals(self.shape.layers)

        def seen(name, value):
            if name in wanted:
                held[name] = value
            return value

        self.logits(weights, tokens, seen)
        return held

    def restored(self, weights=(), blocks=(), tensors=()):
        """The compared weights with some as in the reference. @param weights [(tensor, row, column)]
        @param blocks [(tensor, row, first column, columns)]"""
        result = dict(self.compared)
        touched = {one[0] for one in (*weights, *blocks)}
        for name in touched:
            result[name] = self.compared[name].clone()
        for name, row, column in weights:
            result[name][row, column] = self.reference[name][row, column]
        for name, row, first, columns in blocks:
            part = slice(first, first + columns)
            result[name][row, part] = self.reference[name][row, part]
        for name in tensors:
            result[name] = self.reference[name]
        return result

    def margin(self, weights, tokens, word):
        """By how much a word's logit leads the best of the others (negative: it does not)."""
        row = self.logits(weights, tokens)[-1].clone()
        lead = float(row[word])
        row[word] = -float("inf")
        return lead - float(row.max())

    def contributions(self, tokens, wanted, other, points):
        """{tensor: [rows, columns]} to logit(wanted) − logit(other) after the tokens, by integrated gradients."""
        total = {name: torch.zeros_like(self.compared[name]) for name in self.differing}
        for at, share in zip(*llama.simpson(points)):
            leaves = {name: torch.lerp(self.compared[name], self.reference[name], at).requires_grad_(True) for name in self.differing}
            row = llama.forward(self.shape, {**self.compared, **leaves}, torch.tensor(tokens))[-1]
            (row[wanted] - row[other]).backward()
            for name in self.differing:
                total[name] += share * leaves[name].grad
        return {name: total[name] * (self.reference[name] - self.compared[name]) for name in self.differing}
