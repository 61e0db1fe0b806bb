# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the fact files and turns facts into question and answer turns."""

import random
import re
from dataclasses import dataclass

from common import FACTS_DIR, Dialogue, is_held_out
from wording import vary_freely

TEMPLATES = [
    "What is {x}?", "What is {x}?", "What is {x}?", "Explain {x}.", "Tell me about {x}.",
    "Can you explain {x}?", "Could you explain {x} to me?", "What do you know about {x}?",
    "I want to learn about {x}.", "Define {x}.", "Describe {x}.", "Please explain {x}.",
    "I do not understand {x}.", "Help me understand {x}.", "Give me a short explanation of {x}.",
    "Teach me about {x}.", "What can you say about {x}?", "So what is {x}?",
    "How would you explain {x}?", "{x}?", "{x}", "What does {x} mean?", "What is meant by {x}?",
    "Do you know what {x} is?", "Do you know {x}?", "What about {x}?", "How about {x}?",
    "Tell me more about {x}.", "I have a question about {x}.", "Give me a definition of {x}.",
    "What is {x} about?", "Explain {x} to me like I am five.", "What should I know about {x}?",
    "I keep hearing about {x}. What is that?", "I read about {x}. Can you explain it?",
    "Someone mentioned {x}. What is it?", "My teacher talked about {x}. What does that mean?",
    "What is the idea behind {x}?", "What is the idea of {x}?", "In short, what is {x}?",
    "In one sentence, what is {x}?", "Summarize {x}.", "Can you describe {x}?",
    "Can you help me with {x}?", "I need to understand {x}.", "I am confused about {x}.",
    "What would you say about {x}?", "How do you define {x}?", "What is the meaning of {x}?",
    "meaning of {x}", "define {x} pls", "Can you teach me {x}?", "Let us talk about {x}.",
    "Remind me what {x} is.", "I forgot what {x} is.", "I wonder what {x} is.",
    "Is there something I should know about {x}?", "Give me the basics of {x}.",
    "Do you have any information about {x}?", "Say something about {x}.", "basics of {x}",
    "What was {x} again?", "Anything about {x}?", "I do not know what {x} is.",
]
HELD_OUT_TEMPLATES = [
    "I have never heard of {x}. What is it?", "Can you tell me something about {x}?",
    "Please describe {x} in simple words.", "What exactly is {x}?",
]
FOLLOW_UPS = ["And {x}?", "What about {x}?", "And what about {x}?", "How about {x}?",
              "And what is {x}?", "Now explain {x}."]
REPEATS = ["Can you say that again?", "Please repeat that.", "Say it again.",
           "Repeat your last answer.", "What did you just say?"]
HELD_OUT_COMBINATIONS = 8
CANONICAL_SHARE = 0.85


@dataclass
class Fact:
    """One fact: noun phrases for it, questions that it answers, and answers."""

    subjects: list[str]
    questions: list[str]
    answers: list[str]
    held_out_question: str = ""


def parse_facts(text: str) -> list[Fact]:
    """Parse blocks of `subject:`, `q:` and `a:` lines separated by blank lines."""
    facts = []
    for block in re.split(r"\n\s*\n", text):
        fact = Fact([], [], [])
        for line in block.splitlines():
            key, _, value = line.partition(":")
            value = value.strip()
            if key == "subject":
                fact.subjects += [s.strip() for s in value.split(";") if s.strip()]
            elif key == "q":
                fact.questions.append(value)
            elif key == "a":
                fact.answers.append(value)
        if fact.subjects and fact.answers:
            facts.append(fact)
    return facts


def load_facts() -> list[Fact]:
    """Load all fact files and set one question of each fact aside."""
    facts = []
    for path in sorted(FACTS_DIR.glob("*.txt")):
        if path.name != "out_of_scope.txt":
            facts += parse_facts(path.read_text(encoding="utf-8"))
    for index, fact in enumerate(facts):
        if len(fact.questions) >= 8:
            fact.held_out_question = fact.questions.pop(index * 7 % len(fact.questions))
    return facts


FACTS = load_facts()


def answers_like(answer: str) -> list[str]:
    """All answers of the fact that has this answer, or only the answer."""
    for fact in FACTS:
        if answer in fact.answers:
            return fact.answers
    return [answer]


def _swap_subject(rng: random.Random, fact: Fact, question: str) -> str:
    """Replace a subject named in the question by another name of it."""
    for subject in sorted(fact.subjects, key=len, reverse=True):
        position = question.lower().find(subject.lower())
        if position >= 0 and len(subject) > 2:
            other = rng.choice(fact.subjects)
            return question[:position] + other + question[position + len(subject):]
    return question


def _training_question(rng: random.Random, fact: Fact) -> str:
    if fact.questions and rng.random() < 0.7:
        question = rng.choice(fact.questions)
        return _swap_subject(rng, fact, question) if rng.random() < 0.3 else question
    while True:
        template, subject = rng.choice(TEMPLATES), rng.choice(fact.subjects)
        if not is_held_out(template + subject, HELD_OUT_COMBINATIONS):
            return template.format(x=subject)


def _held_out_question(rng: random.Random, fact: Fact) -> str:
    combinations = [t.format(x=s) for t in TEMPLATES for s in fact.subjects
                    if is_held_out(t + s, HELD_OUT_COMBINATIONS)]
    if combinations and rng.random() < 0.5:
        return rng.choice(combinations)
    return rng.choice(HELD_OUT_TEMPLATES).format(x=rng.choice(fact.subjects))


def _choose_answer(rng: random.Random, fact: Fact) -> str:
    if len(fact.answers) == 1 or rng.random() < CANONICAL_SHARE:
        return fact.answers[0]
    return rng.choice(fact.answers[1:])


def ask_fact(rng: random.Random, held_out: bool = False) -> Dialogue:
    """Ask about one fact."""
    fact = rng.choice(FACTS)
    if held_out:
        return [(_held_out_question(rng, fact), fact.answers[0])]
    question = vary_freely(rng, _training_question(rng, fact))
    return [(question, _choose_answer(rng, fact))]


def ask_two_facts(rng: random.Random, held_out: bool = False) -> Dialogue:
    """Ask about one fact, then follow up about another or ask to repeat."""
    first = ask_fact(rng, held_out)
    if rng.random() < 0.25:
        return first + [(vary_freely(rng, rng.choice(REPEATS), 0.3), first[0][1])]
    fact = rng.choice(FACTS)
    question = rng.choice(FOLLOW_UPS).format(x=rng.choice(fact.subjects))
    return first + [(vary_freely(rng, question, 0.4), _choose_answer(rng, fact))]
