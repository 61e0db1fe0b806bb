# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains the tokenizer and encodes conversations.

    python3 tokenizer.py --output work/tokenizer.model
"""

import argparse
import random
import tempfile
from pathlib import Path
from typing import Optional

import sentencepiece

from common import Dialogue
from conversation import SYSTEM_PROMPTS, short_conversation

VOCABULARY_SIZE = 2048
ROLES = ["<|system|>", "<|user|>", "<|assistant|>"]
UNKNOWN_ID, BEGIN_ID, END_ID = 0, 1, 2


class Tokenizer:
    """Encodes text and whole conversations in the chat format of the model."""

    def __init__(self, path: Path):
        self.pieces = sentencepiece.SentencePieceProcessor(model_file=str(path))
        self.newline = self.pieces.encode("\n")
        self.roles = {role: self.pieces.piece_to_id(role) for role in ROLES}

    def encode(self, text: str) -> list[int]:
        """Encode plain text."""
        return self.pieces.encode(text)

    def decode(self, ids: list[int]) -> str:
        """Decode ids to text."""
        return self.pieces.decode(ids)

    def message(self, role: str, text: str) -> list[int]:
        """Encode a whole message including its end."""
        header = [self.roles[f"<|{role}|>"]] + self.newline
        return header + self.encode(text) + [END_ID] + self.newline

    def answer_header(self) -> list[int]:
        """The ids after which the model answers; the newline belongs to them."""
        return [self.roles["<|assistant|>"]] + self.newline

    def prompt(self, system: Optional[str], history: Dialogue, question: str) -> list[int]:
        """Encode a conversation up to the point where the model answers."""
        ids = [BEGIN_ID]
        if system:
            ids += self.message("system", system)
        for old_question, old_answer in history:
            ids += self.message("user", old_question) + self.message("assistant", old_answer)
        return ids + self.message("user", question) + self.answer_header()

    def conversation(self, system: Optional[str], dialogue: Dialogue) -> tuple[list, list]:
        """Encode a conversation; the second list marks the answer tokens."""
        ids = [BEGIN_ID] + (self.message("system", system) if system else [])
        marks = [0] * len(ids)
        for question, answer in dialogue:
            header = self.message("user", question) + self.answer_header()
            body = self.encode(answer) + [END_ID]
            ids += header + body + self.newline
            marks += [0] * len(header) + [1] * len(body) + [0] * len(self.newline)
        return ids, marks


def write_training_text(path: Path, conversations: int, seed: int) -> None:
    """Write the questions and answers of many conversations to a file."""
    rng = random.Random(seed)
    with path.open("w", encoding="utf-8") as file:
        for _ in range(conversations):
            for question, answer in short_conversation(rng)[1]:
                file.write(f"{question}\n{answer}\n")
        for prompt in SYSTEM_PROMPTS:
            file.write(f"{prompt}\n" * 50)


def train_tokenizer(output: Path, conversations: int, seed: int) -> None:
    """Train a byte pair encoding with byte fallback and single digits."""
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "text.txt"
        write_training_text(text, conversations, seed)
        sentencepiece.SentencePieceTrainer.train(
            input=str(text), model_prefix=str(output.with_suffix("")), model_type="bpe",
            vocab_size=VOCABULARY_SIZE, byte_fallback=True, character_coverage=1.0,
            split_digits=True, normalization_rule_name="identity", add_dummy_prefix=False,
            remove_extra_whitespaces=False, allow_whitespace_only_pieces=True,
            user_defined_symbols=ROLES, unk_id=UNKNOWN_ID, bos_id=BEGIN_ID, eos_id=END_ID,
            pad_id=-1, num_threads=2, minloglevel=2, hard_vocab_limit=True)


def main() -> None:
    """Train a tokenizer from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("work/tokenizer.model"))
    parser.add_argument("--conversations", type=int, default=40000)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    train_tokenizer(arguments.output, arguments.conversations, arguments.seed)


if __name__ == "__main__":
    main()
