# SPDX-License-Identifier: GPL-3.0-or-later
"""Packs conversations into token rows for training and for held-out loss.

    python3 make_rows.py --tokenizer work/tokenizer.model --seed 101 --rows 30000 \\
        --length 256 --output work/rows256.npz
"""

import argparse
import random
from pathlib import Path

import numpy

import exact_tasks
import facts
import number_formats
from common import Dialogue
from conversation import long_conversation, short_conversation
from out_of_scope import ask_out_of_scope
from tokenizer import Tokenizer

HELD_OUT_KINDS = [
    (facts.ask_fact, 36), (number_formats.ask_field, 7), (number_formats.ask_comparison, 5),
    (exact_tasks.add, 20), (exact_tasks.subtract, 14), (exact_tasks.reverse_letters, 6),
    (exact_tasks.capital, 3), (exact_tasks.opposite, 3), (ask_out_of_scope, 6),
]


def training_conversation(rng: random.Random, length: int, at_start: bool):
    """Half of the long rows are one long conversation, to learn the context."""
    if length > 256 and at_start and rng.random() < 0.5:
        return long_conversation(rng)
    return short_conversation(rng)


def held_out_conversation(rng: random.Random, length: int, at_start: bool):
    """One to five turns of kinds whose answers are certain, all held out."""
    del length, at_start
    dialogue: Dialogue = []
    while not dialogue or (rng.random() < 0.5 and len(dialogue) < 5):
        kinds, weights = zip(*HELD_OUT_KINDS)
        dialogue = dialogue + rng.choices(kinds, weights)[0](rng, True)
    return None, dialogue


def make_rows(tokenizer: Tokenizer, rng: random.Random, count: int, length: int, source):
    """Fill rows of `length` + 1 tokens with whole conversations, cut at the end."""
    tokens = numpy.zeros((count, length + 1), numpy.uint16)
    marks = numpy.zeros((count, length + 1), numpy.uint8)
    for row in range(count):
        row_ids: list[int] = []
        row_marks: list[int] = []
        while len(row_ids) <= length:
            ids, answer_marks = tokenizer.conversation(*source(rng, length, not row_ids))
            row_ids += ids
            row_marks += answer_marks
        tokens[row] = row_ids[:length + 1]
        marks[row] = row_marks[:length + 1]
    return tokens, marks


def main() -> None:
    """Write one file of rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokenizer", type=Path, default=Path("work/tokenizer.model"))
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=30000)
    parser.add_argument("--length", type=int, default=256)
    parser.add_argument("--seed", type=int, default=101)
    parser.add_argument("--held-out", action="store_true")
    arguments = parser.parse_args()
    source = held_out_conversation if arguments.held_out else training_conversation
    tokens, marks = make_rows(Tokenizer(arguments.tokenizer), random.Random(arguments.seed),
                              arguments.rows, arguments.length, source)
    numpy.savez(arguments.output, tokens=tokens, marks=marks)
    print(f"{tokens.size} tokens, {marks.mean():.1%} of them in answers")


if __name__ == "__main__":
    main()
