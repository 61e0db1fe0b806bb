#!/usr/bin/env python3
"""Our importance matrices in llama.cpp, and what both quantizers make of a model with them.

    compare_llama_imatrix.py MODEL.gguf NODE_MODULES QUANTSCOPE_CLI [--text FILE] [--only TYPE]…

Our `calibrate` writes the matrix as GGUF and as .dat; the reader in the prebuilt libllama-common reads both, the prebuilt
quantizer is given what its own command line would give it, and every tensor of the new file is compared with that of our
`quantize --imatrix`. Exit status 1 where bytes differ.
"""
import argparse
import ctypes as c
import glob
import os
import struct
import subprocess
import sys
import tempfile

from compare_llama_quantize import FILE_TYPES, Importance, LlamaCpp

PLAIN = ('F32', 'F16', 'BF16')  # casts: no importance in them


class Text(c.Structure):
    """std::string of libstdc++, borrowed."""
    _fields_ = [('data', c.c_char_p), ('size', c.c_size_t), ('local', c.c_char * 16)]


def words(address, count):
    return (c.c_uint64 * count).from_address(address)


def read_text(address):
    data, size = words(address, 2)
    return c.string_at(data, size).decode()


def read_vector(address, kind):
    first, last = words(address, 2)
    return list((kind * ((last - first) // c.sizeof(kind))).from_address(first)) if last > first else []


def load_matrix(folder, path):
    """{weight: values}, by common_imatrix_load and the division of llama-quantize."""
    common = c.CDLL(glob.glob(folder + '/libllama-common*.so')[0])
    load = common['_Z19common_imatrix_loadRKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEER14common_imatrix']
    load.restype = c.c_bool
    name = path.encode()
    # struct common_imatrix begins with std::map: its header node has colour, root, first, last; then the count.
    matrix = c.create_string_buffer(4096)
    begin = c.addressof(matrix)
    header = begin + 8
    struct.pack_into('<QQQQ', matrix, 8, 0, 0, header, header)
    if not load(c.byref(Text(name, len(name))), c.byref(matrix)):
        sys.exit(f'llama.cpp cannot read {path}.')
    is_legacy = not path.endswith('.gguf')
    values = {}

    def visit(node):
        if not node:
            return
        _, _, left, right = words(node, 4)
        visit(left)
        entry = node + 32  # behind the node: the name, then sums and counts
        sums, counts = read_vector(entry + 32, c.c_float), read_vector(entry + 56, c.c_int64)
        size = len(sums) // len(counts)
        single = lambda x: c.c_float(x).value
        values[read_text(entry)] = [
            single(v / single(counts[i // size])) if counts[i // size] > 0 else v if is_legacy else 1.0
            for i, v in enumerate(sums)]
        visit(right)

    visit(words(header, 2)[1])
    return values


def quantize(peer, source, target, file_type, matrix):
    parameters = peer.llama.llama_model_quantize_default_params()
    parameters.ftype, parameters.threads = FILE_TYPES[file_type], 2
    entries = [Importance(n.encode(), (c.c_float * len(v))(*v), len(v)) for n, v in matrix.items()]
    parameters.importance = (Importance * (len(entries) + 1))(*entries, Importance(None, None, 0))
    peer.lines.clear()
    if peer.llama.llama_model_quantize(source.encode(), target.encode(), c.byref(parameters)):
        return ''.join(peer.lines).strip().splitlines()[-1]
    return None


class Reader:
    """Names, types and bytes of a GGUF file's tensors."""
    SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}

    def __init__(self, path):
        with open(path, 'rb') as file:
            self.bytes = file.read()
        self.at = 8
        tensors, entries = self.number('<QQ')
        alignment = 32
        for _ in range(entries):
            key = self.text()
            value = self.value(self.number('<I')[0])
            alignment = value if key == 'general.alignment' else alignment
        infos = []
        for _ in range(tensors):
            name = self.text()
            extents = self.number(f'<{self.number("<I")[0]}Q')
            infos.append((name, extents, *self.number('<IQ')))
        begin = -(-self.at // alignment) * alignment
        starts = sorted(begin + info[3] for info in infos) + [len(self.bytes)]
        self.tensors = {}
        for name, extents, kind, offset in infos:
            start = begin + offset
            end = next(s for s in starts if s > start)
            self.tensors[name] = (extents, kind, self.bytes[start:end].rstrip(b'\0'))

    def number(self, form):
        result = struct.unpack_from(form, self.bytes, self.at)
        self.at += struct.calcsize(form)
        return result

    def text(self):
        size = self.number('<Q')[0]
        self.at += size
        return self.bytes[self.at - size:self.at].decode(errors='replace')

    def value(self, kind):
        if kind == 8:
            return self.text()
        if kind == 9:
            element, count = self.number('<IQ')
            return [self.value(element) for _ in range(count)]
        self.at += self.SIZES[kind]
        return int.from_bytes(self.bytes[self.at - self.SIZES[kind]:self.at], 'little')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('model')
    parser.add_argument('node_modules')
    parser.add_argument('cli')
    parser.add_argument('--text')
    parser.add_argument('--only', action='append')
    options = parser.parse_args()
    peer = LlamaCpp(options.node_modules)
    folder = os.path.join(options.node_modules, '@node-llama-cpp/linux-x64/bins/linux-x64')
    text = ['--text', options.text] if options.text else ['--text', 'demo']
    differ = files = 0
    with tempfile.TemporaryDirectory() as work:
        for form in ('gguf', 'dat'):
            matrix_file = os.path.join(work, 'matrix.' + form)
            subprocess.run([options.cli, 'calibrate', options.model, *text, '-o', matrix_file], check=True)
            matrix = load_matrix(folder, matrix_file)
            print(f'{form}: llama.cpp reads {len(matrix)} weights')
            for file_type in options.only or [t for t in FILE_TYPES if t not in PLAIN]:
                theirs, ours = os.path.join(work, 'theirs.gguf'), os.path.join(work, 'ours.gguf')
                refusal = quantize(peer, options.model, theirs, file_type, matrix)
                if refusal:
                    print(f'{form} {file_type}: llama.cpp refuses ({refusal})')
                    continue
                subprocess.run([options.cli, 'quantize', options.model, '--recipe', file_type, '--imatrix', matrix_file,
                                '-o', ours], check=True, stdout=subprocess.DEVNULL)
                a, b = Reader(theirs).tensors, Reader(ours).tensors
                other = [name for name in a if a[name] != b.get(name)]
                files += 1
                differ += bool(other)
                print(f'{form} {file_type}: {len(a) - len(other)} of {len(a)} tensors have the same bytes' +
                      (f'; not {", ".join(other[:3])}' if other else ''), flush=True)
    print(f'{files - differ} of {files} files are the same')
    sys.exit(differ != 0 or files == 0)


if __name__ == '__main__':
    main()
