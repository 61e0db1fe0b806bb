# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes written questions look like typed ones: casing, typos, filler words."""

import random
import re

PREFIXES = [
    "Hey, ", "Hi! ", "Hello, ", "Quick question: ", "One more question: ", "Tell me, ",
    "I was wondering: ", "Okay, ", "And ", "So ", "Please answer: ", "I have a question. ",
    "Now ", "Well, ", "Hmm, ", "Sorry, ", "Also, ", "Just curious, ", "Nibble, ", "ok ",
    "Can you tell me: ", "I would like to know: ", "Help me: ", "Alright, ", "Um, ", "But ",
]
SUFFIXES = [
    ", please", " please", " pls", " plz", " again", " exactly", " in short", " briefly",
    " in simple words", " for a beginner", " thanks", ", Nibble", " really", " actually",
    " in one sentence", " in general", " here", " then", " by the way", " at all",
]
CONTRACTIONS = [
    (r"\b[Ww]hat is\b", ["What's", "Whats", "what's", "whats"]),
    (r"\b[Hh]ow is\b", ["How's", "how's"]),
    (r"\b[Ww]ho is\b", ["Who's", "who's"]),
    (r"\b[Ww]here is\b", ["Where's", "where's"]),
    (r"\bdo not\b", ["don't", "dont"]),
    (r"\bdoes not\b", ["doesn't", "doesnt"]),
    (r"\bis not\b", ["isn't", "isnt"]),
    (r"\bcan not\b|\bcannot\b", ["can't", "cant"]),
    (r"\bI am\b", ["I'm", "im"]),
    (r"\bit is\b", ["it's", "its"]),
    (r"\byou\b", ["u"]),
    (r"\bare\b", ["r"]),
    (r"\band\b", ["&"]),
    (r"\bbecause\b", ["cause"]),
    (r"\bquantization\b", ["quantisation", "quantizing"]),
    (r"\bversus\b", ["vs", "vs."]),
]
DROPPABLE = {
    "the", "a", "an", "of", "do", "does", "is", "are", "to", "in", "for", "me", "it", "we",
    "you", "that", "this", "my", "so", "when", "with", "be", "can", "i", "exactly", "used",
}
KEYBOARD_ROWS = ["qwertyuiop", "asdfghjkl", "zxcvbnm"]


def _starts_with_name(text: str) -> bool:
    first = text.split(" ", 1)[0]
    return first == "I" or first[:2].isupper() or any(c.isdigit() for c in first)


def add_prefix(rng: random.Random, text: str) -> str:
    """Put a greeting or filler in front."""
    prefix = rng.choice(PREFIXES)
    new_sentence = prefix[-2] in ".!:"
    if not new_sentence and not _starts_with_name(text):
        text = text[0].lower() + text[1:]
    return prefix + text


def add_suffix(rng: random.Random, text: str) -> str:
    """Put a filler at the end, before the final punctuation mark."""
    mark = text[-1] if text[-1] in "?.!" else ""
    return text[: len(text) - len(mark)] + rng.choice(SUFFIXES) + mark


def contract(rng: random.Random, text: str) -> str:
    """Use one contraction or chat abbreviation if one fits."""
    fitting = [(p, r) for p, r in CONTRACTIONS if re.search(p, text)]
    if not fitting:
        return text
    pattern, replacements = rng.choice(fitting)
    return re.sub(pattern, rng.choice(replacements), text, count=1)


def drop_words(rng: random.Random, text: str) -> str:
    """Leave out about a third of the small words."""
    words = text.split(" ")
    kept = [w for w in words if w.lower() not in DROPPABLE or rng.random() > 0.35]
    return " ".join(kept) if len(kept) > 1 else text


def _neighbour_key(rng: random.Random, letter: str) -> str:
    for row in KEYBOARD_ROWS:
        position = row.find(letter.lower())
        if position >= 0:
            return row[max(0, min(len(row) - 1, position + rng.choice([-1, 1])))]
    return letter


def add_typo(rng: random.Random, text: str) -> str:
    """Delete, double, swap or mistype one letter; never touch digits."""
    places = [i for i in range(1, len(text) - 1) if text[i].isalpha() and text[i].islower()]
    if not places:
        return text
    i = rng.choice(places)
    kind = rng.randrange(4)
    if kind == 0:
        return text[:i] + text[i + 1:]
    if kind == 1:
        return text[:i] + text[i] + text[i:]
    if kind == 2:
        return text[:i] + _neighbour_key(rng, text[i]) + text[i + 1:]
    return text[:i] + text[i + 1] + text[i] + text[i + 2:]


def vary_surface(rng: random.Random, text: str, amount: float = 0.35) -> str:
    """Vary casing, punctuation and fillers only: safe for exact tasks."""
    if rng.random() >= amount:
        return text
    kind = rng.random()
    if kind < 0.25:
        return add_prefix(rng, text)
    if kind < 0.40:
        return add_suffix(rng, text)
    if kind < 0.60:
        return contract(rng, text)
    if kind < 0.75:
        return text.lower()
    if kind < 0.85:
        return text.rstrip("?.!")
    return contract(rng, text).lower().rstrip("?.!")


def vary_freely(rng: random.Random, text: str, amount: float = 0.6) -> str:
    """Combine several kinds of variation, as people type to a chat model."""
    if rng.random() >= amount:
        return text
    if rng.random() < 0.25:
        text = contract(rng, text)
    if rng.random() < 0.20:
        text = add_prefix(rng, text)
    if rng.random() < 0.15:
        text = add_suffix(rng, text)
    if rng.random() < 0.12:
        text = drop_words(rng, text)
    if rng.random() < 0.35:
        text = text.lower()
    if rng.random() < 0.30:
        text = text.rstrip("?.!")
    while rng.random() < 0.18:
        text = add_typo(rng, text)
    return text
