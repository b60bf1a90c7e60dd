"""What we wrote ourselves against the library that offers the same: same result, time, our lines, what it installs.

    pip install statsmodels speechbrain krippendorff      # into an environment of its own; what lacks is said
    python -m benchmarks.speed.libraries

Time is the library's over ours on the same input (above 1: ours is faster). Lines are those of our functions. Installs:
MB of the library and of what it needs that audiorole with all extras does not. Import: seconds of a fresh interpreter.
The parts of a training step have a comparison of their own,
`benchmarks/training/libraries.py`. krippendorff is GPL, so it is only run here, never needed.
"""

from __future__ import annotations

import inspect
import subprocess
import sys
import time
import types
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from importlib.machinery import ModuleSpec

import numpy as np

NEEDS = {
    "statsmodels": ["statsmodels", "patsy", "formulaic", "interface-meta", "narwhals", "wrapt", "pandas"],
    "krippendorff": ["krippendorff"],
    "speechbrain": ["speechbrain", "hyperpyyaml", "ruamel.yaml", "ruamel.yaml.clib", "joblib", "cloudpickle",
                    "sentencepiece", "torchaudio"],
}  # fmt: skip


@dataclass
class Comparison:
    """ours, theirs: the same work, without arguments. same: what the two results have in common, in words."""

    title: str
    ours: Callable[[], object]
    theirs: Callable[[], object]
    same: Callable[[], str]
    code: list[object]
    module: str
    rounds: int = 20

    def row(self) -> dict:
        """Return the figures, or why there are none."""
        ours, theirs = _seconds(self.ours, self.rounds), _seconds(self.theirs, self.rounds)
        return {
            "same result": self.same(),
            "ours ms": float(f"{1e3 * ours:.3g}"),
            "library ms": float(f"{1e3 * theirs:.3g}"),
            "time": float(f"{theirs / ours:.3g}"),
            "our lines": sum(len(inspect.getsource(one).splitlines()) for one in self.code),
            "installs MB": _megabytes(NEEDS.get(self.module.partition(".")[0], [])),
            "import s": _import_seconds(self.module),
        }


def wilson() -> Comparison:
    """Wilson's interval of a share."""
    from scipy.stats import binomtest

    from audiorole.naming.answers.calibration import wilson as own

    cases = [(k, n) for n in (1, 10, 97, 2325) for k in sorted({0, 1, n // 3, n - 1, n})]

    def theirs() -> list:
        found = [binomtest(k, n).proportion_ci(method="wilson") for k, n in cases]
        return [(one.low, one.high) for one in found]

    def ours() -> list:
        return [own(k, n) for k, n in cases]

    def same() -> str:
        return f"within {np.abs(np.subtract(ours(), theirs())).max():.1g}"

    return Comparison("Wilson: scipy binomtest", ours, theirs, same, [own], "scipy.stats", 5)


def holm() -> Comparison:
    """Holm's adjustment of 45 p values."""
    from statsmodels.stats.multitest import multipletests

    from audiorole.evaluation.statistics.comparison import holm as own

    values = np.random.default_rng(0).uniform(size=45) ** 3

    def same() -> str:
        return f"within {np.abs(own(values) - multipletests(values, method='holm')[1]).max():.1g}"

    def theirs() -> object:
        return multipletests(values, method="holm")

    module = "statsmodels.stats.multitest"
    return Comparison("Holm: statsmodels", lambda: own(values), theirs, same, [own], module, 5)


def agreement() -> Comparison:
    """Krippendorff's alpha of 200 units, four listeners, a third of the answers missing."""
    import krippendorff

    from audiorole.evaluation.listening import agreement as own

    random = np.random.default_rng(0)
    table = random.integers(1, 6, size=(4, 200)).astype(float)
    table[random.uniform(size=table.shape) < 0.3] = np.nan
    units = {str(n): column[~np.isnan(column)].tolist() for n, column in enumerate(table.T)}

    def theirs(level: str = "interval") -> float:
        return krippendorff.alpha(reliability_data=table, level_of_measurement=level)

    def same() -> str:
        gaps = [abs(own.krippendorff_alpha(units, level) - theirs(level)) for level in own.LEVELS]
        return f"within {max(gaps):.1g}"

    code = [own.krippendorff_alpha, own._disagreement]
    return Comparison(
        "alpha: krippendorff (GPL)", lambda: own.krippendorff_alpha(units), theirs, same, code, "krippendorff"
    )


def speaker_encoder() -> Comparison:
    """ECAPA-TDNN's voice of three seconds, from the waveform, both with the same random weights."""
    import torch

    _without_torchaudio()
    from speechbrain.lobes.features import Fbank
    from speechbrain.lobes.models.ECAPA_TDNN import ECAPA_TDNN
    from speechbrain.processing.features import InputNormalization

    from audiorole.models.voices import ecapa_network as own

    torch.manual_seed(0)
    torch.set_num_threads(1)
    network = ECAPA_TDNN(80, lin_neurons=192, channels=[1024, 1024, 1024, 1024, 3072]).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm1d):
            module.running_var.uniform_(0.5, 1.5)
    features, centre = Fbank(n_mels=80), InputNormalization(norm_type="sentence", std_norm=False)
    ours, waveform = own.EcapaNetwork(network.state_dict()).eval(), 0.1 * torch.randn(48_000)

    def theirs() -> torch.Tensor:
        with torch.inference_mode():
            return network(centre(features(waveform[None]), torch.ones(1)))[0, 0]

    def run() -> torch.Tensor:
        with torch.inference_mode():
            return ours(own.log_mel(waveform, 80))[0]

    def same() -> str:
        one, two = run(), theirs()
        return f"cosine {float(torch.cosine_similarity(one, two, dim=0)):.6f}"

    return Comparison("ECAPA: speechbrain", run, theirs, same, [own], "speechbrain", 3)


def _without_torchaudio() -> None:
    """Put an empty torchaudio in place where the installed one does not load: the network needs none of it."""
    try:
        import torchaudio  # noqa: F401
    except (ImportError, OSError) as error:
        print(f"torchaudio does not load ({str(error)[:80]}): left out", file=sys.stderr)
        empty = types.ModuleType("torchaudio")
        empty.__spec__, empty.__version__ = ModuleSpec("torchaudio", None), "0"
        sys.modules["torchaudio"] = empty


def _seconds(function: Callable[[], object], rounds: int) -> float:
    """Return the fastest of `rounds` calls."""
    function()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def _megabytes(names: list[str]) -> float:
    files = [path for name in names for path in metadata.files(name) or [] if path.suffix != ".pyc"]
    return round(sum(path.size or 0 for path in files) / 1e6, 1)


def _import_seconds(module: str) -> float | None:
    code = f"import numpy, time; start = time.perf_counter(); import {module}; print(time.perf_counter() - start)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    return round(float(found.stdout), 2) if found.returncode == 0 else None


COMPARISONS = (wilson, holm, agreement, speaker_encoder)


def main() -> None:
    """Print the table as Markdown."""
    heads = ("same result", "ours ms", "library ms", "time", "our lines", "installs MB", "import s")
    print("| | " + " | ".join(heads) + " |\n|---" + "|---" * len(heads) + "|")
    for make in COMPARISONS:
        try:
            comparison = make()
            row = comparison.row()
            print(f"| {comparison.title} | " + " | ".join(str(row[head]) for head in heads) + " |", flush=True)
        except ImportError as error:
            print(f"| {make.__name__} | not run: {error} |", flush=True)


if __name__ == "__main__":
    main()
