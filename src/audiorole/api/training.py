"""Dataset → model: train a base on the characters, or say what that would take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from audiorole.api.progress import shown_progress
from audiorole.core.config import read_recipe, with_settings
from audiorole.core.progress import Progress
from audiorole.errors import ConfigError
from audiorole.evaluation.published import open_published
from audiorole.training.backend import DEFAULT, TRAINERS, TrainerBackend, TrainResult, known_base, mark_run


def train(
    dataset: str | Path,
    out: str | Path,
    *,
    base: str = "",
    recipe: str | Path = "",
    settings: Iterable[str] = (),
    characters: Iterable[str] = (),
    progress: Progress | None = None,
    **parts: str | Path,
) -> TrainResult:
    """Teach a base model the characters of a dataset; a run that was stopped goes on, token for token.

    base: `talker` or `glm-4-voice`; the recipe's where it is "", and `talker` where that says nothing. recipe: a TOML
    file or the name of one that ships; for talker its own where there is none. parts: fields of the recipe's [train]
    table that name folders: weights, speech_tokenizer, decoder.
    Raises ConfigError for a key, value or table that the base does not know.
    """
    call = _training_call(base, recipe, settings, characters, parts)
    mark_run(Path(out), call.base)
    corpus = open_published(Path(dataset))
    return call.trainer.train(call.tables, corpus.lines.values(), corpus.audio, Path(out), shown_progress(progress))


def preview_training(
    dataset: str | Path,
    out: str | Path,
    *,
    base: str = "",
    recipe: str | Path = "",
    settings: Iterable[str] = (),
    characters: Iterable[str] = (),
    **parts: str | Path,
) -> tuple[str, ...]:
    """Return in sentences what `train` with the same arguments would do, how long it takes and with how much disk."""
    call = _training_call(base, recipe, settings, characters, parts)
    return call.trainer.preview(call.tables, open_published(Path(dataset)).lines.values(), Path(out))


@dataclass(frozen=True)
class _TrainingCall:
    """What is to be trained. tables: of the recipe, with what the caller said on top."""

    base: str
    trainer: TrainerBackend
    tables: dict[str, dict[str, object]]


def _training_call(
    base: str,
    recipe: str | Path,
    settings: Iterable[str],
    characters: Iterable[str],
    parts: Mapping[str, str | Path],
) -> _TrainingCall:
    own = recipe or (DEFAULT if base in ("", DEFAULT) else "")
    tables = with_settings(read_recipe(own, "train") if own else {}, settings)
    table = tables.get("train", {}) | {key: str(value) for key, value in parts.items()}
    if chosen := tuple(characters):
        table["characters"] = chosen
    name = base or str(table.get("base", DEFAULT))
    table.pop("base", None)
    trainer: TrainerBackend = TRAINERS.load(known_base(name))()
    if unknown := sorted(set(tables) - set(trainer.tables)):
        raise ConfigError(f"A recipe for {name} has no table [{unknown[0]}]. Known: {', '.join(trainer.tables)}.")
    return _TrainingCall(name, trainer, {**tables, "train": table})
