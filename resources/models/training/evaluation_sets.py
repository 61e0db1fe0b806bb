# SPDX-License-Identifier: GPL-3.0-or-later
"""Held-out questions with their right answers, grouped by skill."""

import random
import re
from dataclasses import dataclass, field
from pathlib import Path

import exact_tasks
import facts
import number_formats
import small_talk
from common import Dialogue, is_held_out
from conversation import choose_single
from out_of_scope import HELD_OUT_QUESTIONS
from tokenizer import Tokenizer

LONG_HISTORY = 400
LONG_HISTORY_LIMIT = 440


@dataclass
class Case:
    """A question after a history, and all answers that count as right."""

    question: str
    answers: list[str]
    history: Dialogue = field(default_factory=list)


def single_cases(rng: random.Random, generator, count: int) -> list[Case]:
    """Cases of one held-out turn each."""
    cases = []
    for _ in range(count):
        question, answer = generator(rng, True)[0]
        cases.append(Case(question, facts.answers_like(answer)))
    return cases


def name_cases(rng: random.Random, count: int) -> list[Case]:
    """Recall of held-out names after up to three other turns."""
    cases = []
    for _ in range(count):
        opening, ((question, answer),) = small_talk.introduce(rng, True)
        for _ in range(rng.randrange(4)):
            opening = opening + choose_single(rng)
        cases.append(Case(question, [answer], opening))
    return cases


def fact_question_cases() -> list[Case]:
    """The hand-written question of each fact that was not trained."""
    return [Case(f.held_out_question, f.answers) for f in facts.FACTS if f.held_out_question]


def lengthen(rng: random.Random, tokenizer: Tokenizer, case: Case) -> Case:
    """Put other turns before the question until 400 tokens are reached."""
    history = list(case.history)
    while len(ids := tokenizer.prompt(None, history, case.question)) < LONG_HISTORY:
        turns = choose_single(rng)
        longer = tokenizer.prompt(None, history + turns, case.question)
        if len(longer) <= LONG_HISTORY_LIMIT or len(ids) < 340:
            history += turns
    return Case(case.question, case.answers, history)


def exact_sets(tokenizer: Tokenizer, seed: int = 4242) -> dict[str, list[Case]]:
    """Cases whose greedy answer must be exactly right."""
    rng = random.Random(seed)
    sets = {
        "facts, template wording": single_cases(rng, facts.ask_fact, 250),
        "facts, hand-written wording": fact_question_cases(),
        "format fields": single_cases(rng, number_formats.ask_field, 100),
        "format comparison": single_cases(rng, number_formats.ask_comparison, 100),
        "addition": single_cases(rng, exact_tasks.add, 250),
        "subtraction": single_cases(rng, exact_tasks.subtract, 250),
        "letter reversal": single_cases(rng, exact_tasks.reverse_letters, 150),
        "name recall": name_cases(rng, 150),
    }
    for name, count in (("facts, template wording", 50), ("addition", 50), ("name recall", 50)):
        long_name = f"{name.split(',')[0]}, after 400 tokens"
        sets[long_name] = [lengthen(rng, tokenizer, c) for c in sets[name][:count]]
    return sets


def out_of_scope_questions() -> list[str]:
    """Questions the model should decline."""
    return HELD_OUT_QUESTIONS


def normalized(question: str) -> str:
    """A question without case, punctuation and contractions of "what is"."""
    words = re.sub(r"[^a-z0-9 ]", "", re.sub(r"\bwhat'?s\b", "what is", question.lower()))
    return " ".join(words.split())


def trained_questions() -> set[str]:
    """All normalized questions on facts that training rows can hold, but for typos and fillers."""
    trained = set()
    for fact in facts.FACTS:
        trained.update(normalized(question) for question in fact.questions)
        trained.update(normalized(template.format(x=subject))
                       for template in facts.TEMPLATES for subject in fact.subjects
                       if not is_held_out(template + subject, facts.HELD_OUT_COMBINATIONS))
    return trained


def read_paraphrases(path: Path) -> list[tuple[str, Case]]:
    """Read `topic or beginning of an answer | question` lines of an outside author.

    Questions that happen to be worded like one of the corpus are left out.
    """
    cases, trained = [], trained_questions()
    for line in path.read_text(encoding="utf-8").splitlines():
        beginning, separator, question = line.partition(" | ")
        if not separator or line.startswith("#") or normalized(question) in trained:
            continue
        beginning, answers = beginning.strip(), []
        for fact in facts.FACTS:
            names = [s.lower() for s in fact.subjects]
            starts = [a for a in fact.answers if a.lower().startswith(beginning.lower())]
            if starts or beginning.lower() in names:
                answers += fact.answers
        cases.append((beginning, Case(question.strip(), answers)))
    return cases
