"""A dataset's lines become a codec: who speaks, with which letters, from which encoder, learned once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from audiorole.errors import ConfigError
from audiorole.experiments.small.codec.codec import Codec, load_codec
from audiorole.experiments.small.codec.config import CodecConfig, CodecPlan
from audiorole.experiments.small.codec.corpus import alphabet, load_sounds
from audiorole.experiments.small.codec.fit import CodecFit
from audiorole.experiments.small.codec.listener import RecognitionLoss
from audiorole.experiments.small.codec.whisper_weights import listener_state, read_ctranslate2
from audiorole.models.weights import store as weights
from audiorole.types import Utterance, spoken_name

TABLE = "mel_maker.table."

Waveform = npt.NDArray[np.float32]
OnStep = Callable[[int, Mapping[str, float]], None]


def make_codec(
    lines: Iterable[Utterance],
    audio: Callable[[str], Waveform],
    plan: CodecPlan,
    folder: Path,
    device: torch.device,
    held_out: Sequence[Utterance] = (),
    on_step: OnStep = lambda step, figures: None,
) -> Codec:
    """Return the codec in `folder`, learned from `lines` if it is not there or not finished. `held_out` is measured."""
    if (folder / "codec.safetensors").is_file():
        return load_codec(folder, device)
    spoken = list(lines)
    config = plan.config(alphabet(spoken), sorted({line.who for line in spoken} - {""}))
    speeds = (1.0, *plan.perturb)
    sounds = load_sounds(spoken, audio, config, speeds, device)
    if not sounds:
        raise ConfigError("There is no line to learn speech from: lines need text.")
    measured = load_sounds(held_out, audio, config, (1.0,), device)
    torch.manual_seed(plan.seed)
    listener, codec = known_listener(plan, config), Codec(config, len(speeds) * (1 + len(config.speakers)))
    codec.ears.load_state_dict(listener.ears.state_dict(), strict=False)  # the listener has more layers
    if plan.begin:
        begin_with(codec, load_codec(Path(plan.begin)))
    CodecFit(codec, listener, sounds, plan, folder, device, measured).run(on_step)
    return load_codec(folder, device)


def begin_with(codec: Codec, known: Codec) -> None:
    """Give `codec` the weights of `known`, and at every speed the voices of the speakers that both know.

    Raises `ConfigError` where the sizes differ.
    """
    table, places = codec.mel_maker.table.weight, {"": 0} | {n: i + 1 for i, n in enumerate(known.config.speakers)}
    state = {key: value for key, value in known.state_dict().items() if not key.startswith(TABLE)}
    try:
        codec.load_state_dict(state, strict=False)
    except RuntimeError as error:
        raise ConfigError(
            f"[codec] begin: the codec there has other sizes ({str(error).splitlines()[-1].strip()})."
        ) from None
    names = ("", *codec.config.speakers)
    with torch.no_grad():
        for row in range(len(table)):
            name = names[row % len(names)]
            table[row] = known.mel_maker.table.weight[places.get(name, places.get(spoken_name(name), 0))]


def known_listener(plan: CodecPlan, config: CodecConfig) -> RecognitionLoss:
    """Return who listens, from the installed weight. Raises `WeightsError` with the command that fetches it."""
    listener = RecognitionLoss(config)
    if plan.ears:
        tensors = read_ctranslate2(weights.path(f"{plan.ears}/model.bin"))
        listener.load_state_dict(listener_state(tensors, config.ear_depth))
    return listener
