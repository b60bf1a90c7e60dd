"""Print the activation ranges of `audiorole.models.voices.wespeaker_int8` from the truth lines of a series.

    python -m tools.naming.calibrate_wespeaker --data FOLDER [--data FOLDER …]

Takes every fifth line of the even episodes; the range of an activation is its largest value over all lines.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from audiorole.models.openvino_session import core
from audiorole.models.voices import fbank
from audiorole.models.voices.wespeaker_int8 import quantised_inputs
from audiorole.models.weights import store as weights
from benchmarks.truth import read_episodes

EVERY = 5


def main() -> None:
    """Run the fp32 network with its activations exposed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, action="append", required=True)
    arguments = parser.parse_args()
    network = core().read_model(str(weights.path("wespeaker-resnet34.onnx")))
    network.add_outputs(quantised_inputs(network))
    request = core().compile_model(network, "CPU").create_infer_request()
    largest = np.zeros(0)
    for folder in arguments.data:
        for episode in read_episodes(folder, parity=0):
            for line in episode.lines[::EVERY]:
                features = fbank.mean_normalised(fbank.fbank(episode.cut(line)))
                if len(features) >= 40:
                    tops = [float(values.max()) for values in list(request.infer({0: features[None]}).values())[1:]]
                    largest = np.maximum(largest if len(largest) else np.zeros(len(tops)), tops)
    print(", ".join(f"{value:.3f}" for value in largest))


if __name__ == "__main__":
    main()
