"""MiniCPM-o-2.6 one-shot role-play, one JSON line in, one out. Runs in its own environment: no audiorole import here.

    python minicpm_o.py [--model openbmb/MiniCPM-o-2_6] [--revision REV] [--device cuda]

The call is the model card's: a system prompt in mode `audio_roleplay` with the character's reference clip (16 kHz
mono, 5 to 15 s), then the last turn as user audio; text and 24 kHz audio come back.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    Waveform = npt.NDArray[np.float32]

MAX_NEW_TOKENS = 128
TEMPERATURE = 0.3
SAMPLE_RATE = 16000

Answer = dict[str, object]
"""One line of JSON that is written."""


class RequestTurn(TypedDict):
    """One turn of a request. audio: a WAV in base64."""

    character: str
    text: str
    audio: str


class Request(TypedDict):
    """One line of JSON that is read."""

    id: str
    turns: list[RequestTurn]
    character: str
    language: str
    seed: int
    reference_audio: str | None


def load(name: str, revision: str, device: str) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Return (model, tokenizer). The imports stand here so that a missing package is answered in JSON."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    options = {"trust_remote_code": True, "revision": revision}
    model = AutoModel.from_pretrained(
        name, attn_implementation="sdpa", torch_dtype=torch.bfloat16, init_vision=False, init_audio=True, init_tts=True,
        **options,
    )  # fmt: skip
    model = model.eval().to(device)
    model.init_tts()
    model.tts.float()  # the TTS part overflows in bf16, says the model card
    return model, AutoTokenizer.from_pretrained(name, **options)


def decode_wav(text: str) -> Waveform:
    """Return float32 samples at 16 kHz of a base64 WAV."""
    import librosa  # type: ignore[import-not-found]
    import soundfile

    samples: Waveform
    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(text)), dtype="float32")
    if rate != SAMPLE_RATE:
        samples = librosa.resample(samples, orig_sr=rate, target_sr=SAMPLE_RATE)
    return samples


def encode_wav(samples: Waveform, rate: int) -> str:
    """Return a base64 WAV."""
    import soundfile

    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format="WAV", subtype="PCM_16")
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def messages(model: PreTrainedModel, request: Request) -> list[object]:
    """Return the chat: role-play prompt, then the turns; the character's own turns are the assistant's, as text."""
    reference = request["reference_audio"]
    system = model.get_sys_prompt(
        ref_audio=decode_wav(reference) if reference else None,
        mode="audio_roleplay",
        language=request["language"] or "en",
    )
    turns = [
        {"role": "assistant", "content": [turn["text"]]}
        if turn["character"] == request["character"]
        else {"role": "user", "content": [decode_wav(turn["audio"])]}
        for turn in request["turns"]
    ]
    return [system, *turns]


def respond(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, request: Request) -> Answer:
    """Return the answer to one request."""
    import torch

    torch.manual_seed(request["seed"])
    started = time.monotonic()
    result = model.chat(
        msgs=messages(model, request), tokenizer=tokenizer, sampling=True, max_new_tokens=MAX_NEW_TOKENS,
        use_tts_template=True, generate_audio=True, temperature=TEMPERATURE,
    )  # fmt: skip
    audio = encode_wav(result.audio_wav.float().cpu().numpy(), int(result.sampling_rate))
    return {"audio": audio, "text": result.text, "first_audio": time.monotonic() - started}


def serve(answer: Callable[[Request], Answer], lines: Iterable[str], write: Callable[[Answer], None]) -> None:
    """Answer each request line; a failure is an answer with `error`, and the worker lives on."""
    for line in lines:
        request = json.loads(line)
        try:
            found = answer(request)
        except Exception as error:
            found = {"audio": None, "error": f"{type(error).__name__}: {error}"}
        write({"id": request["id"], **found})


def main() -> None:
    """Load, say ready, serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=os.environ.get("MINICPM_O_MODEL", "openbmb/MiniCPM-o-2_6"))
    parser.add_argument("--revision", default=os.environ.get("MINICPM_O_REVISION", "main"))
    parser.add_argument("--device", default=os.environ.get("MINICPM_O_DEVICE", "cuda"))
    arguments = parser.parse_args()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the libraries print goes to stderr, the pipe stays clean

    def write(content: Answer) -> None:
        answers.write(json.dumps(content) + "\n")
        answers.flush()

    model, tokenizer = load(arguments.model, arguments.revision, arguments.device)
    write({"ready": True, "sample_rate": 24000})
    serve(lambda request: respond(model, tokenizer, request), sys.stdin, write)


if __name__ == "__main__":
    main()
