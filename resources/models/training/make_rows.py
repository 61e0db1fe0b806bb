# SPDX-License-Identifier: GPL-3.0-or-later
"""Packs conversations into token rows for training and for held-out loss.

    python3 make_rows.py --tokenizer work/tokenizer.model --seed 101 --rows 30000 \\
        --length 256 --output work/rows256.npz
"""

import argparse
import random
from pathlib import Path

import numpy

from conversation import held_out_dialogue, long_conversation, short_conversation
from tokenizer import Tokenizer


def training_conversation(rng: random.Random, length: int, at_start: bool):
    """Half of the long rows are one long conversation, to learn the context."""
    if length > 256 and at_start and rng.random() < 0.5:
        return long_conversation(rng)
    return short_conversation(rng)


def held_out_conversation(rng: random.Random, length: int, at_start: bool):
    """One for a row of held-out text."""
    del length, at_start
    return held_out_dialogue(rng)


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
