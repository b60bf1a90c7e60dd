"""A trained small run as a folder for others: the adapter, or one ordinary Llama; the codec and a card beside it."""

from __future__ import annotations

import shutil
from pathlib import Path

from audiorole.experiments.small.codec.codec import load_codec
from audiorole.experiments.small.network import plain_llama
from audiorole.experiments.small.voice import SmallParts, load_network, load_parts
from audiorole.training.backend import Rights
from audiorole.training.glm.export import check_export, model_card, newest_checkpoint

FORMS = ("adapter", "native")


def export(run: Path, target: Path, form: str, rights: Rights) -> Path:
    """Write the newest checkpoint of `run` to the new folder `target`; return the model card's path.

    form: `adapter` (LoRA weights and rows of speech) or `native` (merged: transformers' Llama, whose last ids are
    `<speech>`, `</speech>` and the codes).
    """
    check_export(target, form, FORMS, rights)
    parts, checkpoint = load_parts(run), newest_checkpoint(run)
    unfinished = target.with_name(target.name + ".tmp")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    if form == "adapter":
        for name in ("adapter_model.safetensors", "adapter_config.json"):
            shutil.copyfile(checkpoint / name, unfinished / name)
    else:
        _write_merged(run, parts, unfinished)
    shutil.copytree(run / parts.codec, unfinished / "codec", ignore=shutil.ignore_patterns("checkpoint*"))
    made_of = f"Base: `{Path(parts.base).name}`; the codec beside it learned from the same speech."
    (unfinished / "README.md").write_text(model_card(run, parts.series, parts.persona, made_of, form, rights))
    unfinished.rename(target)
    return target / "README.md"


def _write_merged(run: Path, parts: SmallParts, folder: Path) -> None:
    levels = load_codec(run / parts.codec).config.levels
    plain_llama(load_network(run, parts, levels)).save_pretrained(folder)
    shutil.copyfile(run / parts.base / "tokenizer.json", folder / "tokenizer.json")
