"""A whole build on a GPU: hours of episodes an hour, where the time goes, and whether the names are those of the CPU.

    python -m benchmarks.speed.gpu --data FOLDER --out G.json --copies 12 --workers 16 [--device cuda] [--whisper]
        [--names NAMES.json] [--peer] [--first 8] [--set stage.field=value …]

FOLDER holds episodes with truth. They are linked `--copies` times as series of their own, so that few make many hours.
G.json keeps what earlier runs put there, by what they did.
`--names` compares each line's character with those of an earlier run, which wrote them there: run first with
`--device cpu --copies 1`. `--whisper` checks every line by Whisper; `--peer` times Whisper alone, batched, beside it.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

import audiorole
from audiorole.audio.decode import decode
from audiorole.core.progress import Silent
from benchmarks.record import write_record
from benchmarks.series_truth import link_series, read_truth

LED = ["validate.scorer=", "validate.transcriber="]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--first", type=int, default=0, help="use the first N episodes (0: all)")
    parser.add_argument("--copies", type=int, default=1)
    parser.add_argument("--workers", type=int, default=16)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--whisper", action="store_true", help="check every line by Whisper")
    parser.add_argument("--names", type=Path, help="names of an earlier run; written where there is no such file")
    parser.add_argument("--peer", action="store_true")
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="STAGE.FIELD=VALUE")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = run(arguments, Path(folder))
    figures = json.loads(arguments.out.read_text(encoding="utf-8"))["figures"] if arguments.out.exists() else {}
    figures[what(arguments)] = result
    write_record(arguments.out, "gpu", f"copies of {arguments.data.name}", {}, figures)


def what(arguments: argparse.Namespace) -> str:
    """Return what a build did, as its row is called."""
    checked = "every line checked by Whisper" if arguments.whisper else "led by subtitles"
    return ", ".join([checked, f"{arguments.workers} workers", *arguments.settings])


def run(arguments: argparse.Namespace, work: Path) -> dict[str, Any]:
    truth = read_truth(arguments.data)
    for episode in sorted(truth.media)[arguments.first or len(truth.media) :]:
        del truth.media[episode]
    for copy in range(arguments.copies):
        link_series(truth, work / "media" / f"show{copy:03d}")
    found = whole_build(work, arguments)
    if arguments.names:
        found["names"] = names_beside(work / "out" / "dataset", arguments.names)
        print(f"  names: {found['names']}", flush=True)
    if arguments.peer:
        found["whisper alone, batched"] = whisper_alone([*truth.media.values()], arguments.device)
        print(f"  Whisper alone, batched: x{found['whisper alone, batched']:.0f}", flush=True)
    return found


def whole_build(work: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    settings = [*arguments.settings, *([] if arguments.whisper else LED)]
    before = time.perf_counter()
    with busy_gpu(arguments.device) as used:
        result = audiorole.build(
            work / "media", work / "out", settings=settings, device=arguments.device, workers=arguments.workers,
            progress=Silent(),
        )  # fmt: skip
    wall = time.perf_counter() - before
    seconds = result.summary.hours * 3600
    stages = {
        name: {"cpu_seconds": result.run.cpu_seconds[name], "seconds": result.run.seconds[name]}
        for name in result.run.cpu_seconds
    }
    found = {
        "hours": seconds / 3600, "lines": result.num_lines, "wall_seconds": wall, "x_wall": seconds / wall,
        "cpu_seconds": sum(result.run.cpu_seconds.values()), "stages": stages, "gpu_busy_percent": used,
        "peak_gb": result.run.peak_bytes / 1e9, "quarantined": [note.error for note in result.run.quarantined],
    }  # fmt: skip
    show(found, arguments)
    return found


def show(found: dict[str, Any], arguments: argparse.Namespace) -> None:
    print(
        f"\n== {what(arguments)}, {arguments.device}: {found['hours']:.1f} h, "
        f"{found['lines']:,} lines in {found['wall_seconds']:.0f} s: {found['x_wall']:.0f} x real time; "
        f"CPU {found['cpu_seconds']:.0f} s, peak {found['peak_gb']:.2f} GB a worker, "
        f"GPU busy {found['gpu_busy_percent']} %, quarantined {len(found['quarantined'])} {found['quarantined'][:1]}"
    )
    for name, stage in sorted(found["stages"].items(), key=lambda item: -item[1]["seconds"]):
        print(f"  {name:<10} {stage['seconds']:8.1f} s of workers  {stage['cpu_seconds']:8.1f} s CPU", flush=True)


@contextmanager
def busy_gpu(device: str) -> Iterator[dict[str, float]]:
    """Give what fills with the mean share of time in which the GPU was busy, as the driver counts it."""
    seen: list[float] = []
    used: dict[str, float] = {}
    done = threading.Event()
    ask = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"]

    def look() -> None:
        while device == "cuda" and not done.wait(2.0):
            said = subprocess.run(ask, capture_output=True, text=True, check=False).stdout.split()
            seen.extend(float(value) for value in said if value.isdigit())

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield used
    finally:
        done.set()
        watcher.join()
        used |= {"mean": sum(seen) / max(1, len(seen)), "largest": max(seen, default=0.0)}


def names_beside(dataset: Path, kept: Path) -> dict[str, float]:
    """Compare the character of each line with the one in `kept`; write `kept` where it is not there yet."""
    rows = [
        row
        for path in sorted(dataset.rglob("*.parquet"))
        for row in pq.read_table(path, columns=["id", "character"]).to_pylist()
    ]
    if not kept.exists():
        kept.write_text(json.dumps({row["id"].partition("/")[2]: row["character"] for row in rows}), encoding="utf-8")
    names: dict[str, str] = json.loads(kept.read_text(encoding="utf-8"))
    both = [
        (row["character"], names[row["id"].partition("/")[2]]) for row in rows if row["id"].partition("/")[2] in names
    ]
    series = len({row["id"].partition("/")[0] for row in rows})
    return {
        "lines": len(rows), "of the earlier run": len(names) * series, "in both": len(both),
        "same name": sum(a == b for a, b in both) / max(1, len(both)),
    }  # fmt: skip


def whisper_alone(media: list[Path], device: str, batch: int = 32) -> float:
    """Return x real time of Whisper base over whole episodes in windows of 30 s, greedy, `batch` at a time."""
    import numpy as np
    import torch

    from audiorole.models.gpu.whisper import WhisperByTorch

    model = WhisperByTorch(device=device)
    sound = np.concatenate([block for path in media for block in decode(path, 0, 16000)])
    windows = [sound[first : first + 480000] for first in range(0, len(sound), 480000)]

    @torch.inference_mode()
    def heard(part: list[Any]) -> None:
        features = torch.stack([model._features(window) for window in part]).to(model._torch.dtype)
        prompt = torch.tensor([[50258, 50259, 50359, 50363]], device=features.device).expand(len(part), -1)
        model._torch.generate(
            features, decoder_input_ids=prompt, max_new_tokens=220, num_beams=1, do_sample=False, eos_token_id=50257,
            pad_token_id=50257, forced_decoder_ids=None, suppress_tokens=None, begin_suppress_tokens=None,
        )  # fmt: skip

    heard(windows[:2])
    before = time.perf_counter()
    for first in range(0, len(windows), batch):
        heard(windows[first : first + batch])
    if device == "cuda":
        torch.cuda.synchronize()
    print(f"  peer peaked at {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB", flush=True)
    return len(sound) / 16000 / (time.perf_counter() - before)


if __name__ == "__main__":
    main()
