"""When each token is said: dynamic time warping of what Whisper's decoder attends to, many windows at once.

Source: OpenAI's whisper/timing.py: attention of chosen heads, normalised over the tokens, smoothed by a median over
seven frames, its mean over heads, and the cheapest monotonic path through it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from audiorole.models.ports import Floats

MEDIAN = 7


def attention_matrix(attention: Tensor, frames: int) -> Tensor:
    """Return the matrix `(num_tokens, frames)` of one window from `(heads, num_tokens, all frames)`."""
    seen = attention[:, :, :frames].float()
    seen = seen / seen.sum(dim=2, keepdim=True).clamp_min(1e-12)
    deviation, mean = torch.std_mean(seen, dim=1, keepdim=True, correction=0)
    seen = (seen - mean) / deviation.clamp_min(1e-12)
    padded = F.pad(seen, (MEDIAN // 2, MEDIAN // 2), mode="reflect") if frames > MEDIAN // 2 else seen
    smooth = padded.unfold(2, MEDIAN, 1).median(dim=3).values if padded.shape[2] >= MEDIAN else seen
    return smooth.mean(dim=0)


def first_frames(matrices: Sequence[Floats]) -> list[list[tuple[int, int]]]:
    """Return for each matrix `(num_tokens, frames)` the (token, first frame on the cheapest path) of every token."""
    sizes = np.array([matrix.shape for matrix in matrices])
    cost = np.zeros((len(matrices), *sizes.max(axis=0)), dtype=np.float32)
    for row, matrix in enumerate(matrices):
        cost[row, : matrix.shape[0], : matrix.shape[1]] = -matrix
    steps = _steps(cost)
    return [_path(steps[row], int(tokens), int(frames)) for row, (tokens, frames) in enumerate(sizes)]


def _steps(cost: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.int8]]:
    """Return where the cheapest path to each cell comes from: 0 both before, 1 the token, 2 the frame before.

    Cells of one anti-diagonal do not depend on each other, so each is one step over all windows.
    """
    windows, tokens, frames = cost.shape
    steps = np.zeros((windows, tokens + 1, frames + 1), dtype=np.int8)
    total = np.full((3, windows, tokens + 1), np.inf, dtype=np.float32)  # of the last three diagonals, by token
    total[0, :, 0] = 0.0
    for diagonal in range(2, tokens + frames + 1):
        token = np.arange(max(1, diagonal - frames), min(tokens, diagonal - 1) + 1)
        before, last, now = (total[(diagonal + place) % 3] for place in (1, 2, 0))
        choices = np.stack([before[:, token - 1], last[:, token - 1], last[:, token]])
        best = choices.argmin(axis=0)
        now[:] = np.inf
        now[:, token] = cost[:, token - 1, diagonal - token - 1] + choices.min(axis=0)
        steps[:, token, diagonal - token] = best
    return steps


def _path(steps: np.ndarray[tuple[int, ...], np.dtype[np.int8]], tokens: int, frames: int) -> list[tuple[int, int]]:
    firsts = [(0, 0)] * tokens
    token, frame = tokens, frames
    while token > 0 and frame > 0:
        firsts[token - 1] = (token - 1, frame - 1)
        step = steps[token, frame]
        token, frame = token - (step != 2), frame - (step != 1)
    return firsts
