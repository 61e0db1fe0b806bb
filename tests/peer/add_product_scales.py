"""Copies a GGUF file and puts NAME.scale and NAME.input_scale beside every matrix of its blocks, as NVFP4 files have them:
    python3 add_product_scales.py IN.gguf OUT.gguf
The scales differ from matrix to matrix, between 0.7 and 1.3: compare_llama_cpp.mjs shows whether both programs use them."""
import argparse
import struct

SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}  # metadata types of fixed size
STRING, ARRAY, F32 = 8, 9, 0
ALIGNMENT = 32


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, code):
        value, = struct.unpack_from("<" + code, self.data, self.at)
        self.at += struct.calcsize(code)
        return value

    def text(self):
        size = self.take("Q")
        self.at += size
        return self.data[self.at - size:self.at]

    def skip(self, kind):
        if kind == STRING:
            self.text()
        elif kind == ARRAY:
            element, count = self.take("I"), self.take("Q")
            for _ in range(count):
                self.skip(element)
        else:
            self.at += SIZES[kind]


def padded(size):
    return (size + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT


def entry(name, extents, kind, offset):
    return (struct.pack("<Q", len(name)) + name + struct.pack("<I", len(extents)) +
            struct.pack(f"<{len(extents)}Q", *extents) + struct.pack("<IQ", kind, offset))


def with_scales(data):
    reader = Reader(data)
    assert data[:4] == b"GGUF" and data[4:8] == struct.pack("<I", 3), "not GGUF version 3"
    reader.at = 8
    tensors, keys = reader.take("Q"), reader.take("Q")
    metadata = reader.at
    for _ in range(keys):
        assert reader.text() != b"general.alignment", "has an alignment of its own"
        reader.skip(reader.take("I"))
    table, names = reader.at, []
    for _ in range(tensors):
        name = reader.text()
        rank = reader.take("I")
        reader.at += 8 * rank + 12
        if name.startswith(b"blk.") and name.endswith(b".weight") and rank == 2:
            names.append(name.removesuffix(b".weight"))
    body = data[padded(reader.at):]
    body += bytes(padded(len(body)) - len(body))
    more, offset = b"", len(body)
    for i, name in enumerate(names):
        for ending, value in ((b".scale", 0.7 + 0.6 * (i * 7 % 11) / 10), (b".input_scale", 0.01)):
            more += entry(name + ending, [1], F32, offset)
            body += struct.pack("<f", value) + bytes(ALIGNMENT - 4)
            offset += ALIGNMENT
    head = data[:8] + struct.pack("<QQ", tensors + 2 * len(names), keys) + data[metadata:table] + data[table:reader.at] + more
    return head + bytes(padded(len(head)) - len(head)) + body


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source")
    parser.add_argument("target")
    arguments = parser.parse_args()
    with open(arguments.source, "rb") as file:
        data = file.read()
    with open(arguments.target, "wb") as file:
        file.write(with_scales(data))


if __name__ == "__main__":
    main()
