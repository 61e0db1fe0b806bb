# SPDX-License-Identifier: GPL-3.0-or-later
"""Mixes all kinds of turns into conversations and renders the chat format."""

import random
from typing import Callable, Optional

import exact_tasks
import facts
import number_formats
import small_talk
import stories
from common import Dialogue
from out_of_scope import ask_out_of_scope

SYSTEM_PROMPTS = [
    "You are Nibble, a small and friendly assistant.", "You are a helpful assistant.",
    "You are a friendly assistant who explains quantization.", "Answer in short sentences.",
]
Generator = Callable[..., Dialogue]


def recall_name(rng: random.Random, held_out: bool = False) -> Dialogue:
    """Give a name, talk about something else, then ask for the name."""
    opening, question = small_talk.introduce(rng, held_out)
    for _ in range(rng.choice([0, 0, 1, 1, 2, 3])):
        opening = opening + choose_single(rng)
    return opening + question


# Kinds of dialogues that need nothing before them, with their weights.
SINGLE: list[tuple[Generator, float]] = [
    (facts.ask_fact, 40), (number_formats.ask_field, 4), (number_formats.ask_comparison, 3),
    (number_formats.ask_layout, 0.7), (exact_tasks.add, 34), (exact_tasks.subtract, 38),
    (exact_tasks.multiply, 2.5), (exact_tasks.reverse_letters, 16),
    (exact_tasks.repeat_after_me, 10), (exact_tasks.spell, 1.5), (exact_tasks.count, 1),
    (exact_tasks.compare, 1.5), (exact_tasks.power_of_two, 1.2),
    (exact_tasks.convert_binary, 1.5), (exact_tasks.round_number, 1),
    (exact_tasks.quantize_weight, 1), (exact_tasks.opposite, 1.5), (exact_tasks.capital, 2.5),
    (ask_out_of_scope, 12), (small_talk.chat, 5),
]
MULTIPLE: list[tuple[Generator, float]] = [
    (stories.tell_story, 1.2), (recall_name, 14), (facts.ask_two_facts, 2),
    (number_formats.ask_follow_up, 1.5), (exact_tasks.ask_running_sum, 1.5),
    (exact_tasks.ask_two_capitals, 0.7),
]

# Kinds whose answers are certain, for text that is measured on.
HELD_OUT_KINDS = [
    (facts.ask_fact, 36), (number_formats.ask_field, 7), (number_formats.ask_comparison, 5),
    (exact_tasks.add, 20), (exact_tasks.subtract, 14), (exact_tasks.reverse_letters, 6),
    (exact_tasks.capital, 3), (exact_tasks.opposite, 3), (ask_out_of_scope, 6),
]


def _choose(rng: random.Random, kinds: list[tuple[Generator, float]]) -> Dialogue:
    generator = rng.choices([k for k, _ in kinds], [w for _, w in kinds])[0]
    return generator(rng)


def choose_single(rng: random.Random) -> Dialogue:
    """One dialogue that stands alone."""
    return _choose(rng, SINGLE)


def short_conversation(rng: random.Random) -> tuple[Optional[str], Dialogue]:
    """A system prompt or None, and one to about five turns."""
    dialogue = small_talk.greet(rng) if rng.random() < 0.08 else []
    dialogue = dialogue + _choose(rng, SINGLE + MULTIPLE)
    while rng.random() < 0.45 and len(dialogue) < 6:
        dialogue = dialogue + _choose(rng, SINGLE + MULTIPLE)
    return (rng.choice(SYSTEM_PROMPTS) if rng.random() < 0.25 else None), dialogue


def long_conversation(rng: random.Random, turns: int = 12) -> tuple[Optional[str], Dialogue]:
    """A long conversation with a name at its start that is asked for later."""
    opening, name_question = small_talk.introduce(rng)
    dialogue = opening if rng.random() < 0.7 else small_talk.greet(rng)
    has_name = dialogue is opening
    for _ in range(turns):
        dialogue = dialogue + _choose(rng, SINGLE + MULTIPLE[2:])
        if has_name and rng.random() < 0.15:
            question = rng.choice(small_talk.NAME_QUESTIONS)
            dialogue = dialogue + [(question, name_question[0][1])]
    return (rng.choice(SYSTEM_PROMPTS) if rng.random() < 0.25 else None), dialogue


def held_out_dialogue(rng: random.Random) -> tuple[Optional[str], Dialogue]:
    """One to five turns of kinds whose answers are certain, all held out."""
    dialogue: Dialogue = []
    while not dialogue or (rng.random() < 0.5 and len(dialogue) < 5):
        kinds, weights = zip(*HELD_OUT_KINDS)
        dialogue = dialogue + rng.choices(kinds, weights)[0](rng, True)
    return None, dialogue


def main() -> None:
    """Print a few sample conversations."""
    rng = random.Random(1)
    for _ in range(20):
        system, dialogue = short_conversation(rng)
        print(f"[{system or ''}]")
        for question, answer in dialogue:
            print(f"  U: {question}\n  A: {answer}")


if __name__ == "__main__":
    main()
