#!/usr/bin/env python3
"""Quantizing a whole file, ours and llama.cpp's quantizer in turn, on two threads each.

    peer_llama_quantize.py MODEL.gguf NODE_MODULES QUANTSCOPE_CLI [--types Q4_0 Q4_K_M] [--runs 3] [--to FILE]

Prints medians of the elapsed time, llama.cpp's over ours, our most memory beyond mapped pages (RssAnon), and our time
on one core over our time on two. Files go to /dev/null, so that the disk and the page cache are nobody's; --to FILE
writes them (FILE is overwritten and removed). MODEL: `make_random_model --type f16`.
"""
import argparse
import ctypes
import os
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'peer'))
from compare_llama_quantize import FILE_TYPES, LlamaCpp  # noqa: E402

THREADS = 2


def quantize_with_llama(node_modules, model, to, file_type):
    peer = LlamaCpp(node_modules)
    parameters = peer.llama.llama_model_quantize_default_params()
    parameters.ftype, parameters.threads = FILE_TYPES[file_type], THREADS
    if peer.llama.llama_model_quantize(model.encode(), to.encode(), ctypes.byref(parameters)):
        sys.exit(''.join(peer.lines))


def run(command, to):
    """Seconds, and the most anonymous memory in MB."""
    if to != '/dev/null' and os.path.exists(to):
        os.remove(to)
    start, most = time.monotonic(), 0
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        try:
            with open(f'/proc/{process.pid}/status') as status:
                most = max([most] + [int(line.split()[1]) for line in status if line.startswith('RssAnon')])
        except OSError:
            pass  # it ended meanwhile
        time.sleep(0.01)
    if process.returncode:
        sys.exit(f'{command} failed.')
    return time.monotonic() - start, most / 1024


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ('model', 'node_modules', 'cli'):
        arguments.add_argument(name)
    arguments.add_argument('--types', nargs='+', default=['Q4_0', 'Q4_K_M'], choices=FILE_TYPES)
    arguments.add_argument('--runs', type=int, default=3)
    arguments.add_argument('--to', default='/dev/null')
    arguments.add_argument('--as-llama', help=argparse.SUPPRESS)  # a process of its own, so that both start alike
    given = arguments.parse_args()
    if given.as_llama:
        return quantize_with_llama(given.node_modules, given.model, given.to, given.as_llama)
    for file_type in given.types:
        ours = [given.cli, 'quantize', given.model, '--recipe', file_type, '-o', given.to]
        theirs = [sys.executable, __file__, given.model, given.node_modules, given.cli, '--to', given.to,
                  '--as-llama', file_type]
        cores = ','.join(map(str, range(THREADS)))
        times = {'ours': [], 'llama.cpp': [], 'one core': []}
        most = 0
        for _ in range(given.runs):
            seconds, memory = run(['taskset', '-c', cores, *ours], given.to)
            times['ours'].append(seconds)
            most = max(most, memory)
            times['llama.cpp'].append(run(['taskset', '-c', cores, *theirs], given.to)[0])
            times['one core'].append(run(['taskset', '-c', '0', *ours], given.to)[0])
        median = {who: statistics.median(seconds) for who, seconds in times.items()}
        print(f'{file_type:8} ours {median["ours"]:6.2f} s   llama.cpp {median["llama.cpp"]:6.2f} s   '
              f'ratio {median["llama.cpp"] / median["ours"]:5.2f}   two cores over one '
              f'{median["one core"] / median["ours"]:4.2f}   memory {most:4.0f} MB', flush=True)
    if given.to != '/dev/null' and os.path.exists(given.to):
        os.remove(given.to)


if __name__ == '__main__':
    main()
