# SPDX-License-Identifier: GPL-3.0-or-later
"""Muon: momentum updates made orthogonal, for the matrices of the layers."""

import math

import torch


def orthogonalize(matrix: torch.Tensor, steps: int = 5) -> torch.Tensor:
    """Approximate U V^T of the singular value decomposition (Newton-Schulz)."""
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = matrix.shape[0] > matrix.shape[1]
    x = (matrix.t() if tall else matrix).bfloat16()
    x = x / (x.float().norm() + 1e-7).bfloat16()
    for _ in range(steps):
        gram = x @ x.t()
        x = a * x + (b * gram + c * (gram @ gram)) @ x
    return (x.t() if tall else x).float()


class Muon:
    """Muon with Nesterov momentum and decoupled weight decay.

    An update has the root mean square 0.2 x the learning rate, like one of
    AdamW, so that both can share a learning rate schedule.
    """

    def __init__(self, matrices, momentum: float = 0.95, weight_decay: float = 0.1):
        self.matrices = matrices  # pairs of weight and gradient tensors
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.buffers = [torch.zeros_like(weight) for weight, _ in matrices]

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        """Update all matrices once."""
        for (weight, gradient), buffer in zip(self.matrices, self.buffers):
            buffer.mul_(self.momentum).add_(gradient)
            update = orthogonalize(gradient + self.momentum * buffer)
            scale = 0.2 * math.sqrt(max(weight.shape))
            weight.mul_(1 - learning_rate * self.weight_decay)
            weight.add_(update, alpha=-learning_rate * scale)
