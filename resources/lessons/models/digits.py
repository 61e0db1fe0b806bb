"""Digits on 16 x 16 pixels, drawn from integers alone: the same images on every machine, and the same as
core/classic/digit_images draws (tests/core/tst_classic_digits compares).

Random numbers are SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014), addressed by
counter: draw k of image i depends on nothing but (seed, i, k).
"""
import numpy as np

SIDE, CLASSES = 16, 10
GOLDEN = np.uint64(0x9E3779B97F4A7C15)

# Rows of five cells from the top, as bits: 16 is the left one.
GLYPHS = [
    [14, 17, 19, 21, 25, 17, 14], [4, 12, 4, 4, 4, 4, 14], [14, 17, 1, 2, 4, 8, 31], [31, 2, 4, 2, 1, 17, 14],
    [2, 6, 10, 18, 31, 2, 2], [31, 16, 30, 1, 1, 17, 14], [6, 8, 16, 30, 17, 17, 14], [31, 1, 2, 4, 8, 8, 8],
    [14, 17, 17, 14, 17, 17, 14], [14, 17, 17, 15, 1, 2, 12],
]


def mix(z):
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def draws(seed, first, count, numbers):
    """uint64 [count, numbers]: draws 0 ... numbers - 1 of `count` streams from `first` on."""
    with np.errstate(over="ignore"):
        index = np.arange(first, first + count, dtype=np.uint64)
        start = mix(np.uint64(seed) + mix(index + GOLDEN))
        steps = (np.arange(numbers, dtype=np.uint64) + np.uint64(1)) * GOLDEN
        return mix(start[:, None] + steps[None, :])


def between(draw, low, high):
    """Integers low ... high (inclusive) by the upper 32 bits of a draw."""
    span = np.uint64(high - low + 1)
    return low + ((draw >> np.uint64(32)) * span >> np.uint64(32)).astype(np.int64)


PARAMETERS = 9  # draws before those of the pixels
NOISE_DRAWS = 3


def draw_digits(seed, first, count):
    """@return pixels uint8 [count, 16, 16] (0 paper, 255 ink) and labels [count]"""
    d = draws(seed, first, count, PARAMETERS + NOISE_DRAWS * SIDE * SIDE)
    label = between(d[:, 0], 0, CLASSES - 1)
    column = lambda k, low, high: between(d[:, k], low, high)[:, None, None]
    step, slant, tilt = column(1, 128, 180), column(2, -56, 56), column(3, -36, 36)  # 1/256 cells a pixel
    right, down = column(4, -320, 320), column(5, -320, 320)  # 1/256 pixels
    paper, ink, grain = column(6, 0, 64), column(7, 130, 255), column(8, 12, 60)
    pixel = np.arange(SIDE) * 256 + 128 - SIDE * 128
    x, y = pixel[None, None, :] - right, pixel[None, :, None] - down
    # Where the pixel lies on the glyph, in 1/256 cells from the middle of its first cell.
    u = ((step * x + slant * y) >> 8) + 512
    v = ((tilt * x + step * y) >> 8) + 768
    glyphs = np.zeros((CLASSES, 9, 7), np.int64)  # with a rim of paper
    for digit, rows in enumerate(GLYPHS):
        for r, bits in enumerate(rows):
            for c in range(5):
                glyphs[digit, r + 1, c + 1] = bits >> (4 - c) & 1

    def cell(row, col):
        row, col = np.clip(row + 1, 0, 8), np.clip(col + 1, 0, 6)
        return glyphs[label[:, None, None], row, col]

    iu, iv, fu, fv = u >> 8, v >> 8, u & 255, v & 255
    cover = ((256 - fv) * ((256 - fu) * cell(iv, iu) + fu * cell(iv, iu + 1)) +
             fv * ((256 - fu) * cell(iv + 1, iu) + fu * cell(iv + 1, iu + 1))) >> 8  # 0 ... 256
    noise = between(d[:, PARAMETERS:], -256, 256).reshape(count, SIDE, SIDE, NOISE_DRAWS).sum(axis=3)
    value = paper + ((ink - paper) * cover >> 8) + (grain * noise >> 8)
    return np.clip(value, 0, 255).astype(np.uint8), label


if __name__ == "__main__":
    images, labels = draw_digits(1, 0, 6)
    for image, label in zip(images, labels):
        print(label)
        for row in image:
            print("".join(" .:-=+*#%@"[int(p) * 10 // 256] * 2 for p in row))
