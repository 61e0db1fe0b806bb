# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains the model on two processor cores.

Two single-threaded workers share the parameters in memory. Both take
micro-batches of a step until none is left, then each updates the parameters
it owns: the layers' matrices with Muon, everything else with AdamW.

    nice -n 5 python3 train.py --short work/rows256.npz --long work/rows512.npz \\
        --held-out work/held_out.npz --minutes 60 --output work/model.pt
"""

import argparse
import json
import math
import time
from pathlib import Path

import numpy
import torch
import torch.multiprocessing as multiprocessing
import torch.nn.functional as F

from model import Llama, ModelConfig
from muon import Muon

# Share of the question tokens whose loss is computed; the others save time.
QUESTION_SHARE = 0.25


class Rows:
    """Token rows in a random order that starts again when it is used up."""

    def __init__(self, path: Path, seed: int):
        data = numpy.load(path)
        self.tokens, self.marks = data["tokens"], data["marks"]
        self.random = numpy.random.RandomState(seed)
        self.order = self.random.permutation(len(self.tokens))
        self.position = 0

    def draw(self, count: int) -> numpy.ndarray:
        """Return the numbers of the next rows."""
        if self.position + count > len(self.order):
            self.order = self.random.permutation(len(self.tokens))
            self.position = 0
        self.position += count
        return self.order[self.position - count:self.position]


class Trainer:
    """Everything the workers share."""

    def __init__(self, options: argparse.Namespace):
        self.options = options
        torch.manual_seed(options.seed)
        self.model = Llama(ModelConfig())
        if options.start:
            self.model.load_state_dict(torch.load(options.start))
        self.parameters = dict(self.model.named_parameters())
        self.model.share_memory()
        self.gradients = [{name: torch.zeros_like(p).share_memory_()
                           for name, p in self.parameters.items()}
                          for _ in range(options.workers)]
        self.statistics = torch.zeros(options.workers, 3).share_memory_()
        self.progress = torch.zeros(1, dtype=torch.double).share_memory_()
        self.context = multiprocessing.get_context("fork")
        self.barrier = self.context.Barrier(options.workers)
        self.taken = self.context.Value("i", 0)
        self.short = Rows(options.short, options.seed)
        self.long = Rows(options.long, options.seed) if options.long else None

    # -- the schedule, a function of the progress from 0 to 1

    def learning_rate_factor(self) -> float:
        """Linear warm-up, then one cosine."""
        progress = self.progress.item()
        warm_up = min(1.0, (progress + 1e-4) / self.options.warm_up)
        return warm_up * max(0.01, 0.5 * (1 + math.cos(math.pi * progress)))

    def draw_batch(self) -> tuple[Rows, list[numpy.ndarray]]:
        """Return the micro-batches of a step; long rows come in the last part."""
        rows, size = self.short, self.options.micro_batch
        if self.long and self.progress.item() >= self.options.long_from:
            rows, size = self.long, self.options.micro_batch // 2
        drawn = rows.draw(size * self.options.micro_batches)
        return rows, numpy.split(drawn, self.options.micro_batches)

    # -- one step

    def micro_batch(self, rows: Rows, chosen: numpy.ndarray) -> torch.Tensor:
        """Add the gradient of some rows; return weight, answer loss and tokens."""
        tokens = torch.from_numpy(rows.tokens[chosen].astype(numpy.int64))
        answers = torch.from_numpy(rows.marks[chosen])[:, 1:].reshape(-1).float()
        weights = answers + (1 - answers) * (self.options.question_weight / QUESTION_SHARE)
        scored = (answers > 0) | (torch.rand(len(answers)) < QUESTION_SHARE)
        answers, weights = answers[scored], weights[scored]
        wanted = tokens[:, 1:].reshape(-1)[scored]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            hidden = self.model.hidden(tokens[:, :-1]).flatten(0, 1)
            logits = self.model.logits(hidden[scored])
        losses = F.cross_entropy(logits.float(), wanted, reduction="none")
        (losses * weights).sum().backward()
        return torch.stack([weights.sum(), (losses.detach() * answers).sum(), answers.sum()])

    def take_next(self) -> int:
        """Take the number of the next micro-batch."""
        with self.taken.get_lock():
            self.taken.value += 1
            return self.taken.value - 1

    def gather(self, names: list[str]) -> None:
        """Sum the workers' gradients of some parameters into the first worker's."""
        total = self.statistics[:, 0].sum().item()
        for name in names:
            gradient = self.gradients[0][name]
            for other in self.gradients[1:]:
                gradient.add_(other[name])
            gradient.mul_(1 / total)

    # -- the workers

    def split_parameters(self, rank: int) -> tuple[list[str], list[str]]:
        """Names of the matrices and of the other parameters a worker owns."""
        matrices = [n for n, p in self.parameters.items()
                    if n.startswith("blocks") and p.dim() == 2]
        others = [n for n in self.parameters if n not in matrices]
        return matrices[rank::self.options.workers], others if rank == 0 else []

    def make_muon(self, names: list[str]) -> Muon:
        """Muon on the separate matrices inside the fused ones."""
        config, pairs = self.model.config, []
        kv_rows = config.kv_heads * config.head_size
        for name in names:
            rows = [self.parameters[name].shape[0]]
            if "qkv" in name:
                rows = [config.heads * config.head_size, kv_rows, kv_rows]
            elif "gate_up" in name:
                rows = [config.feed_forward, config.feed_forward]
            pairs += zip(self.parameters[name].data.split(rows),
                         self.gradients[0][name].split(rows))
        return Muon(pairs, weight_decay=self.options.weight_decay)

    def make_adam(self, names: list[str]) -> torch.optim.Optimizer:
        """AdamW for embeddings and norms; norms are not decayed."""
        groups = [{"params": [self.parameters[n] for n in names if self.parameters[n].dim() == 2],
                   "weight_decay": self.options.weight_decay},
                  {"params": [self.parameters[n] for n in names if self.parameters[n].dim() < 2],
                   "weight_decay": 0.0}]
        return torch.optim.AdamW(groups, lr=1.0, betas=(0.9, 0.95))

    def update(self, muon: Muon, adam, names: list[str]) -> None:
        """Update the parameters that this worker owns."""
        self.gather(names)
        factor = self.learning_rate_factor()
        muon.step(self.options.muon_rate * factor)
        if adam:
            for group in adam.param_groups:
                group["lr"] = self.options.adam_rate * factor
            adam.step()

    def work(self, rank: int) -> None:
        """The main loop of one worker."""
        torch.set_num_threads(1)
        for name, parameter in self.parameters.items():
            parameter.grad = self.gradients[rank][name]
        matrices, others = self.split_parameters(rank)
        muon = self.make_muon(matrices)
        adam = self.make_adam(others) if others else None
        reporter = Reporter(self) if rank == 0 else None
        while self.progress.item() < 1:
            rows, batches = self.draw_batch()
            for gradient in self.gradients[rank].values():
                gradient.zero_()
            self.statistics[rank].zero_()
            self.barrier.wait()
            while (number := self.take_next()) < len(batches):
                self.statistics[rank] += self.micro_batch(rows, batches[number])
            self.barrier.wait()
            self.update(muon, adam, matrices + others)
            self.barrier.wait()
            if reporter:
                reporter.after_step(rows.tokens.shape[1] - 1, len(batches) * len(batches[0]))
                self.taken.value = 0
            self.barrier.wait()
        if reporter:
            reporter.finish()


class Reporter:
    """Progress, held-out loss and checkpoints; runs in the first worker."""

    def __init__(self, trainer: Trainer):
        self.trainer, self.options = trainer, trainer.options
        self.start = self.last_print = self.last_save = time.time()
        self.steps = self.tokens = self.printed_tokens = 0
        self.loss = None
        self.history: list[dict] = []
        held_out = numpy.load(self.options.held_out)
        self.tokens_held = torch.from_numpy(held_out["tokens"].astype(numpy.int64))
        self.marks_held = torch.from_numpy(held_out["marks"]).float()

    def after_step(self, length: int, rows: int) -> None:
        """Count, print now and then, and set the progress of all workers."""
        now, trainer = time.time(), self.trainer
        totals = trainer.statistics.sum(0)
        loss = (totals[1] / totals[2]).item()
        self.loss = loss if self.loss is None else 0.98 * self.loss + 0.02 * loss
        self.steps += 1
        self.tokens += length * rows
        if now - self.last_print >= 15:
            rate = (self.tokens - self.printed_tokens) / (now - self.last_print)
            print(f"{now - self.start:5.0f} s, step {self.steps}, "
                  f"{self.tokens / 1e6:.2f} M tokens, {rate:.0f} tokens/s, "
                  f"loss {self.loss:.4f}", flush=True)
            self.last_print, self.printed_tokens = now, self.tokens
        if now - self.last_save >= self.options.save_every:
            self.save()
            self.last_save = time.time()
        trainer.progress[0] = (now - self.start) / (60 * self.options.minutes)

    @torch.no_grad()
    def held_out_loss(self) -> tuple[float, float]:
        """Mean loss and accuracy of the answer tokens of the first held-out rows."""
        loss = correct = count = 0.0
        for first in range(0, min(64, len(self.tokens_held)), 16):
            tokens = self.tokens_held[first:first + 16]
            marks = self.marks_held[first:first + 16, 1:].reshape(-1)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits = self.trainer.model(tokens[:, :-1])
            logits, wanted = logits.float().flatten(0, 1), tokens[:, 1:].reshape(-1)
            loss += (F.cross_entropy(logits, wanted, reduction="none") * marks).sum().item()
            correct += ((logits.argmax(-1) == wanted) * marks).sum().item()
            count += marks.sum().item()
        return loss / count, correct / count

    def save(self) -> None:
        """Write a checkpoint and a log line."""
        loss, accuracy = self.held_out_loss()
        print(f"    held out: loss {loss:.4f}, perplexity {math.exp(loss):.4f}, "
              f"tokens right {accuracy:.2%}", flush=True)
        self.history.append({"seconds": round(time.time() - self.start), "steps": self.steps,
                             "tokens": self.tokens, "training_loss": round(self.loss, 4),
                             "held_out_loss": round(loss, 4)})
        temporary = self.options.output.with_suffix(".tmp")
        torch.save({n: p.detach().clone() for n, p in self.trainer.model.state_dict().items()},
                   temporary)
        temporary.replace(self.options.output)

    def finish(self) -> None:
        """Write the last checkpoint and the log."""
        self.save()
        options = {k: str(v) for k, v in vars(self.options).items()}
        log = {"options": options, "history": self.history}
        self.options.output.with_suffix(".json").write_text(json.dumps(log, indent=1))


def parse_options() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", type=Path, required=True, help="rows of 256 tokens")
    parser.add_argument("--long", type=Path, help="rows of 512 tokens for the last part")
    parser.add_argument("--held-out", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="checkpoint to continue from")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--long-from", type=float, default=0.65)
    parser.add_argument("--micro-batch", type=int, default=2, help="rows of 256 tokens")
    parser.add_argument("--micro-batches", type=int, default=8)
    parser.add_argument("--muon-rate", type=float, default=4e-3)
    parser.add_argument("--adam-rate", type=float, default=3e-3)
    parser.add_argument("--weight-decay", type=float, default=0.1)
    parser.add_argument("--question-weight", type=float, default=0.1)
    parser.add_argument("--warm-up", type=float, default=0.03)
    parser.add_argument("--save-every", type=float, default=180)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def main() -> None:
    """Start the workers and wait for them."""
    torch.set_num_threads(1)
    trainer = Trainer(parse_options())
    workers = [trainer.context.Process(target=trainer.work, args=(rank,))
               for rank in range(trainer.options.workers)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


if __name__ == "__main__":
    main()
