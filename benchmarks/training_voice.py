"""Can a character's voice be taught to the decoder? Held-out lines are spoken again from their codes, before and after.

The flow has the published classes at a reduced size and begins with random weights. It first learns to speak from all
training lines, then from those of each of the two characters with most held-out speech (`decoder-fit`). Codes are the
small base's. The mel is made audible by Griffin-Lim, as the published vocoder's weights are not at hand.

python benchmarks/training_voice.py DATASET --codec RUN/codec --out OUT

It writes OUT/SPLIT-GUIDANCE/before and …/after, so that the guidance can be chosen on the validation episodes;
`training_voice_score.py DATASET before=OUT/test-0.7/before …` says whose voice it is (`ap_norm`).
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

from audiorole.evaluation.corpus import Corpus
from audiorole.evaluation.published import open_published
from audiorole.training.decoder.fit import DecoderPlan, VoicePair, fit_decoder
from audiorole.training.decoder.flow import Flow, FlowConfig
from audiorole.training.decoder.mel import BANDS, HOP, SAMPLE_RATE, TOP_HZ, WINDOW
from audiorole.training.resample import resample
from audiorole.training.small.codec.codec import Codec, load_codec
from audiorole.training.small.codec.config import CODES_PER_SECOND
from audiorole.training.whisper_vq.features import mel_filters

SIZES = {
    "reduced": {"inputs": 256, "width": 256, "heads": 4, "ffn": 1024, "layers": 4, "channels": 256, "field_heads": 4,
                "field_blocks": 2, "field_middle": 6},
    "tiny": {"inputs": 64, "width": 64, "heads": 4, "ffn": 96, "layers": 1, "channels": 64, "field_heads": 1,
             "field_blocks": 1, "field_middle": 1},
}  # fmt: skip
MAX_SECONDS = 15.0
LEAST_LINES = 20
"""Training lines without which a voice cannot be learned."""
DECAY = 0.4
"""Share of the steps over which the learning rate falls: a run from random weights wants that, fine-tuning less."""


def main() -> None:
    """Learn, and speak the held-out lines."""
    arguments = _arguments()
    corpus = open_published(arguments.dataset)
    chosen = arguments.characters or most_heard(corpus)
    fit(corpus, chosen, arguments)


def most_heard(corpus: Corpus) -> list[str]:
    """Return the two characters with most speech in the test episodes, of those that can be learned."""
    taught = Counter(line.character for line in corpus.lines.values() if line.split == "train")
    seconds: Counter[str] = Counter()
    for line in corpus.lines.values():
        if line.split == "test" and line.character and taught[line.character] >= LEAST_LINES:
            seconds[line.character] += round(1000 * line.duration)
    return [name for name, _ in seconds.most_common(2)]


def fit(corpus: Corpus, chosen: list[str], arguments: argparse.Namespace) -> None:
    """Learn everyone's speech, then each character's voice; write the held-out lines as both speak them."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    codec = load_codec(arguments.codec, device)
    everyone = [line.id for line in _told(corpus, "train")]
    torch.manual_seed(0)
    flow = Flow(
        FlowConfig(codes=codec.config.codes, codes_per_second=CODES_PER_SECOND, block=50, **SIZES[arguments.size])
    )
    flow = flow.to(device)
    _report(parameters=sum(value.numel() for value in flow.parameters()), characters=chosen)
    pairs = _pairs(corpus, codec, everyone)
    _learn(flow, pairs, arguments.steps, 8e-4, arguments, "everyone")
    for name in chosen:
        own = copy.deepcopy(flow)
        lines = [line.id for line in _told(corpus, "train") if line.character == name]
        _learn(own, _pairs(corpus, codec, lines), arguments.own_steps, 3e-4, arguments, name)
        for split in ("validation", "test"):
            held_out = chosen_lines(
                [line.id for line in _told(corpus, split) if line.character == name], arguments.lines
            )
            for guidance in arguments.guidance:
                for folder, voice in (("before", flow), ("after", own)):
                    voice.config = replace(voice.config, guidance=guidance)
                    _speak(voice.eval(), codec, corpus, held_out, arguments.out / f"{split}-{guidance}" / folder)


def chosen_lines(lines: list[str], most: int) -> list[str]:
    """Return at most `most` of `lines`, at random but always the same ones, in their order."""
    order = np.random.default_rng(0).permutation(len(lines))[:most]
    return [lines[place] for place in sorted(order)]


def _learn(flow: Flow, pairs: list[VoicePair], steps: int, rate: float, arguments: Any, name: str) -> None:
    started, losses = time.perf_counter(), list[float]()
    plan = DecoderPlan(steps=steps, batch_frames=arguments.batch_frames, learning_rate=rate, decay=DECAY, save_every=0)
    fit_decoder(flow, pairs, plan, arguments.out / "flows" / name, lambda step, loss: losses.append(loss))
    tail = losses[-max(1, len(losses) // 10) :]
    seconds = round(time.perf_counter() - started, 1)
    _report(learned=name, lines=len(pairs), steps=steps, loss=round(sum(tail) / len(tail), 4), seconds=seconds)


def _told(corpus: Corpus, split: str) -> list[Any]:
    return [line for line in corpus.lines.values() if line.split == split and line.duration <= MAX_SECONDS]


def _pairs(corpus: Corpus, codec: Codec, lines: list[str]) -> list[VoicePair]:
    waveforms = {line: corpus.audio(line) for line in lines}
    return [
        VoicePair.of(codec.encode([waveform])[0], resample(waveform, 16_000, SAMPLE_RATE))
        for waveform in waveforms.values()
        if len(waveform) > 8000
    ]


def _speak(flow: Flow, codec: Codec, corpus: Corpus, lines: list[str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for line in lines:
        codes = torch.from_numpy(codec.encode([corpus.audio(line)])[0].astype(np.int64)).to(codec.device)
        with torch.inference_mode():
            samples = griffin_lim(flow.generate(codes).float())
        path = folder / f"{line.replace('/', '__')}.ogg"
        soundfile.write(path, resample(samples, SAMPLE_RATE, 16_000), 16_000, format="OGG", subtype="OPUS")


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
    parser.add_argument("--steps", type=int, default=2500)
    parser.add_argument("--own-steps", type=int, default=600)
    parser.add_argument("--lines", type=int, default=30, help="held-out lines of a character and split")
    parser.add_argument("--guidance", type=float, nargs="+", default=[0.7])
    parser.add_argument("--batch-frames", type=int, default=20_000)
    return parser.parse_args()


if __name__ == "__main__":
    main()
