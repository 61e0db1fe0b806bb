# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the two texts that quantization can look at.

    python3 calibration_texts.py --output ../calibration

`conversations.jsonl` has conversations as the model was trained on, drawn anew; `prose.txt` has running text of another
kind, the lessons of this project, as the model never saw it.
"""

import argparse
import json
import random
import re
from pathlib import Path

from common import MODELS_DIR
from conversation import long_conversation, short_conversation

SEED = 20261126
BYTES = 96 * 1024
LESSONS_DIR = MODELS_DIR.parent / "lessons" / "en"


def messages(system, dialogue) -> list[dict]:
    """A conversation in the form that chat templates take."""
    result = [{"role": "system", "content": system}] if system else []
    for question, answer in dialogue:
        result += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return result


def conversations(rng: random.Random) -> list[str]:
    """Lines of JSON, about BYTES in all; every fourth conversation is a long one."""
    lines, size = [], 0
    while size < BYTES:
        source = long_conversation if len(lines) % 4 == 3 else short_conversation
        lines.append(json.dumps({"messages": messages(*source(rng))}, ensure_ascii=False))
        size += len(lines[-1])
    return lines


def strings(value) -> list[str]:
    """All texts of a lesson that are sentences without places to fill in."""
    if isinstance(value, dict):
        return [text for part in value.values() for text in strings(part)]
    if isinstance(value, list):
        return [text for part in value for text in strings(part)]
    is_prose = isinstance(value, str) and len(value) > 60 and "{" not in value
    return [re.sub(r"[*_`]", "", value)] if is_prose else []


def prose() -> str:
    """Paragraphs of all lessons and the glossary."""
    paragraphs = []
    for path in sorted(LESSONS_DIR.glob("*.json")):
        paragraphs += strings(json.loads(path.read_text(encoding="utf-8")))
    return "\n\n".join(paragraphs) + "\n"


def main() -> None:
    """Write both files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True)
    folder = parser.parse_args().output
    folder.mkdir(exist_ok=True)
    (folder / "conversations.jsonl").write_text("\n".join(conversations(random.Random(SEED))) + "\n", encoding="utf-8")
    (folder / "prose.txt").write_text(prose(), encoding="utf-8")


if __name__ == "__main__":
    main()
