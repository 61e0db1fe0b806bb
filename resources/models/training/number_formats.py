# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions about the bit layout of floating point formats."""

import random
from dataclasses import dataclass

from common import Dialogue, is_held_out
from wording import vary_freely


@dataclass(frozen=True)
class NumberFormat:
    """Field widths, exponent bias and largest finite value of a format."""

    bits: int
    exponent: int
    mantissa: int
    bias: int
    largest: str = ""


FORMATS = {
    "FP64": NumberFormat(64, 11, 52, 1023), "FP32": NumberFormat(32, 8, 23, 127),
    "TF32": NumberFormat(19, 8, 10, 127), "BF16": NumberFormat(16, 8, 7, 127),
    "FP16": NumberFormat(16, 5, 10, 15, "65504"), "E4M3": NumberFormat(8, 4, 3, 7, "448"),
    "E5M2": NumberFormat(8, 5, 2, 15, "57344"), "FP4": NumberFormat(4, 2, 1, 1, "6"),
}
QUESTIONS = {
    "bits": ["How many bits does {f} have?", "How many bits does {f} use in total?",
             "How wide is {f}?", "Bits of {f}?", "What is the size of {f}?",
             "How many bits are in {f}?", "How large is one {f} number?"],
    "exponent": ["How many exponent bits does {f} have?", "Exponent bits of {f}?",
                 "How many bits does the exponent of {f} have?",
                 "How large is the exponent field of {f}?",
                 "How many bits are used for the exponent in {f}?"],
    "mantissa": ["How many mantissa bits does {f} have?", "Mantissa bits of {f}?",
                 "How many bits does the mantissa of {f} have?",
                 "How large is the mantissa of {f}?",
                 "How many bits are used for the mantissa in {f}?"],
    "bias": ["What is the exponent bias of {f}?", "Which bias does {f} use?", "Bias of {f}?",
             "What is the bias in {f}?"],
    "largest": ["What is the largest number in {f}?", "What is the largest value of {f}?",
                "How large can {f} get?", "Maximum of {f}?",
                "What is the biggest number {f} can store?"],
}
ANSWERS = {
    "bits": "{f} has {v} bits in total.", "exponent": "{f} has {v} exponent bits.",
    "mantissa": "{f} has {v} mantissa bits.", "bias": "The exponent bias of {f} is {v}.",
    "largest": "The largest finite number in {f} is {v}.",
}
COMPARED = {"bits": "bits", "exponent": "exponent bits", "mantissa": "mantissa bits"}
FOLLOW_UPS = ["And {f}?", "What about {f}?", "And what about {f}?", "How about {f}?"]


def _singular(text: str) -> str:
    return text.replace(" 1 mantissa bits", " 1 mantissa bit")


def _answer(name: str, field: str) -> str:
    value = getattr(FORMATS[name], field)
    return _singular(ANSWERS[field].format(f=name, v=value))


def ask_field(rng: random.Random, held_out: bool = False) -> Dialogue:
    """Ask for one property of one format."""
    while True:
        name, field = rng.choice(list(FORMATS)), rng.choice(list(QUESTIONS))
        question = rng.choice(QUESTIONS[field])
        if not getattr(FORMATS[name], field):
            continue
        if is_held_out(question + name, 6) == held_out:
            break
    question = question.format(f=name)
    return [(question if held_out else vary_freely(rng, question, 0.35), _answer(name, field))]


def ask_comparison(rng: random.Random, held_out: bool = False) -> Dialogue:
    """Ask which of two formats has more bits of a kind."""
    while True:
        first, second = rng.sample(list(FORMATS), 2)
        field = rng.choice(list(COMPARED))
        x, y = getattr(FORMATS[first], field), getattr(FORMATS[second], field)
        question = rng.choice(["Which has more {n}, {f} or {g}?",
                               "Does {f} or {g} have more {n}?",
                               "Who has more {n}, {f} or {g}?"])
        if x != y and is_held_out(question + first + second + field, 6) == held_out:
            break
    noun = COMPARED[field]
    question = question.format(n=noun, f=first, g=second)
    more = first if x > y else second
    answer = f"{first} has {x} {noun} and {second} has {y} {noun}, so {more} has more."
    return [(question if held_out else vary_freely(rng, question, 0.3), _singular(answer))]


def ask_layout(rng: random.Random, held_out: bool = False) -> Dialogue:
    """Ask for all fields of a format."""
    name = rng.choice(list(FORMATS))
    layout = FORMATS[name]
    question = rng.choice(["How is {f} split into bits?", "What is the bit layout of {f}?",
                           "Show me the layout of {f}.", "How are the bits of {f} used?"])
    answer = (f"{name} has 1 sign bit, {layout.exponent} exponent bits and "
              f"{layout.mantissa} mantissa bits.")
    return [(vary_freely(rng, question.format(f=name), 0.3), _singular(answer))]


def ask_follow_up(rng: random.Random, held_out: bool = False) -> Dialogue:
    """Ask for a property of one format, then only name another format."""
    first, second = rng.sample(list(FORMATS), 2)
    field = rng.choice(["bits", "exponent", "mantissa", "bias"])
    question = rng.choice(QUESTIONS[field]).format(f=first)
    follow_up = rng.choice(FOLLOW_UPS).format(f=second)
    return [(question, _answer(first, field)), (follow_up, _answer(second, field))]
