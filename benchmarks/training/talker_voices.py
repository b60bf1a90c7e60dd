"""What fitting a voice brings, way by way: likeness by encoders that had no part in it, words, pitch and pace.

    python -m benchmarks.training.talker_voices PACK OUT [--ways biases rank2 …] [--characters Joe …]
        [--device cuda] [--steps 400] [--processes 6]

PACK: of `talker_pack.py`. Every way fits every character to its lines and says its test lines; so do its best stock
voice (by its cleanest clip and wespeaker, as one-shot cloning would choose) and the base's own voice. Likeness is 0 for
impostors of the same sex and 1 for other real lines of the character, in the recordings' band; `wide` is without that.
Fits hear wespeaker and campplus, ge2e chooses the step, ecapa has no part. Prints a line of JSON a voice; `--table`
prints the table of what is in OUT.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import multiprocessing
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from audiorole.audio.band import limit_band
from audiorole.audio.resample import resample
from audiorole.models import load_model
from audiorole.models.talker.voice import STOCK_VOICES, TalkerVoice, load_voice, stock_voice
from audiorole.training.talker.fit import fit_voice
from audiorole.training.talker.judge import speech_seconds, word_error_rate
from audiorole.training.talker.models import load_fit_models
from audiorole.training.talker.plan import GPU_PLAN, VoicePlan
from audiorole.training.talker.start import aim_at, pitch_of
from benchmarks.training.talker_pack import BLIND, CHOICES, read_pack, voice_line

RATE = 16_000
ENROLMENT = 25
UNTRAINED = "af_heart"
WAYS: dict[str, dict[str, object]] = {
    "style": {"biases": False, "rank": 0},
    "biases": {"biases": True, "rank": 0},
    "rank2": {"biases": True, "rank": 2},
    "rank3": {"biases": True, "rank": 3},
    "one start": {"starts": 1, "foreign": False},
    "english starts": {"foreign": False},
    "sixteen starts": {"starts": 16},
    "one encoder": {"encoders": ("wespeaker-torch",)},
    "no spectrum": {"spectrum": 0.0},
    "spectrum x3": {"spectrum": 1.0},
    "no prosody": {"prosody_steps": 0},
    "gentle": {"bias_rate": 0.003, "rank_rate": 0.0007, "style_rate": 0.01},
    "bold": {"bias_rate": 0.03, "rank_rate": 0.006},
    "loose": {"tether": 0.0},
    "long pieces": {"frames": 96},
}


def main() -> None:
    """Fit, say, measure; or print the table."""
    arguments = _arguments()
    arguments.out.mkdir(parents=True, exist_ok=True)
    if not arguments.table:
        jobs = [(arguments, name, way) for way in arguments.ways for name in arguments.characters]
        jobs += [(arguments, name, "") for name in arguments.characters if not arguments.no_stock]
        with multiprocessing.get_context("spawn").Pool(arguments.processes, maxtasksperchild=1) as pool:
            for _ in pool.imap_unordered(_job, jobs):
                pass
    table(arguments.out)


def _job(job: tuple[argparse.Namespace, str, str]) -> None:
    arguments, name, way = job
    plan = dataclasses.replace(GPU_PLAN, **_steps(arguments), **WAYS.get(way, {}))
    try:
        for row in _rows(arguments, name, way, plan):
            print(json.dumps(row), flush=True)
            with (arguments.out / "rows.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
    except Exception as error:  # one way that fails is a row, not the end of the others
        print(
            json.dumps({"character": name, "way": way, "error": f"{type(error).__name__}: {error}"[:300]}), flush=True
        )


def _steps(arguments: argparse.Namespace) -> dict[str, int]:
    every = max(1, math.ceil(arguments.steps / arguments.judgements))
    return {"steps": arguments.steps, "batch": arguments.batch, "validate_every": every, "patience": 99}


def _rows(arguments: argparse.Namespace, name: str, way: str, plan: VoicePlan) -> Iterator[dict[str, object]]:
    models = load_fit_models(plan, arguments.device)
    measure = _Measure(arguments, name, models)
    if not way:
        yield measure.row("untrained", stock_voice(UNTRAINED))
        yield measure.row("one-shot", stock_voice(measure.one_shot()))
        return
    began, cpu = time.time(), time.process_time()
    folder = arguments.out / f"{name} {way} {plan.steps}".replace(" ", "_")
    fitted = fit_voice(name, measure.lines, plan, folder, models)
    cost = {"seconds": round(time.time() - began, 1), "cpu": round(time.process_time() - cpu, 1)}
    cost |= {"bytes": fitted.path.stat().st_size, "chosen": fitted.report.chosen, "refused": fitted.report.refused}
    if torch.cuda.is_available():
        cost["gpu_mib"] = round(torch.cuda.max_memory_allocated() / 2**20)
    cost["history"] = [list(one) for one in fitted.report.history]
    cost |= {"start": fitted.report.stock[0], "steps": plan.steps}
    yield measure.row(way, load_voice(fitted.path)) | cost


class _Measure:
    """The real lines of a character and its impostors, by every encoder."""

    def __init__(self, arguments: argparse.Namespace, name: str, models: object) -> None:
        self.arguments, self.name, self.models = arguments, name, models
        pack = read_pack(arguments.pack)
        own = [(line, wave) for line, wave in pack if line.character == name]
        self.lines = [voice_line(line, wave) for line, wave in own if line.role in ("fit", "validation")]
        self.test = [voice_line(line, wave) for line, wave in own if line.role == "test"][: arguments.lines]
        male = own[0][0].male
        self.impostors = [wave for line, wave in pack if line.character != name and line.male == male][::2]
        learned = [line for line in self.lines if not line.validation]
        self.band = aim_at(learned, models).band
        enrolled = sorted(learned, key=lambda line: -line.clarity)[:ENROLMENT]
        self.enrolled = [line.waveform for line in enrolled]
        self.encoders = {"wespeaker": models.encoders[0], "ge2e": models.judge.network}
        self.encoders["campplus"] = load_model("speaker-embedder", "campplus").network.to(models.device)
        self.encoders["ecapa"] = _ecapa(models.device)
        self.scale = {encoder: self._scale(encoder) for encoder in self.encoders}

    def row(self, way: str, voice: TalkerVoice) -> dict[str, object]:
        """Return what is measured of the test lines in `voice`."""
        talker = self.models.talker
        wide = [resample(talker.speak(line.phonemes, voice), 24_000, RATE) for line in self.test]
        said = [limit_band(waveform, self.band) for waveform in wide]
        found: dict[str, object] = {"character": self.name, "way": way, "voice": voice.name, "lines": len(said)}
        for encoder in self.encoders:
            centre, floor, real = self.scale[encoder]
            for kind, waveforms in (("", said), (" wide", wide)):
                cosine = float((self._embed(encoder, waveforms) @ centre).mean())
                found[encoder + kind] = round((cosine - floor) / (real - floor), 3)
        heard = [one.text for one in self.models.transcriber.transcribe(said, "en")]
        found["wer"] = round(word_error_rate([line.text for line in self.test], heard), 4)
        vad = self.models.vad
        lengths = [
            sum(speech_seconds(vad, one) for one in many) for many in (said, [line.waveform for line in self.test])
        ]
        found["length"] = round(lengths[0] / lengths[1], 3)
        pitches = [pitch_of(many) for many in (said, [line.waveform for line in self.test])]
        found["pitch_st"] = round(12 / math.log(2) * (pitches[0][0] - pitches[1][0]), 2)
        found["range_st"] = round(pitches[0][1] - pitches[1][1], 2)
        return found

    def one_shot(self) -> str:
        """Return the English stock voice nearest to the cleanest line, by wespeaker."""
        clip = self._embed("wespeaker", self.enrolled[:1])[0]
        talker, text = self.models.talker, self.test[0].phonemes
        said = {name: resample(talker.speak(text, stock_voice(name)), 24_000, RATE) for name in STOCK_VOICES}
        likeness = {
            name: float(self._embed("wespeaker", [limit_band(one, self.band)])[0] @ clip) for name, one in said.items()
        }
        return max(likeness, key=lambda name: likeness[name])

    def _scale(self, encoder: str) -> tuple[np.ndarray, float, float]:
        """Return the character's centre, the impostors' cosine with it and that of its other real lines."""
        mean = self._embed(encoder, self.enrolled).mean(axis=0)
        centre = mean / np.linalg.norm(mean)
        real = float((self._embed(encoder, [line.waveform for line in self.test]) @ centre).mean())
        return centre, float((self._embed(encoder, self.impostors) @ centre).mean()), real

    def _embed(self, encoder: str, waveforms: list) -> np.ndarray:
        network, device = self.encoders[encoder], self.models.device
        with torch.inference_mode():
            if encoder == "ge2e":
                device = next(network.parameters()).device
            voices = [
                network(torch.from_numpy(np.array(one))[None].to(device))[0].float().cpu().numpy() for one in waveforms
            ]
        return np.stack(voices)


def _ecapa(device: torch.device):
    """Return the ECAPA-TDNN of SpeechBrain as the other networks are: waveforms to voices of length 1."""
    from audiorole.models.voices.ecapa_network import log_mel

    network = load_model("speaker-embedder", "ecapa")._network.to(device)

    class Voices(torch.nn.Module):
        def forward(self, waveforms: torch.Tensor) -> torch.Tensor:
            features = log_mel(waveforms[0].cpu(), network.bands).to(device)
            return torch.nn.functional.normalize(network(features), dim=1)

    return Voices()


COLUMNS = ("ecapa", "ecapa wide", "campplus", "wespeaker", "ge2e", "wer", "length", "pitch_st")


def table(out: Path) -> None:
    """Print the mean of every way over characters, and each character's ecapa."""
    rows = [json.loads(line) for line in (out / "rows.jsonl").read_text(encoding="utf-8").splitlines()]
    ways = dict.fromkeys((row["way"], row.get("steps", 0)) for row in rows)
    print("| way | steps | " + " | ".join(COLUMNS) + " | ecapa by character |")
    for way, steps in ways:
        own = [row for row in rows if (row["way"], row.get("steps", 0)) == (way, steps)]
        means = [f"{np.mean([row[column] for row in own]):.2f}" for column in COLUMNS]
        each = ", ".join(f"{row['character']} {row['ecapa']:.2f} ({row['wer']:.2f})" for row in own)
        print(f"| {way} | {steps} | " + " | ".join(means) + f" | {each} |")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pack", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--ways", nargs="*", default=list(WAYS), choices=list(WAYS))
    parser.add_argument("--characters", nargs="+", default=list(CHOICES), choices=[*CHOICES, *BLIND])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--judgements", type=int, default=4)
    parser.add_argument("--lines", type=int, default=24)
    parser.add_argument("--processes", type=int, default=6)
    parser.add_argument("--no-stock", action="store_true")
    parser.add_argument("--table", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
