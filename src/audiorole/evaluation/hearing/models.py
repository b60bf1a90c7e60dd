"""A suite's references to a listener, and the words by which a signature names them."""

from __future__ import annotations

from pathlib import Path

from audiorole.evaluation.hearing.listener import Listener
from audiorole.evaluation.hearing.store import HearingStore
from audiorole.evaluation.suite import ListenerModels
from audiorole.models import fingerprint, load_model

PORTS = {
    "speaker": "speaker-embedder",
    "second_speaker": "speaker-embedder",
    "asr": "transcriber",
    "quality": "quality",
    "second_quality": "quality",
    "vad": "voice-activity",
    "text_scorer": "text-scorer",
    "text": "text-embedder",
    "text_language": "text-language",
}
"""Field of `ListenerModels` → kind of model port."""


def open_listener(ears: ListenerModels, store: Path | None) -> Listener:
    """Return the listener of `ears`. Raises WeightsError with the command that pulls what is absent."""
    speakers = {name: load_model("speaker-embedder", name) for name in (ears.speaker, ears.second_speaker) if name}
    return Listener(
        vad=load_model("voice-activity", ears.vad),
        speakers=speakers,
        asr=load_model("transcriber", ears.asr) if ears.asr else None,
        quality=load_model("quality", ears.quality) if ears.quality else None,
        second_quality=load_model("quality", ears.second_quality) if ears.second_quality else None,
        text=load_model("text-embedder", ears.text) if ears.text else None,
        text_language=load_model("text-language", ears.text_language) if ears.text_language else None,
        scorer=load_model("text-scorer", ears.text_scorer) if ears.text_scorer else None,
        store=HearingStore(store),
    )


def model_names(ears: ListenerModels) -> dict[str, str]:
    """Return field → `reference#fingerprint`, six hex digits of it, for every model that is named."""
    named = {field: getattr(ears, field) for field in PORTS}
    return {field: f"{name}#{fingerprint(PORTS[field], name)[:6]}" for field, name in named.items() if name}


def models_of(ears: ListenerModels) -> list[tuple[str, str]]:
    """Return (kind, reference) of every model that `ears` name, for `audiorole.models.requirements`."""
    return [(kind, reference) for field, kind in PORTS.items() if (reference := getattr(ears, field))]
