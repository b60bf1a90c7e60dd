"""Can a character's voice be taught to the decoder? Held-out lines are spoken again from their codes, before and after.

The flow has the published classes at a reduced size and begins with random weights, but its last bias is the mean mel.
It first learns to speak from all training lines, at several speeds as other voices, then from those of each of the two
characters with most training speech who have held-out lines (`decoder-fit`). Codes are the small base's. The mel is
made audible by Griffin-Lim, as the published vocoder's weights are not at hand.

python -m benchmarks.training.voice DATASET --codec RUN/codec --out OUT

It writes OUT/SPLIT-GUIDANCE/before and …/after-STEPS, so that guidance and steps can be chosen on the validation
episodes; `python -m benchmarks.training.voice_score DATASET before=OUT/test-0.7/before …` says whose voice it is
(`ap_norm`).
"""

from __future__ import annotations

import argparse
import copy
import json
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch

from audiorole.audio.resample import resample
from audiorole.evaluation.corpus import Corpus
from audiorole.evaluation.published import open_published
from audiorole.experiments.small.codec.codec import Codec, load_codec
from audiorole.experiments.small.codec.config import CODES_PER_SECOND
from audiorole.training.decoder.fit import DecoderPlan, VoicePair, fit_decoder, stack
from audiorole.training.decoder.flow import Flow, FlowConfig
from audiorole.training.decoder.mel import BANDS, HOP, SAMPLE_RATE, TOP_HZ, WINDOW
from audiorole.training.whisper_vq.features import mel_filters

SIZES = {
    "reduced": {"inputs": 256, "width": 256, "heads": 4, "ffn": 1024, "layers": 4, "channels": 256, "field_heads": 4,
                "field_blocks": 2, "field_middle": 6},
    "tiny": {"inputs": 64, "width": 64, "heads": 4, "ffn": 96, "layers": 1, "channels": 64, "field_heads": 1,
             "field_blocks": 1, "field_middle": 1},
}  # fmt: skip
MAX_SECONDS = 15.0
LEAST_HELD_OUT = 12
"""Test lines without which a voice is not measured."""
SPEEDS = (1.0, 0.9, 1.1)
"""At which everyone's lines are learned; a character's own lines at the first alone."""
RATE = 16_000
REPORT = 500
"""Steps between figures."""
DECAY = 0.4
"""Share of the steps over which the learning rate falls: a run from random weights wants that, fine-tuning less."""


def main() -> None:
    """Learn, and speak the held-out lines."""
    arguments = _arguments()
    corpus = open_published(arguments.dataset)
    chosen = arguments.characters or most_heard(corpus)
    fit(corpus, chosen, arguments)


def most_heard(corpus: Corpus) -> list[str]:
    """Return the two characters with most training speech, of those with `LEAST_HELD_OUT` test lines."""
    held_out = Counter(line.character for line in _told(corpus, "test"))
    seconds: Counter[str] = Counter()
    for line in _told(corpus, "train"):
        if line.character and held_out[line.character] >= LEAST_HELD_OUT:
            seconds[line.character] += round(1000 * line.duration)
    return [name for name, _ in seconds.most_common(2)]


def fit(corpus: Corpus, chosen: list[str], arguments: argparse.Namespace) -> None:
    """Learn everyone's speech, then each character's voice; write the held-out lines as both speak them."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if device.type == "cuda":
        torch.set_num_threads(1)  # what the processor does to a line is short: more threads wait for each other
    codec = load_codec(arguments.codec, device)
    pairs = _pairs(corpus, codec, _told(corpus, "train"), SPEEDS)
    flow = _random_flow(codec, pairs, arguments.size).to(device)
    _report(parameters=sum(value.numel() for value in flow.parameters()), characters=chosen)
    unknown = _told(corpus, "validation")
    _learn(flow, pairs, _pairs(corpus, codec, unknown), arguments.steps, 8e-4, arguments, "everyone")
    for name in chosen:
        _speak_held_out(flow, codec, corpus, name, "before", arguments)
        known, held_out = (_pairs(corpus, codec, _of(corpus, split, name)) for split in ("train", "validation"))
        for steps in arguments.own_steps:
            own = copy.deepcopy(flow)
            _learn(own, known, held_out, steps, 3e-4, arguments, name)
            _speak_held_out(own, codec, corpus, name, f"after-{steps}", arguments)


def _speak_held_out(flow: Flow, codec: Codec, corpus: Corpus, name: str, folder: str, arguments: Any) -> None:
    for split in ("validation", "test"):
        lines = chosen_lines([line.id for line in _of(corpus, split, name)], arguments.lines)
        for guidance in arguments.guidance:
            flow.config = replace(flow.config, guidance=guidance)
            _speak(flow.eval(), codec, corpus, lines, arguments.out / f"{split}-{guidance}" / folder)


def _random_flow(codec: Codec, pairs: list[VoicePair], size: str) -> Flow:
    """Return a flow of random weights that begins at the mean mel instead of walking there."""
    torch.manual_seed(0)
    config = FlowConfig(codes=codec.config.codes, codes_per_second=CODES_PER_SECOND, block=50, **SIZES[size])
    flow = Flow(config)
    with torch.no_grad():
        flow.decoder["estimator"].final_proj.bias += torch.cat([pair.mel for pair in pairs], dim=1).mean(1)
    return flow


def chosen_lines(lines: list[str], most: int) -> list[str]:
    """Return at most `most` of `lines`, at random but always the same ones, in their order."""
    order = np.random.default_rng(0).permutation(len(lines))[:most]
    return [lines[place] for place in sorted(order)]


def _learn(
    flow: Flow, pairs: list[VoicePair], held_out: list[VoicePair], steps: int, rate: float, arguments: Any, name: str
) -> None:
    started, losses = time.perf_counter(), list[float]()
    plan = DecoderPlan(steps=steps, batch_frames=arguments.batch_frames, learning_rate=rate, decay=DECAY, save_every=0)

    def report(step: int, loss: float) -> None:
        losses.append(loss)
        if (step + 1) % REPORT == 0 or step + 1 == steps:
            recent, seconds = losses[-min(REPORT, steps) :], round(time.perf_counter() - started, 1)
            errors = {"loss": sum(recent) / len(recent)} | ({"held_out": _loss(flow, held_out)} if held_out else {})
            rounded = {key: round(value, 4) for key, value in errors.items()}
            _report(learning=name, lines=len(pairs), steps=step + 1, **rounded, seconds=seconds)

    fit_decoder(flow, pairs, plan, arguments.out / "flows" / name, report)


def _loss(flow: Flow, pairs: list[VoicePair]) -> float:
    """Return the loss on lines that are not learned, in single precision, with the same random numbers each time."""
    device = flow.encoder_proj.weight.device
    torch.manual_seed(0)  # a step of the fit seeds anew
    with torch.inference_mode():
        found = [float(flow.loss(*stack([pair], device))) for pair in pairs]
    return sum(found) / len(found)


def _told(corpus: Corpus, split: str) -> list[Any]:
    return [line for line in corpus.lines.values() if line.split == split and line.duration <= MAX_SECONDS]


def _of(corpus: Corpus, split: str, character: str) -> list[Any]:
    return [line for line in _told(corpus, split) if line.character == character]


def _pairs(corpus: Corpus, codec: Codec, lines: list[Any], speeds: tuple[float, ...] = (1.0,)) -> list[VoicePair]:
    pairs = []
    for waveform in (corpus.audio(line.id) for line in lines):
        for speed in speeds:
            heard = waveform if speed == 1 else resample(waveform, round(RATE * speed), RATE)
            if len(heard) > RATE // 2:
                pairs.append(VoicePair.of(codec.encode([heard])[0], resample(heard, RATE, SAMPLE_RATE)))
    return pairs


def _speak(flow: Flow, codec: Codec, corpus: Corpus, lines: list[str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for line in lines:
        codes = torch.from_numpy(codec.encode([corpus.audio(line)])[0].astype(np.int64)).to(codec.device)
        with torch.inference_mode():
            samples = griffin_lim(flow.generate(codes).float())
        path = folder / f"{line.replace('/', '__')}.ogg"
        soundfile.write(path, resample(samples, SAMPLE_RATE, RATE), RATE, format="OGG", subtype="OPUS")


def griffin_lim(mel: Any, rounds: int = 60, momentum: float = 0.99) -> np.ndarray:
    """Return samples whose log-mel is like `mel` `(bands, frames)` (Perraudin et al. 2013's fast variant)."""
    filters = mel_filters(BANDS, SAMPLE_RATE, WINDOW, TOP_HZ).to(mel.device)
    size = (torch.linalg.pinv(filters) @ mel.exp()).clamp(min=1e-8)[None]
    window = torch.hann_window(WINDOW, device=mel.device)
    settings = {"n_fft": WINDOW, "hop_length": HOP, "window": window}
    phase = torch.exp(2j * torch.pi * torch.rand(size.shape, generator=torch.Generator().manual_seed(0)).to(mel.device))
    before = torch.zeros_like(phase)
    for _ in range(rounds):
        again = torch.stft(torch.istft(size * phase, **settings), **settings, return_complex=True)
        moved = again - before * momentum / (1 + momentum)
        phase, before = moved / moved.abs().clamp(min=1e-12), again
    samples = torch.istft(size * phase, **settings)[0]
    return np.asarray((samples / samples.abs().max().clamp(min=1.0)).cpu().numpy(), dtype=np.float32)


def _report(**figures: Any) -> None:
    print(json.dumps(figures), flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--codec", type=Path)
    parser.add_argument("--characters", nargs="*")
    parser.add_argument("--size", choices=SIZES, default="reduced")
    parser.add_argument("--steps", type=int, default=8000)
    parser.add_argument("--own-steps", type=int, nargs="+", default=[1500])
    parser.add_argument("--lines", type=int, default=30, help="held-out lines of a character and split")
    parser.add_argument("--guidance", type=float, nargs="+", default=[0.7])
    parser.add_argument("--batch-frames", type=int, default=20_000)
    return parser.parse_args()


if __name__ == "__main__":
    main()
