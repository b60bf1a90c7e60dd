"""What we wrote ourselves against the library that offers the same: same result, time, our lines, what it installs.

    pip install langcodes statsmodels speechbrain krippendorff      # into an environment of its own; what lacks is said
    python benchmarks/libraries.py

Time is the library's over ours on the same input (above 1: ours is faster). Lines are those of our functions. Installs:
MB of the library and of what it needs that audiorole with all extras does not. Import: seconds of a fresh interpreter.
The parts of a training step have a comparison of their own, `training_libraries.py`. krippendorff is GPL, so it is only
run here, never needed.
"""

from __future__ import annotations

import inspect
import io
import json
import subprocess
import sys
import tempfile
import time
import types
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from importlib.machinery import ModuleSpec
from pathlib import Path

import numpy as np

NEEDS = {
    "langcodes": ["langcodes"],
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


def splitter() -> Comparison:
    """Writing a checkpoint in shards from tensors that come one by one."""
    import torch
    from huggingface_hub import split_torch_state_dict_into_shards
    from safetensors.torch import load_file, save_file

    from audiorole.training import safetensor_shards as own

    shapes = {f"layers.{n}.weight": (256, 1024) for n in range(64)}
    generator = torch.Generator().manual_seed(0)
    tensors = {key: torch.randn(shape, generator=generator) for key, shape in shapes.items()}
    limit = 5_000_000

    def theirs(folder: Path) -> None:
        empty = {key: torch.empty(shape, device="meta") for key, shape in shapes.items()}
        split = split_torch_state_dict_into_shards(empty, max_shard_size=limit)
        for name, keys in split.filename_to_tensors.items():
            save_file({key: tensors[key] for key in keys}, folder / name, metadata={"format": "pt"})
        index = {"metadata": split.metadata, "weight_map": split.tensor_to_filename}
        (folder / own.INDEX).write_text(json.dumps(index))

    def same() -> str:
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
            own.write_shards(tensors.items(), Path(one), limit)
            theirs(Path(two))
            names = [sorted(path.name for path in Path(folder).iterdir()) for folder in (one, two)]
            files = [load_file(Path(two) / name) for name in names[1] if name.endswith(".safetensors")]
            found = {key: tensor for file in files for key, tensor in file.items()}
            equal = found.keys() == tensors.keys() and all(torch.equal(found[key], tensors[key]) for key in found)
            indices = [json.loads((Path(folder) / own.INDEX).read_text()) for folder in (one, two)]
            return f"files {names[0] == names[1]}, tensors {equal}, index {indices[0] == indices[1]}"

    def into(write: Callable[[Path], None]) -> Callable[[], None]:
        def run() -> None:
            with tempfile.TemporaryDirectory() as folder:
                write(Path(folder))

        return run

    ours = into(lambda folder: own.write_shards(tensors.items(), folder, limit))
    code = [own.write_shards, own._batches, own._num_bytes]
    return Comparison("shards: huggingface_hub", ours, into(theirs), same, code, "huggingface_hub", 5)


def wav_comment() -> Comparison:
    """Ten seconds as WAV with a comment."""
    import soundfile

    from audiorole.chat import wav as own

    samples = np.random.default_rng(0).uniform(-1.1, 1.1, 240_000).astype(np.float32)

    def theirs() -> bytes:
        buffer = io.BytesIO()
        with soundfile.SoundFile(buffer, "w", 24_000, 1, "PCM_16", format="WAV") as file:
            file.comment, file.software = "synthetic", "audiorole"
            file.write(samples)
        return buffer.getvalue()

    def ours() -> bytes:
        return own.marked_wav(samples, 24_000, "synthetic")

    def same() -> str:
        read = [soundfile.SoundFile(io.BytesIO(make())) for make in (ours, theirs)]
        waves = [file.read(dtype="int16").astype(int) for file in read]
        comment = read[0].comment == read[1].comment
        return f"comment {comment}, samples within {np.abs(waves[0] - waves[1]).max()} of 32768"

    return Comparison("WAV comment: soundfile", ours, theirs, same, [own.marked_wav, own._chunk], "soundfile")


def languages() -> Comparison:
    """Short codes of all languages that have one, from their three-letter codes, both forms."""
    import langcodes
    from langcodes.data_dicts import LANGUAGE_ALPHA3, LANGUAGE_ALPHA3_BIBLIOGRAPHIC

    from audiorole.dataset.input import languages as own

    codes = {long: short for table in (LANGUAGE_ALPHA3, LANGUAGE_ALPHA3_BIBLIOGRAPHIC) for short, long in table.items()}
    codes = {long: short for long, short in codes.items() if len(short) == 2}

    def same() -> str:
        right = [sum(f(long) == short for long, short in codes.items()) for f in (own.two_letters, theirs)]
        return f"right {right[0]} and {right[1]} of {len(codes)}"

    def theirs(code: str) -> str:
        return langcodes.Language.get(code).language or ""

    everything = (lambda: [own.two_letters(code) for code in codes], lambda: [theirs(code) for code in codes])
    return Comparison("languages: langcodes", *everything, same, [own], "langcodes")


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
    ours, waveform = own.Ecapa(network.state_dict()).eval(), 0.1 * torch.randn(48_000)

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


COMPARISONS = (splitter, wav_comment, languages, wilson, holm, agreement, speaker_encoder)


def main() -> None:
    """Print the table as Markdown."""
    heads = ("same result", "ours ms", "library ms", "time", "our lines", "installs MB", "import s")
    print("| | " + " | ".join(heads) + " |\n|---" * 1 + "|---" * len(heads) + "|")
    for make in COMPARISONS:
        try:
            comparison = make()
            row = comparison.row()
            print(f"| {comparison.title} | " + " | ".join(str(row[head]) for head in heads) + " |", flush=True)
        except ImportError as error:
            print(f"| {make.__name__} | not run: {error} |", flush=True)


if __name__ == "__main__":
    main()
