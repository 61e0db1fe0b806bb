# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the conversations that the program itself trains on: quantization-aware training, and replay against forgetting.

    python3 training_texts.py --output ../training_text

Drawn as the model's own training rows were, with a seed of its own. No question that compressed models are judged by is
among them, in whatever conversation (`evaluation_texts.py`, to be run before).
"""

import argparse
import json
import random
from pathlib import Path

from calibration_texts import messages
from common import MODELS_DIR
from conversation import short_conversation

SEED = 20261129
BYTES = 2400 * 1024
EVALUATION_DIR = MODELS_DIR / "evaluation"


def asked(turns: list[dict]) -> set[str]:
    """The questions of a conversation."""
    return {turn["content"] for turn in turns if turn["role"] == "user"}


def held_out() -> set[str]:
    """Every question of the texts that models are judged by."""
    questions: set[str] = set()
    for name in ("conversations.jsonl", "tasks.jsonl"):
        for text in (EVALUATION_DIR / name).read_text(encoding="utf-8").splitlines():
            line = json.loads(text)
            questions |= asked(line["messages"]) if "messages" in line else {line["question"]}
    return questions


def conversations(rng: random.Random) -> list[str]:
    """Lines of JSON, about BYTES in all."""
    forbidden = held_out()
    lines, size = [], 0
    while size < BYTES:
        turns = messages(*short_conversation(rng))
        if asked(turns) & forbidden:
            continue
        lines.append(json.dumps(turns, ensure_ascii=False, separators=(",", ":")))
        size += len(lines[-1])
    return lines


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True)
    folder = parser.parse_args().output
    folder.mkdir(exist_ok=True)
    (folder / "conversations.jsonl").write_text("\n".join(conversations(random.Random(SEED))) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
