# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the text and the tasks that compressed models are judged by.

    python3 evaluation_texts.py --output ../evaluation

`conversations.jsonl` has conversations whose questions were all held out from training, drawn with a seed of its own;
`tasks.jsonl` has questions of which right and wrong is known. Neither shares a line with the text that quantization looks
at (`calibration_texts.py`).
"""

import argparse
import json
import random
from pathlib import Path

import exact_tasks
import facts
from calibration_texts import messages
from conversation import held_out_dialogue

TEXT_SEED, TASK_SEED = 20261127, 20261128
BYTES = 88 * 1024
TASKS = [("facts", facts.ask_fact, 40), ("addition", exact_tasks.add, 20),
         ("subtraction", exact_tasks.subtract, 20), ("letter reversal", exact_tasks.reverse_letters, 20)]
CHOICES = [("addition, multiple choice", exact_tasks.add, 10), ("subtraction, multiple choice", exact_tasks.subtract, 10)]


def line(value) -> str:
    """One line of JSON."""
    return json.dumps(value, ensure_ascii=False)


def conversations(rng: random.Random) -> list[str]:
    """Different conversations, about BYTES in all."""
    lines: list[str] = []
    while sum(len(text) for text in lines) < BYTES:
        text = line({"messages": messages(*held_out_dialogue(rng))})
        if text not in lines:
            lines.append(text)
    return lines


def wrong_results(rng: random.Random, answer: str) -> list[str]:
    """Three answers that say another number: off by one, by ten, or with digits exchanged."""
    beginning, _, end = answer.rpartition(" ")
    right = int(end.rstrip("."))
    others = {right + 1, right - 1, right + 10, right - 10, int(str(right)[::-1])} - {right}
    chosen = rng.sample(sorted(n for n in others if n >= 0), 3)
    return [f"{beginning} {n}." for n in chosen]


def tasks(rng: random.Random) -> list[str]:
    """Questions with their answers, by skill; no question twice."""
    lines, seen = [], set()
    for kinds, is_choice in ((TASKS, False), (CHOICES, True)):
        for skill, generator, count in kinds:
            while count:
                question, answer = generator(rng, True)[0]
                if question in seen:
                    continue
                seen.add(question)
                count -= 1
                task = {"skill": skill, "question": question}
                if is_choice:
                    choices = wrong_results(rng, answer)
                    choices.insert(rng.randrange(4), answer)
                    lines.append(line(task | {"match": "choice", "choices": choices, "answer": answer}))
                else:
                    lines.append(line(task | {"match": "exact", "answers": facts.answers_like(answer)}))
    return lines


def main() -> None:
    """Write both files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True)
    folder = parser.parse_args().output
    folder.mkdir(exist_ok=True)
    for name, lines in (("conversations.jsonl", conversations(random.Random(TEXT_SEED))),
                        ("tasks.jsonl", tasks(random.Random(TASK_SEED)))):
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
