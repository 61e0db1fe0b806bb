"""Damaged GGUF files for traces to find: the demo model quantized, with one block's bytes changed such that the damage, and not the
quantization, changes a word of an answer. Which is proved here, in float64, before the file is given to anybody."""
import dataclasses
import pathlib
import struct

import numpy as np
import torch

import block_decoders
from trace_oracle import END, Pair, stored

# name: (ggml type, values of a block, bytes of a block, offsets of its FP16 scales)
TYPES = {"q4_0": (2, 32, 18, [0]), "q5_0": (6, 32, 22, [0]), "q8_0": (8, 32, 34, [0]), "q4_1": (3, 32, 20, [0, 2]),
         "q4_k": (12, 256, 144, [0, 2]), "q6_k": (14, 256, 210, [208]), "q3_k": (11, 256, 110, [108])}
QUESTIONS = ["How many mantissa bits does FP32 have?", "What is a zero-point?", "Why are outliers a problem?", "What is 47 + 38?",
             "Tell me a story about a fox.", "What is NF4?", "What is GPTQ?", "What is 81 - 37?",
             "Which has more range, FP16 or BF16?", "Reverse the letters: a b c d e"]
CLEAR = 0.05  # logits by which words must differ with and without the damage
SHARE = 0.7  # of what changes from reference to damaged model, the part that the damage alone makes: the rest is quantization's


@dataclasses.dataclass
class Fault:
    scheme: str
    question: str
    tensor: str
    row: int
    column: int  # the block's first
    kind: str
    change: str
    path: pathlib.Path
    position: int
    reference: int
    compared: int


class QuantizedFile:
    """The demo in one GGUF type, as the program writes it."""

    def __init__(self, program, scheme, folder):
        self.scheme, self.path = scheme, pathlib.Path(folder) / f"demo-{scheme}.gguf"
        program.run("quantize", "demo", "--scheme", scheme, "-o", self.path)
        self.bytes = self.path.read_bytes()
        self.kind, self.values, self.size, self.scales = TYPES[scheme]
        listed = program.json("inspect", str(self.path))["tensors"]
        self.places = {row["tensor"] if "tensor" in row else row["name"]: row for row in listed if row["dtype"].lower() == scheme}
        self.weights = stored()
        for name in self.places:
            self.weights[name] = torch.tensor(program.array("dump", self.path, "--tensor", name).astype(np.float64))

    def at(self, tensor, row, number):
        place = self.places[tensor]
        return place["offset"] + (row * (place["shape"][1] // self.values) + number) * self.size

    def block(self, tensor, row, number):
        start = self.at(tensor, row, number)
        return self.bytes[start:start + self.size]

    def decoded(self, data):
        return np.array([float(x) for x in getattr(block_decoders, self.scheme)(data)])

    def with_block(self, tensor, row, number, data):
        values = self.weights[tensor].clone()
        values[row, number * self.values:(number + 1) * self.values] = torch.tensor(self.decoded(data))
        return {**self.weights, tensor: values}

    def write(self, path, tensor, row, number, data):
        start = self.at(tensor, row, number)
        path.write_bytes(self.bytes[:start] + data + self.bytes[start + self.size:])


def flipped_exponent_bit(file, data, random):
    """One exponent bit of one FP16 scale; None where no number remains."""
    at, bit = int(random.choice(file.scales)), int(random.integers(10, 15))
    scale, = struct.unpack_from("<H", data, at)
    changed = scale ^ 1 << bit
    if changed >> 10 & 31 == 31 or scale & 0x7FFF == 0:
        return None, ""
    return data[:at] + struct.pack("<H", changed) + data[at + 2:], f"bit {bit} of the scale at byte {at}"


def other_codes(file, data, random):
    """Every code drawn anew, scales 4 to 32 times as large."""
    bytes_ = bytearray(random.bytes(len(data)))
    for at in file.scales:
        scale = np.frombuffer(data[at:at + 2], "<f2")[0] * np.float16(2.0 ** random.integers(2, 6))
        if not np.isfinite(scale):
            return None, ""
        bytes_[at:at + 2] = np.float16(scale).tobytes()
    return bytes(bytes_), "codes drawn anew"


def first_parting(pair, prompt, answer):
    found, rows = pair.partings(prompt, answer)
    return (found[0] if found else len(answer)), rows


class Planter:
    def __init__(self, program, folder, schemes=tuple(TYPES)):
        self.program, self.folder = program, pathlib.Path(folder)
        self.files = {scheme: QuantizedFile(program, scheme, folder) for scheme in schemes}
        self.reference, self.answers = stored(), {}

    def answer(self, question):
        if question not in self.answers:
            prompt = self.program.prompt(question)
            self.answers[question] = prompt, Pair(self.reference, self.reference).greedy(self.reference, prompt, 40)
        return self.answers[question]

    def answer_rows(self, question):
        """The reference's logits before each token of its answer."""
        prompt, answer = self.answer(question)
        return Pair(self.reference, self.reference).partings(prompt, answer)[1]

    def plant(self, random, number, most=400):
        """A Fault, after at most so many tries."""
        for _ in range(most):
            scheme = str(random.choice(list(self.files)))
            file, question = self.files[scheme], str(random.choice(QUESTIONS))
            tensor = str(random.choice(sorted(file.places)))
            rows, columns = file.places[tensor]["shape"]
            row, block = int(random.integers(rows)), int(random.integers(columns // file.values))
            kind = str(random.choice(["bit", "block"]))
            change = flipped_exponent_bit if kind == "bit" else other_codes
            data, what = change(file, file.block(tensor, row, block), random)
            if data is None:
                continue
            fault = self.proved(file, question, tensor, row, block, data)
            if fault is not None:
                position, reference, compared = fault
                path = self.folder / f"fault-{number}.gguf"
                file.write(path, tensor, row, block, data)
                return Fault(scheme, question, tensor, row, block * file.values, kind, what, path, position, reference, compared)
        raise RuntimeError("no damage changed a word")

    def proved(self, file, question, tensor, row, block, data):
        """(position, reference's word, damaged model's word), when the damage alone changes the first word that differs: quantized
        alone the model says the reference's word there, and before it all agree."""
        prompt, answer = self.answer(question)
        damaged = file.with_block(tensor, row, block, data)
        at, rows = first_parting(Pair(self.reference, damaged), prompt, answer)
        if at >= len(answer) or not torch.isfinite(rows).all():
            return None
        sound, sound_rows = first_parting(Pair(self.reference, file.weights), prompt, answer)
        if sound <= at:
            return None
        word, other = answer[at], int(rows[at].argmax())
        difference = lambda row: float(row[word] - row[other])
        lost, kept = -difference(rows[at]), float(sound_rows[at][word] - sound_rows[at].topk(2).values[1])
        whole = difference(self.answer_rows(question)[at]) + lost
        clear = lost > CLEAR and kept > CLEAR and difference(sound_rows[at]) + lost >= SHARE * whole
        return (at, word, other) if clear and word != END else None
