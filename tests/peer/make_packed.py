#!/usr/bin/python3
"""Makes tests/data/packed: small packed checkpoints and what they decode to. Same bytes every time.

    make_packed.py [ROOT] [--only REGEX]
    make_packed.py --tinyllama FOLDER --layout gptq [--layers 22] [--tokenizer FOLDER]

The second makes one folder of TinyLlama-1.1B's shape with random codes, for measurements, with the tokenizer's files of another
folder beside it.
"""
import argparse
import json
import pathlib
import re
import shutil

from packed_cases_bitsandbytes import bnb_cases, hqq_cases
from packed_cases_compressed import pack_cases
from packed_cases_float import float_cases
from packed_cases_gptq_awq import awq_cases, gptq_cases
from packed_damaged import damaged_cases
from packed_large import LAYOUTS, write_large

ROOT = pathlib.Path(__file__).resolve().parents[1] / "data/packed"
FAMILIES = (gptq_cases, awq_cases, pack_cases, bnb_cases, float_cases, hqq_cases, damaged_cases)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", nargs="?", default=ROOT, type=pathlib.Path)
    parser.add_argument("--only", default="", help="names of cases that match")
    parser.add_argument("--tinyllama", type=pathlib.Path, help="where the folder of that shape goes")
    parser.add_argument("--layout", choices=LAYOUTS, default="gptq")
    parser.add_argument("--layers", type=int, default=22)
    parser.add_argument("--tokenizer", type=pathlib.Path)
    options = parser.parse_args()
    if options.tinyllama:
        write_large(options.tinyllama, options.layout, options.layers, options.tokenizer)
        return
    about = {}
    for family in FAMILIES:
        for case in family():
            about[case.name] = case.says
            if re.search(options.only, case.name):
                shutil.rmtree(options.root / case.name, ignore_errors=True)
                case.write(options.root)
                print(f"{case.name:28} {sum(f.stat().st_size for f in (options.root / case.name).iterdir()):7} bytes  {case.says}")
    (options.root / "manifest.json").write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
