#!/usr/bin/env python3
"""The README's tables of training: every lab on the built-in model with the program's own defaults, three seeds.

    figures.py [--cli build/release/bin/quantscope-cli] [--seeds 1 2 3] [--keep FOLDER] [--only NAME]

QAT is judged by the built-in held-out conversations and questions. The facts of QLoRA (facts-1 … facts-3.jsonl beside this file, one
file per seed) took no part in choosing any setting. Minutes are of the training steps, and of the whole command with its evaluations.
"""

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import mean, stdev

HERE = Path(__file__).resolve().parent
QAT = {"INT3 absmax, groups of 32": "int3", "INT4 absmax, per row": "int4:group=row",
       "INT2 min–max, groups of 32": "int2:range=minmax,group=32"}


def run(cli: str, folder: Path, arguments: list[str]) -> dict:
    """What one run says of itself, with the seconds it took from outside; a finished run's log is read again."""
    log = folder / "log.jsonl"
    if not log.exists() or '"summary"' not in log.read_text(encoding="utf-8"):
        folder.mkdir(parents=True, exist_ok=True)
        begun = time.monotonic()
        text = subprocess.run([cli, "train", *arguments, "--run", str(folder / "run"), "--json"], check=True,
                              stdout=subprocess.PIPE, text=True).stdout
        log.write_text(text + json.dumps({"wall": time.monotonic() - begun}) + "\n", encoding="utf-8")
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    summary = next(line["summary"] for line in lines if "summary" in line)
    summary["wall"] = next(line["wall"] for line in lines if "wall" in line)
    return summary


def spread(values: list[float], digits: int) -> str:
    """Mean ± standard deviation."""
    if len(values) < 2:
        return f"{values[0]:.{digits}f}"
    return f"{mean(values):.{digits}f} ± {stdev(values):.{digits}f}"


def minutes(runs: list[dict], of: str) -> str:
    return f"{mean(run[of] for run in runs) / 60:.1f}"


def qat(cli: str, folder: Path, seeds: list[int]) -> None:
    print("| scheme | bits | PTQ: perplexity, exact answers | trained: perplexity | exact answers | steps | minutes, with evaluations |")
    print("|---|---|---|---|---|---|---|")
    for name, scheme in QAT.items():
        runs = [run(cli, folder / f"qat-{scheme.replace(':', '-')}-{seed}", ["qat", "demo", "--scheme", scheme, "--seed", str(seed)])
                for seed in seeds]
        first, trained = runs[0], [run["trained"] for run in runs]
        before = first["untrained"]
        print(f"| {name} | {first['bits_per_weight']:.2f} | {before['held_out_perplexity']:.3f}, {100 * before['accuracy']:.1f} % "
              f"| {spread([t['held_out_perplexity'] for t in trained], 4)} | {spread([100 * t['accuracy'] for t in trained], 1)} % "
              f"| {first['steps']} | {minutes(runs, 'seconds')}, {minutes(runs, 'wall')} |", flush=True)
    stored = first["stored"]
    print(f"\nUnquantized: perplexity {stored['held_out_perplexity']:.4f}, {100 * stored['accuracy']:.1f} %.\n")


def qlora(cli: str, folder: Path, seeds: list[int]) -> None:
    print("| replay | facts | unseen wordings | held-out perplexity before → after | merged | merged, quantized again | seconds, with evaluations |")
    print("|---|---|---|---|---|---|---|")
    for replay in ("demo", "none"):
        runs = [run(cli, folder / f"qlora-{replay}-{seed}",
                    ["qlora", "demo", "--facts", str(HERE / f"facts-{seed}.jsonl"), "--replay", replay, "--seed", str(seed)]) for seed in seeds]
        after = {mark: spread([run[mark]["held_out_perplexity"] for run in runs], 4) for mark in ("trained", "merged", "requantized")}
        print(f"| {'yes' if replay == 'demo' else 'no'} | {', '.join(str(run['facts_known']) for run in runs)} of {runs[0]['facts']} "
              f"| {', '.join(str(run['rewordings_known']) for run in runs)} of {runs[0]['rewordings']} "
              f"| {runs[0]['untrained']['held_out_perplexity']:.4f} → {after['trained']} | {after['merged']} | {after['requantized']} "
              f"| {mean(run['seconds'] for run in runs):.0f}, {mean(run['wall'] for run in runs):.0f} |", flush=True)


def methods(cli: str, folder: Path, seeds: list[int]) -> None:
    """Rounding, GPTQ and AWQ beside training, on the same held-out conversations and questions: how good, and in what time.

    Seconds of the methods are those of a whole `error` command, which reads the calibration text, quantizes and compares.
    """
    print("| scheme | method | bits of the whole model | held-out perplexity | exact answers | work |")
    print("|---|---|---|---|---|---|")
    for name, scheme in QAT.items():
        bits = 0.0
        for method in ("rounding", "gptq", "awq"):
            text = scheme if method == "rounding" else f"{scheme}{',' if ':' in scheme else ':'}method={method}"
            asked = ["demo", "--scheme", text, "--calibration", "demo", "--json"]
            begun = time.monotonic()
            subprocess.run([cli, "error", *asked], check=True, stdout=subprocess.DEVNULL)
            seconds = time.monotonic() - begun
            row = json.loads(subprocess.run([cli, "perplexity", *asked, "--text", "demo", "--tasks", "demo", "--no-noise", "--device", "cpu"],
                                            check=True, stdout=subprocess.PIPE, text=True).stdout)[0]
            bits = bits or row["bits_per_weight"]  # what training ends in is stored as rounding's is
            print(f"| {name} | {method} | {row['bits_per_weight']:.2f} | {row['perplexity']:.3f} "
                  f"| {100 * row['tasks']['accuracy']:.1f} % | {seconds:.0f} s |", flush=True)
        runs = [run(cli, folder / f"qat-{scheme.replace(':', '-')}-{seed}", ["qat", "demo", "--scheme", scheme, "--seed", str(seed)])
                for seed in seeds]
        trained = [run["trained"] for run in runs]
        print(f"| {name} | QAT | {bits:.2f} | {mean(t['held_out_perplexity'] for t in trained):.4f} "
              f"| {mean(100 * t['accuracy'] for t in trained):.1f} % | {minutes(runs, 'wall')} min |", flush=True)


def main() -> None:
    """Run what is not in the folder yet; print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cli", default="build/release/bin/quantscope-cli")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--keep", type=Path, help="where runs are kept and, once finished, read again")
    parser.add_argument("--only", choices=["qat", "qlora", "methods"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        for name, table in (("qat", qat), ("qlora", qlora), ("methods", methods)):
            if options.only in (None, name):
                table(options.cli, folder, options.seeds)


if __name__ == "__main__":
    main()
