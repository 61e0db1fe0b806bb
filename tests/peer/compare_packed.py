#!/usr/bin/python3
"""Reads packed folders in this program and in numpy, and compares every weight bit for bit.

    compare_packed.py [--cli build/release/bin/quantscope-cli] [--random SEED --count 20] [--only REGEX] [FOLDER…]

LLM.int8() may be two steps of the last place away. Layouts that the program lists with a reason (HQQ along axis 0) are named and
count as agreeing. Without FOLDER: everything in tests/data/packed; of damaged/ it asks that the program ends with a sentence for
the damaged weight and still reads the sound one. --random makes folders of random shapes and settings in every layout first.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import packed_layouts
from check_packed import ROOT, Dump, same, steps_of
from packed_random import random_cases


def is_declined(name, pieces, dump):
    """Whether the codes are listed with a reason why they do not become weights."""
    try:
        dump(
            f"{name.removesuffix('.weight')}.{next(one for one in pieces if one in ('W_q', 'qweight', 'weight_packed', 'weight'))}"
        )
    except LookupError as reason:
        print(f"declined: {reason}")
        return "cannot become weights" in str(reason)
    return False


def compare(folder, dump):
    """Sentences about weights that differ."""
    for name, decode, pieces in packed_layouts.weights(folder):
        weight = decode()
        try:
            ours = dump(name)
        except LookupError as wrong:
            if not is_declined(name, pieces, dump):
                yield f"{name} is not read: {wrong}"
            continue
        if not same(ours, weight.values, steps_of(pieces)):
            off = (
                ours.view("u4") != weight.values.view("u4")).sum() if ours.shape == weight.values.shape else f"shape {ours.shape}"
            yield f"{name} differs: {off} of {weight.values.size} values"


def damaged(folder, dump, cli):
    about = json.loads((folder / "damaged.json").read_text())
    opened = subprocess.run([cli, "inspect", folder, "--json"], capture_output=True, text=True, timeout=60)
    if opened.returncode not in (0, 1):
        yield f"inspect ends with status {opened.returncode}"
    for name, wanted in ((about["weight"], False), (about["sound"], True)):
        if name is None:
            continue
        ran = subprocess.run([cli, "dump", folder, "--tensor", name, "-o", "/dev/null"], capture_output=True, text=True, timeout=60)
        if ran.returncode == 0 and not wanted and about["shapes_tell"]:
            continue
        if ran.returncode not in (0, 1) or (ran.returncode == 0) != wanted:
            yield f"{name} ({about['wrong'] if not wanted else 'sound'}): status {ran.returncode} {ran.stderr.strip()[:120]}"
        elif not wanted and len(ran.stderr.strip().splitlines()) != 1:
            yield f"{name} ({about['wrong']}): {len(ran.stderr.strip().splitlines())} lines instead of a sentence"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=pathlib.Path)
    parser.add_argument("--cli", default=ROOT / "build/release/bin/quantscope-cli")
    parser.add_argument("--random", type=int, help="seed of random folders")
    parser.add_argument("--count", type=int, default=20, help="random folders of each layout")
    parser.add_argument("--only", default="", help="names of folders that match")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folders = options.folders or sorted(path.parent for path in (ROOT / "tests/data/packed").rglob("config.json"))
        if options.random is not None:
            folders = []
            for case in random_cases(options.random, options.count):
                case.write(made)
                folders.append(pathlib.Path(made) / case.name)
        count = wrongs = 0
        for folder in folders:
            if not re.search(options.only, str(folder)):
                continue
            dump = Dump(options.cli, folder)
            said = list(damaged(folder, dump, options.cli) if (folder / "damaged.json").exists() else compare(folder, dump))
            count, wrongs = count + 1, wrongs + bool(said)
            for one in said:
                print(f"{folder.parent.name if 'damaged' in str(folder) else ''} {folder.name}: {one}")
        print(f"{count - wrongs} of {count} folders agree")
    sys.exit(wrongs > 0)


if __name__ == "__main__":
    main()
