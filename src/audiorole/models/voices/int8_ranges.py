"""How WeSpeaker's ResNet34 is brought to 8 bits, wherever it runs: levels, and the ranges of its activations."""

from __future__ import annotations

LEVELS = 256
WEIGHT_LEVELS = 255  # symmetric around zero

# Largest activation in front of each convolution but the first, in the order of the graph; printed by
# `tools/naming/calibrate_wespeaker.py` over speech of 40 characters in two languages, with and without music.
ACTIVATION_RANGES: tuple[float, ...] = (
    3.196, 6.117, 3.990, 3.409, 7.091, 4.977, 8.907, 3.585, 4.240, 3.673, 5.584, 3.886,
    7.570, 3.874, 9.652, 4.176, 3.717, 2.793, 3.598, 3.398, 4.405, 3.064, 4.483, 3.297,
    9.436, 3.432, 6.826, 3.681, 4.201, 3.061, 4.251, 4.916,
)  # fmt: skip
