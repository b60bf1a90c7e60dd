"""A run of the base `talker` as a folder for others: never without the rights of its voices."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec

from audiorole.errors import ConfigError, InputError
from audiorole.models.talker.voice import load_voice
from audiorole.training.backend import Rights
from audiorole.training.thinker.card import CARD, run_card
from audiorole.training.thinker.parts import FILE, RIGHTS_FILE, TalkerParts, read_parts, read_rights, write_rights

FORMS = ("adapter", "voices")
ADAPTER_FILES = ("adapter_model.safetensors", "adapter_config.json")


def export(run: Path, target: Path, form: str, given: Rights) -> Path:
    """Write a run to the new folder `target`; return its card's path.

    form: `adapter` (what the text model learned, the cards and the voices) or `voices` (the voice files alone). Raises
    `ConfigError` for another form and where a right is not filled in, in the call or in the run's `rights.toml`;
    `InputError` where `target` is there already, or a voice file is none.
    """
    rights, parts = read_rights(run, given), read_parts(run)
    _check(run, target, form, rights)
    unfinished = target.with_name(target.name + ".tmp")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    _copy_voices(run, parts, unfinished)
    if form == "adapter":
        _copy_thinker(run, parts, unfinished)
    write_rights(unfinished, rights)
    (unfinished / CARD).write_text(run_card(run, parts, form, rights), encoding="utf-8")
    unfinished.rename(target)
    return target / CARD


def _check(run: Path, target: Path, form: str, rights: Rights) -> None:
    if form not in FORMS:
        raise ConfigError(f"form {form!r} is not one of {', '.join(FORMS)}.")
    if rights.missing:
        options = " ".join(f"--{name} …" for name in rights.missing)
        raise ConfigError(
            f"A voice is passed on only by those who may: fill in {', '.join(rights.missing)} in {run / RIGHTS_FILE}, "
            f"or say {options}."
        )
    if target.exists():
        raise InputError(str(target), "exists already; name a folder that does not")


def _copy_voices(run: Path, parts: TalkerParts, folder: Path) -> None:
    """Copy every voice file; each is read first, so that nothing else goes out under its name."""
    (folder / "voices").mkdir()
    names = {}
    for character, path in parts.voices.items():
        load_voice(run / path)
        names[character] = f"voices/{Path(path).parent.name}.safetensors"
        shutil.copyfile(run / path, folder / names[character])
    (folder / "voices" / "voices.json").write_bytes(msgspec.json.format(msgspec.json.encode(names)))


def _copy_thinker(run: Path, parts: TalkerParts, folder: Path) -> None:
    for name in ADAPTER_FILES:
        shutil.copyfile(run / parts.adapter / name, folder / name)
    told = {name: card.instruction() for name, card in parts.cards.items()}
    (folder / "cards.json").write_bytes(msgspec.json.format(msgspec.json.encode(told)))
    shutil.copyfile(run / FILE, folder / FILE)
