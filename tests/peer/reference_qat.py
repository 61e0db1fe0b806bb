#!/usr/bin/python3
"""Makes tests/data/qat: what PyTorch's autograd says of training the models of tests/data/trace through their quantization.

    python3 tests/peer/reference_qat.py tests/data/qat

Written from the papers: learned steps (LSQ, Esser et al. 2020; LSQ+, Bhalgat et al. 2020) and learned clips (OmniQuant, Shao et al.
2024), every rounding an autograd function whose backward pass is the identity. Codes are chosen in float32, as the program does; all
else is float64. What the files are is in the README.md there. Needs numpy and PyTorch (Debian: python3-torch).
"""
import argparse
import json
import pathlib

import numpy as np
import torch

import small_blocks as blocks
import torch_llama as llama
from reference_gradients import LAYERS, TOKENS, Model, lines

WHOLE = "blk.0.attn_k.weight"
# name, scheme, bits, values of a group (0: the row), zero-points, FP16 scales, how ranges are made
CASES = [("int3", "int3", 3, 32, False, True, "recomputed"), ("int3.steps", "int3", 3, 32, False, True, "steps"),
         ("int2.steps", "int2:range=minmax", 2, 32, True, True, "steps"), ("int4.steps", "int4:group=row", 4, 0, False, False, "steps"),
         ("int3.clips", "int3", 3, 32, False, True, "clips"), ("int2.clips", "int2:range=minmax", 2, 32, True, True, "clips"),
         ("int4.clips", "int4:group=row", 4, 0, False, False, "clips")]


class Straight(torch.autograd.Function):
    """What another function makes of x; backward as if it were x."""

    @staticmethod
    def forward(context, x, made):
        return made

    @staticmethod
    def backward(context, gradient):
        return gradient, None


def straight(x, function):
    return Straight.apply(x, function(x.detach()))


def half(scale):
    """FP16 to nearest even; below its normal numbers up to the next multiple of 2^-24."""
    nearest = scale.float().half().double()
    up = (scale.float().double() * 2.0 ** 24).ceil() * 2.0 ** -24
    return torch.where(scale < 2.0 ** -14, up, nearest)


def rounded_quotient(weights, scale):
    """round(w / s), both in float32, to nearest even."""
    return (weights.float() / scale.float()).round().double()


def moved(count, start, width):
    """What a range's parameter is set to: a pattern around where it begins, in float32."""
    pattern = (np.arange(count) * 37 % 101) / 101 - 0.5
    return torch.tensor((start + width * pattern).astype("<f4").astype(np.float64)).requires_grad_(True)


class Matrix:
    """One matrix: latent weights, parameters of its ranges, and what they make."""

    def __init__(self, latent, case):
        _, _, self.bits, group, self.affine, self.is_half, self.kind = case
        self.latent = latent.clone().requires_grad_(True)
        self.group = group or latent.shape[1]
        self.top = 2 ** (self.bits - 1) - 1
        self.bottom = -self.top - 1 if self.affine else -self.top
        grouped = latent.reshape(-1, self.group)
        self.negative, self.positive = (-grouped).amax(1).clamp(min=0), grouped.amax(1).clamp(min=0)
        count, self.ranges = len(grouped), {}
        if self.kind == "steps":
            self.first = self.stored(self.spanned(self.negative, self.positive))
            self.ranges["log_step"] = moved(count, 0.0, 0.3)
            if self.affine:
                self.ranges["zero_point"] = moved(count, self.zero_of(self.negative, self.first).round().numpy(), 0.8)
        elif self.kind == "clips":
            for name in ("clip_low", "clip_high") if self.affine else ("clip",):
                self.ranges[name] = moved(count, 1.0, 2.0)

    def spanned(self, negative, positive):
        """In float32, as the program computes it."""
        if self.affine:
            return ((negative.float() + positive.float()) / (self.top - self.bottom)).double()
        return (torch.maximum(negative, positive).float() / self.top).double()

    def stored(self, scale):
        return half(scale) if self.is_half else scale.float().double()

    def zero_of(self, negative, scale):
        return (self.bottom + negative / scale).clamp(self.bottom, self.top)

    def grid(self):
        """Scale and zero-point of every group."""
        nothing = torch.zeros(())
        if self.kind == "recomputed":
            return self.stored(self.spanned(self.negative, self.positive)), nothing
        if self.kind == "steps":
            step = straight(self.first * self.ranges["log_step"].exp(), self.stored)
            return step, straight(self.ranges["zero_point"], torch.round) if self.affine else nothing
        if not self.affine:
            clip = self.ranges["clip"].sigmoid() * torch.maximum(self.negative, self.positive)
            return straight(clip / self.top, self.stored), nothing
        low = self.ranges["clip_low"].sigmoid() * self.negative
        high = self.ranges["clip_high"].sigmoid() * self.positive
        scale = straight((low + high) / (self.top - self.bottom), self.stored)
        return scale, straight(self.zero_of(low, scale), torch.round)

    def made(self):
        scale, zero = (part.unsqueeze(-1) for part in self.grid())
        weights = self.latent.reshape(-1, self.group)
        lowest, highest = self.bottom - zero, self.top - zero
        quotient = rounded_quotient(weights.detach(), scale.detach())
        code = torch.maximum(torch.minimum(quotient, highest.detach()), lowest.detach())
        if self.kind == "recomputed":
            level = Straight.apply(weights / scale, code)
        elif self.kind == "steps":  # clipped, then rounded; at the outermost levels themselves weights are outside
            place = weights / scale
            place = torch.where(place >= highest, highest, torch.where(place <= lowest, lowest, place))
            level = Straight.apply(place, code)
        else:  # rounded, then clipped; the outermost codes themselves are inside. Weights get all of the gradient.
            rounded = Straight.apply(weights.detach() / scale, quotient)
            level = torch.where(quotient > highest, highest, torch.where(quotient < lowest, lowest, rounded))
            return (scale * level).reshape(self.latent.shape) + self.latent - self.latent.detach()
        return (scale * level).reshape(self.latent.shape)

    def gradients(self):
        """Those of steps and zero-points times LSQ's factor."""
        factor = (self.group * self.top) ** -0.5 if self.kind == "steps" else 1.0
        return {name: factor * parameter.grad for name, parameter in self.ranges.items()}


def is_matrix(name):
    return name.startswith("blk.") and name.endswith(".weight") and "norm" not in name


def run(model, case, folder):
    weights = model.floats()
    matrices = {name: Matrix(values, case) for name, values in weights.items() if is_matrix(name)}
    norms = {name: values.clone().requires_grad_(True) for name, values in weights.items() if "norm" in name}
    made = {name: matrix.made() for name, matrix in matrices.items()}
    logits = llama.forward(model.shape, weights | norms | made, torch.tensor(TOKENS))
    following = torch.tensor(TOKENS[1:])
    loss = -logits[:-1].log_softmax(-1)[torch.arange(len(following)), following].mean()
    loss.backward()

    tensors = []
    for name, matrix in matrices.items():
        tensors.append({"parameter": name, "values": float(made[name].detach().pow(2).sum()),
                        "blocks": np.add.reduceat(matrix.latent.grad.numpy(), np.arange(0, matrix.latent.shape[1], blocks.BLOCK), axis=1)})
        tensors += [{"parameter": f"{name}.{suffix}", "all": gradient.numpy()} for suffix, gradient in matrix.gradients().items()]
    tensors += [{"parameter": name, "all": values.grad.numpy()} for name, values in norms.items()]
    tensors.append({"parameter": WHOLE, "all": matrices[WHOLE].latent.grad.numpy()})
    array = np.concatenate([(one.get("blocks") if "blocks" in one else one["all"]).ravel() for one in tensors])
    array.astype("<f4").tofile(folder / f"{case[0]}.f32")
    entries, first = [], 0
    for one in tensors:
        kind = "blocks" if "blocks" in one else "all"
        entries.append({"parameter": one["parameter"], "what": kind, "first": first, "count": int(one[kind].size)} |
                       ({"squares": one["values"]} if "values" in one else {}))
        first += int(one[kind].size)
    return {"name": case[0], "scheme": case[1], "ranges": case[6], "loss": float(loss), "file": f"{case[0]}.f32", "gradients": entries}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    model = Model(LAYERS, 2, blocks.Q5_0, seed=11)  # tests/data/trace/plain.gguf
    manifest = {"tokens": TOKENS, "block": blocks.BLOCK, "cases": [run(model, case, folder) for case in CASES]}
    (folder / "manifest.json").write_text(lines(manifest) + "\n")


if __name__ == "__main__":
    main()
