"""The bundled series' voices fitted back: is each fitted voice nearest to its own character, of all?

    python -m benchmarks.training.sample_voices OUT [--steps 20] [--characters Gus …] [--with-own] [--device cuda]

The cast speaks with stock voices of the talker (`examples/make_sample/cast.py`), so the truth is known. Without
--with-own the character's own stock voice is left out of those that a fit begins with. Nearness: cosine by ecapa, which
had no part in the fit, between the test lines said in the fitted voice and each character's real lines.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import re
import time
from pathlib import Path

import av
import numpy as np

from audiorole.audio.band import limit_band
from audiorole.audio.resample import resample
from audiorole.models import load_model
from audiorole.models.phonemes import load_phonemes
from audiorole.training.talker.fit import LEAST_LINES, fit_voice
from audiorole.training.talker.lines import LEAST_KEPT, LONGEST, SHORTEST, VoiceLine, clarity, kept_back, split_lines
from audiorole.training.talker.models import load_fit_models
from audiorole.training.talker.plan import VoicePlan

EXAMPLES = Path(__file__).parents[2] / "examples"
RATE = 16_000
TEST = 3
"""The episode whose lines are said; the others are learned from."""
SAID = 5


def main() -> None:
    """Fit every character and print whom its voice is nearest to."""
    arguments = _arguments()
    lines = read_sample()
    own, enough = _own_voices(), sorted(name for name in lines if _enough(lines[name]))
    names = [name for name in arguments.characters or enough if name in enough]
    few = sorted(set(arguments.characters or lines) - set(names))
    print(f"too few lines: {', '.join(few) or 'nobody'}", flush=True)
    plan = VoicePlan(steps=arguments.steps, validate_every=max(1, arguments.steps // 2), most_validated=4)
    models = load_fit_models(plan, arguments.device)
    ecapa = load_model("speaker-embedder", "ecapa")
    centres = {name: _centre(ecapa, [line.waveform for line, _ in lines[name]]) for name in lines}
    right = 0
    for name in names:
        began = time.process_time()
        stock = [voice for voice in models.stock if arguments.with_own or voice.name != own.get(name)]
        learned = [line for line, episode in lines[name] if episode != TEST]
        folder = arguments.out / f"{name} {arguments.steps} {arguments.with_own}".replace(" ", "_")
        fitted = fit_voice(name, learned, plan, folder, dataclasses.replace(models, stock=stock))
        texts = [line.phonemes for line, episode in lines[name] if episode == TEST][:SAID]
        said = [resample(models.talker.speak(text, fitted.voice), 24_000, RATE) for text in texts]
        voice = _centre(ecapa, [limit_band(one, fitted.report.band) for one in said])
        nearness = {other: float(voice @ centre) for other, centre in centres.items()}
        nearest = max(nearness, key=lambda other: nearness[other])
        right += nearest == name
        row = {"character": name, "nearest": nearest, "own": round(nearness[name], 3)}
        row |= {"next": round(max(value for other, value in nearness.items() if other != name), 3)}
        row |= {"start": fitted.report.stock[0], "true": own.get(name), "cpu": round(time.process_time() - began)}
        print(json.dumps(row | {"wer": fitted.report.end.wer, "chosen": fitted.report.chosen}), flush=True)
    print(f"{right} of {len(names)} fitted voices are nearest to their own character")


def read_sample() -> dict[str, list[tuple[VoiceLine, int]]]:
    """Return the lines of each character of the bundled series, and their episode."""
    phonemize, found = load_phonemes(), {}
    for path in sorted((EXAMPLES / "truth").glob("*.json")):
        truth = json.loads(path.read_text(encoding="utf-8"))
        episode = int(path.stem[-2:])
        waveform = _decode(next(path for path in EXAMPLES.rglob(Path(truth["media"]).name)))
        for line in truth["lines"]:
            cut = waveform[int(line["start"] * RATE) : int(line["end"] * RATE)]
            if SHORTEST <= len(cut) / RATE <= LONGEST and not line["overlaps_previous"]:
                said = phonemize(line["text"])
                made = VoiceLine(line["id"], cut, line["text"], said, clarity(line["snr_db"], None, None))
                kept = dataclasses.replace(made, validation=kept_back(line["id"], 0.3))
                found.setdefault(line["character"], []).append((kept, episode))
    return found


def _enough(lines: list[tuple[VoiceLine, int]]) -> bool:
    learned, kept = split_lines([line for line, episode in lines if episode != TEST])
    return len(learned) >= LEAST_LINES and len(kept) >= LEAST_KEPT


def _own_voices() -> dict[str, str]:
    text = (EXAMPLES / "make_sample" / "cast.py").read_text(encoding="utf-8")
    return dict(re.findall(r'Role\(\s*"([^"]+)",\s*"([a-z]{2}_[a-z]+)"', text))


def _centre(encoder, waveforms: list[np.ndarray]) -> np.ndarray:
    mean = encoder.embed(waveforms).mean(axis=0)
    return mean / np.linalg.norm(mean)


def _decode(path: Path) -> np.ndarray:
    parts = []
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
        for frame in container.decode(audio=0):
            parts += [one.to_ndarray().ravel() for one in resampler.resample(frame)]
    return np.concatenate(parts).astype(np.float32)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--characters", nargs="*", default=[])
    parser.add_argument("--with-own", action="store_true")
    parser.add_argument("--device", default="cpu")
    return parser.parse_args()


if __name__ == "__main__":
    main()
