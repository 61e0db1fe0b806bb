# SPDX-License-Identifier: GPL-3.0-or-later
"""Small pieces that every corpus module shares: types, paths and the split."""

import hashlib
from pathlib import Path

# A turn is one question and its answer; a dialogue is a list of turns.
Turn = tuple[str, str]
Dialogue = list[Turn]

MODELS_DIR = Path(__file__).resolve().parent.parent
FACTS_DIR = MODELS_DIR / "facts"


def hash_bucket(text: str, buckets: int) -> int:
    """Return a stable bucket number for a text, the same in every run."""
    digest = hashlib.md5(text.encode("utf-8")).hexdigest()
    return int(digest[:8], 16) % buckets


def is_held_out(text: str, one_in: int) -> bool:
    """Tell whether a text belongs to the held-out split (one in `one_in`)."""
    return hash_bucket(text, one_in) == 0


def with_article(noun: str) -> str:
    """Put the indefinite article in front of a noun."""
    return ("an " if noun[0].lower() in "aeiou" else "a ") + noun
