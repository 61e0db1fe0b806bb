#!/usr/bin/env python3
"""The type that every tensor gets from llama.cpp's quantizer and from ours, for every file type.

    compare_llama_quantize.py NODE_MODULES [--cli quantscope-cli] [--update tests/data/recipes] [--model NAME]…

NODE_MODULES holds node-llama-cpp, whose prebuilt libllama is asked through its C API, without weights: a sparse file of
the right size serves. --cli compares with `quantize --dry-run --json`; --update writes what llama.cpp chose as data.
"""
import argparse
import ctypes as c
import glob
import json
import math
import os
import re
import struct
import subprocess
import sys
import tempfile

from recipe_models import models

# llama_ftype of llama.h
FILE_TYPES = dict(F32=0, F16=1, Q4_0=2, Q4_1=3, Q8_0=7, Q5_0=8, Q5_1=9, Q2_K=10, Q3_K_S=11, Q3_K_M=12, Q3_K_L=13,
                  Q4_K_S=14, Q4_K_M=15, Q5_K_S=16, Q5_K_M=17, Q6_K=18, IQ2_XXS=19, IQ2_XS=20, Q2_K_S=21, IQ3_XS=22,
                  IQ3_XXS=23, IQ1_S=24, IQ4_NL=25, IQ3_S=26, IQ3_M=27, IQ2_S=28, IQ2_M=29, IQ4_XS=30, IQ1_M=31, BF16=32,
                  TQ1_0=36, TQ2_0=37, MXFP4_MOE=38, Q1_0=40, Q2_0=41)
GGML_TYPES = dict(F32=(0, 4), F16=(1, 2), BF16=(30, 2))  # number, bytes a value
Q8_0, Q6_K = 8, 14  # ggml_type
# Beside the plain ones: what is added to the file type.
CASES = {'': dict(), ' with importance': dict(importance=True),
         ' with overrides': dict(overrides=[(r'blk\.(0|1|5)\.attn_v', 'q8_0', Q8_0), ('ffn_down', 'q6_k', Q6_K),
                                            (r'blk\.2\.', 'q8_0', Q8_0)])}
OVERRIDDEN = ('Q3_K_M', 'Q4_K_M', 'IQ2_M', 'MXFP4_MOE')
LOG = c.CFUNCTYPE(None, c.c_int, c.c_char_p, c.c_void_p)


class Importance(c.Structure):
    _fields_ = [('name', c.c_char_p), ('data', c.POINTER(c.c_float)), ('size', c.c_size_t)]


class Override(c.Structure):
    _fields_ = [('pattern', c.c_char_p), ('type', c.c_int)]


class Parameters(c.Structure):  # llama_model_quantize_params
    _fields_ = ([(name, c.c_int32) for name in ('threads', 'ftype', 'output_type', 'embedding_type')] +
                [(name, c.c_bool) for name in ('allow_requantize', 'quantize_output', 'only_copy', 'pure', 'keep_split',
                                               'dry_run')] +
                [('importance', c.POINTER(Importance)), ('kv_overrides', c.c_void_p),
                 ('overrides', c.POINTER(Override)), ('prune_layers', c.c_void_p)])


def expand(name):
    """The names that a range of blocks stands for."""
    found = re.search(r'\{(\d+)-(\d+)\}', name)
    if not found:
        return [name]
    first, last = int(found[1]), int(found[2])
    return [name[:found.start()] + str(i) + name[found.end():] for i in range(first, last + 1)]


def text(value):
    return struct.pack('<Q', len(value.encode())) + value.encode()


def key_value(key, value):
    if isinstance(value, str):
        return text(key) + struct.pack('<I', 8) + text(value)
    if isinstance(value, float):
        return text(key) + struct.pack('<If', 6, value)
    return text(key) + struct.pack('<II', 4, value)


def write_sparse(path, model):
    """A GGUF file whose weights are a hole."""
    architecture = model['architecture']
    entries = [('general.architecture', architecture)] + [(f'{architecture}.{k}', v) for k, v in model['keys'].items()]
    infos, offset = [], 0
    for name, shape, *dtype in model['tensors']:
        number, value_bytes = GGML_TYPES[stored_type(shape, *dtype)]
        for full in expand(name):
            infos.append(text(full) + struct.pack('<I', len(shape)) +
                         b''.join(struct.pack('<Q', extent) for extent in reversed(shape)) +
                         struct.pack('<IQ', number, offset))
            offset += -(-math.prod(shape) * value_bytes // 32) * 32
    head = struct.pack('<IIQQ', 0x46554747, 3, len(infos), len(entries))
    head += b''.join(key_value(*entry) for entry in entries) + b''.join(infos)
    with open(path, 'wb') as file:
        file.write(head)
        file.truncate(-(-len(head) // 32) * 32 + offset)


class LlamaCpp:
    def __init__(self, node_modules):
        folder = os.path.join(node_modules, '@node-llama-cpp/linux-x64/bins/linux-x64')
        if not os.path.isdir(folder):
            sys.exit(f'There is no node-llama-cpp for linux-x64 in {node_modules}.')
        c.CDLL(os.path.join(folder, 'libggml-base.so'), mode=c.RTLD_GLOBAL)
        self.ggml = c.CDLL(glob.glob(folder + '/libggml.*so')[0], mode=c.RTLD_GLOBAL)
        self.llama = c.CDLL(glob.glob(folder + '/libllama.*so')[0])
        self.ggml.ggml_backend_load_all_from_path(folder.encode())
        self.llama.llama_model_quantize_default_params.restype = Parameters
        self.llama.llama_model_quantize.argtypes = [c.c_char_p, c.c_char_p, c.POINTER(Parameters)]
        self.lines = []
        self.callback = LOG(lambda level, line, user: self.lines.append(line.decode(errors='replace')))
        self.llama.llama_log_set(self.callback, None)
        self.llama.llama_backend_init()

    def types(self, path, file_type, importance=False, overrides=()):
        """{tensor: type}, or the sentence with which it refuses."""
        parameters = self.llama.llama_model_quantize_default_params()
        parameters.ftype, parameters.threads, parameters.dry_run = FILE_TYPES[file_type], 1, True
        if importance:  # any entry says that there is one
            parameters.importance = (Importance * 2)((b'none', (c.c_float * 1)(1.0), 1), (None, None, 0))
        if overrides:
            parameters.overrides = (Override * (len(overrides) + 1))(
                *[(pattern.encode(), number) for pattern, _, number in overrides], (None, 0))
        self.lines.clear()
        failed = self.llama.llama_model_quantize(path.encode(), b'', c.byref(parameters))
        log = ''.join(self.lines)
        if failed:
            return re.sub(r'\s+', ' ', log.strip().splitlines()[-1])
        chosen = {}
        for line in re.finditer(r'\[ *\d+/ *\d+\] +(\S+) +- \[.*?\], type = +(\w+), size =.*?(?:\((\w+)\))?\n', log):
            chosen[line[1]] = (line[3] or line[2]).lower()
        return chosen


def our_types(cli, path, file_type, importance=False, overrides=()):
    command = [cli, 'quantize', path, '--recipe', file_type, '--dry-run', '--json']
    for pattern, scheme, _ in overrides:
        command += ['--tensor-type', f'{pattern}={scheme}']
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode:
        return run.stderr.strip()
    return {row['tensor']: row['to'] for row in json.loads(run.stdout)['tensors']}


def ranges(numbers):
    parts = []
    for n in numbers:
        if parts and parts[-1][1] == n - 1:
            parts[-1][1] = n
        else:
            parts.append([n, n])
    return ','.join(str(a) if a == b else f'{a}-{b}' for a, b in parts)


def stored_type(shape, *dtype):
    return dtype[0] if dtype else 'F32' if len(shape) == 1 else 'F16'


def compact(model, chosen):
    """{"q4_k": "0,3-5", "q4_k q6_k:0-3": "2"}: rows of the tensor table that got this type, with the blocks that got
    another; rows that are left out stay as they were stored."""
    rows = {}
    for row, (name, *stored) in enumerate(model['tensors']):
        found = re.search(r'\{(\d+)', name)
        first = int(found[1]) if found else 0
        types = [chosen[n] for n in expand(name)]
        if set(types) == {stored_type(*stored).lower()}:
            continue
        most = max(sorted(set(types)), key=types.count)
        text = ' '.join([most] + [f'{t}:' + ranges([first + i for i, u in enumerate(types) if u == t])
                                  for t in sorted(set(types)) if t != most])
        rows.setdefault(text, []).append(row)
    return {text: ranges(list) for text, list in rows.items()}


def compare(where, theirs, ours):
    if isinstance(theirs, str) or isinstance(ours, str):
        if isinstance(theirs, str):
            print(f'{where}: llama.cpp refuses ({theirs}); ours: {ours if isinstance(ours, str) else "does it"}')
            return not isinstance(ours, str)
        print(f'{where}: ours refuses: {ours}')
        return False
    different = {n: (theirs[n], ours.get(n)) for n in theirs if theirs[n] != ours.get(n)}
    for name, (a, b) in list(different.items())[:5]:
        print(f'{where}: {name} is {a} in llama.cpp and {b} in ours')
    if len(different) > 5:
        print(f'{where}: … and {len(different) - 5} more')
    return not different


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('node_modules')
    parser.add_argument('--cli')
    parser.add_argument('--update')
    parser.add_argument('--model', action='append')
    options = parser.parse_args()
    peer = LlamaCpp(options.node_modules)
    same = tensors = refused = total = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, model in models().items():
            if options.model and name not in options.model:
                continue
            path = os.path.join(folder, name + '.gguf')
            write_sparse(path, model)
            types = {}
            for file_type in FILE_TYPES:
                for case, settings in CASES.items():
                    if 'overrides' in settings and file_type not in OVERRIDDEN:
                        continue
                    theirs = peer.types(path, file_type, **settings)
                    types[file_type + case] = theirs if isinstance(theirs, str) else compact(model, theirs)
                    if options.cli and not settings.get('importance'):
                        total += 1
                        refused += isinstance(theirs, str)
                        tensors += 0 if isinstance(theirs, str) else len(theirs)
                        same += compare(f'{name}, {file_type}{case}', theirs,
                                        our_types(options.cli, path, file_type, **settings))
            os.unlink(path)
            if options.update:
                # What importance and overrides do not change is not written twice.
                lines = [f'  {json.dumps(k)}: {json.dumps(v)}' for k, v in types.items()
                         if not k.endswith(' with importance') or v != types[k.split()[0]]]
                table = ',\n'.join(f'    {json.dumps(t)}' for t in model['tensors'])
                with open(os.path.join(options.update, name + '.json'), 'w') as file:
                    file.write('{\n"architecture": %s,\n"keys": %s,\n"tensors": [\n%s],\n"types": {\n%s}\n}\n' %
                               (json.dumps(model['architecture']), json.dumps(model['keys']), table,
                                ',\n'.join(lines)))
    if options.cli:
        print(f'{same} of {total} dry runs agree: {tensors} tensors of the same type, {refused} files refused by '
              'llama.cpp alone')
        sys.exit(same != total)


if __name__ == '__main__':
    main()
