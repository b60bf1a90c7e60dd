"""A trained run as a folder for others: merged or as an adapter, native or in GLM-4-Voice's layout, with a card."""

from __future__ import annotations

import datetime
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec
import torch
from peft import PeftModel
from transformers import GlmForCausalLM

from audiorole import __version__
from audiorole.errors import ConfigError, InputError
from audiorole.training.backend import Rights
from audiorole.training.card_head import card_head
from audiorole.training.fit.checkpoint import checkpoints
from audiorole.training.glm.convert import convert_to_published
from audiorole.training.glm.token_rows import write_token_rows
from audiorole.training.glm.voice import VoiceParts
from audiorole.types import shown_names

FORMS = ("adapter", "native", "published", "tokens")

BASE = "zai-org/glm-4-voice-9b"
"""The published network, by its name on the hub."""

TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json")


def export(run: Path, target: Path, form: str, rights: Rights) -> Path:
    """Write the newest checkpoint of `run` to the new folder `target`; return the model card's path.

    form: `adapter` (LoRA weights alone), `native` (merged, transformers' GLM), `published` (merged, GLM-4-Voice's own
    layout) or `tokens` (what it learned from, as JSON lines of the published model's tokens). Raises
    `ConfigError` for another form, for an adapter of a network trained whole and for empty rights.
    """
    check_export(target, form, FORMS, rights)
    parts, checkpoint = _parts(run), newest_checkpoint(run)
    if form == "adapter" and not parts.adapter:
        raise ConfigError("This network was trained whole and has no adapter: export it as native or published.")
    unfinished = target.with_name(target.name + ".tmp")
    shutil.rmtree(unfinished, ignore_errors=True)
    if form == "tokens":
        return _write_tokens(run, parts, unfinished, target, rights)
    _write_weights(run, parts, checkpoint, unfinished, form)
    _copy_voices(run, parts, unfinished)
    made_of = f"Base: `{Path(parts.base).name}`; speech tokenizer: `{Path(parts.speech_tokenizer).name}`."
    head = card_head([BASE], "peft" if form == "adapter" else "transformers", "audio-to-audio", rights)
    card = model_card(run, parts.series, parts.persona, made_of, form, rights)
    (unfinished / "README.md").write_text(f"{head}\n{card}", encoding="utf-8")
    unfinished.rename(target)
    return target / "README.md"


def _write_tokens(run: Path, parts: VoiceParts, unfinished: Path, target: Path, rights: Rights) -> Path:
    unfinished.mkdir(parents=True)
    written, left_out = write_token_rows(run, run / parts.text_tokenizer, unfinished)
    (unfinished / "README.md").write_text(
        f"# {parts.series}: examples in GLM-4-Voice's tokens\n\n{written:,} examples, one a row; {left_out:,} left "
        f"out, whose words do not give back their tokens.\n\n- Speech: {rights.source}\n- Terms: {rights.licence}\n"
    )
    unfinished.rename(target)
    return target / "README.md"


def check_export(target: Path, form: str, forms: Sequence[str], rights: Rights) -> None:
    """Raise `ConfigError` or `InputError` for what cannot be exported."""
    if form not in forms:
        raise ConfigError(f"form {form!r} is not one of {', '.join(forms)}.")
    if not rights.source.strip() or not rights.licence.strip():
        raise ConfigError("Say where the speech is from and under which terms: --source and --licence.")
    if target.exists():
        raise InputError(str(target), "exists already; name a folder that does not")


def model_card(run: Path, series: str, persona: str, made_of: str, form: str, rights: Rights) -> str:
    """Return the card: what it is, what it was made from, with which plan, and under which terms."""
    plan = json.loads((run / "fit" / "plan.json").read_text())
    lines = [f"| {key} | {value} |" for key, value in plan.items()]
    made = datetime.datetime.now(datetime.UTC).date().isoformat()
    return "\n".join(
        [
            f"# ARP-Model: {series}",
            "",
            f"Speaks as {', '.join(_characters(run))}. Made {made} by audiorole {__version__}; form: {form}.",
            "",
            f"- {made_of}",
            f"- It is asked so: “{persona.strip()}”",
            f"- Speech it learned from: {rights.source}",
            f"- Terms: {rights.licence}",
            "- Its speech is synthetic. Mark it as such wherever it is heard; do not pass it off as the actors.",
            "",
            "| training | |",
            "|---|---|",
            *lines,
            "",
        ]
    )


def _write_weights(run: Path, parts: VoiceParts, checkpoint: Path, folder: Path, form: str) -> None:
    if form == "adapter":
        folder.mkdir(parents=True)
        for name in ("adapter_model.safetensors", "adapter_config.json"):
            shutil.copyfile(checkpoint / name, folder / name)
        config = json.loads((folder / "adapter_config.json").read_text())  # it names a folder of this machine
        config["base_model_name_or_path"] = BASE
        (folder / "adapter_config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
        return
    native = folder if form == "native" else folder.with_name(folder.name + "-native")
    shutil.rmtree(native, ignore_errors=True)
    merged(run, parts, checkpoint).save_pretrained(native)
    if form == "published":
        convert_to_published(native, folder)
        shutil.rmtree(native)
    for name in TOKENIZER_FILES:
        if (run / parts.text_tokenizer / name).is_file():
            shutil.copyfile(run / parts.text_tokenizer / name, folder / name)


def merged(run: Path, parts: VoiceParts, checkpoint: Path) -> GlmForCausalLM:
    """Return the network with its adapter's product added to the weights, on the CPU, in its own dtype."""
    if not parts.adapter:
        return GlmForCausalLM.from_pretrained(checkpoint, dtype="auto")
    base = GlmForCausalLM.from_pretrained(run / parts.base, dtype="auto")
    with torch.inference_mode():
        return PeftModel.from_pretrained(base, checkpoint).merge_and_unload()


def _copy_voices(run: Path, parts: VoiceParts, folder: Path) -> None:
    for flow in parts.flows.values():
        shutil.copytree(run / flow, folder / "voices" / Path(flow).name, ignore=shutil.ignore_patterns("checkpoint*"))
    if parts.flows:
        names = {character: f"voices/{Path(flow).name}" for character, flow in parts.flows.items()}
        (folder / "voices" / "voices.json").write_bytes(msgspec.json.format(msgspec.json.encode(names)))


def _characters(run: Path) -> list[str]:
    examples = (run / "examples.jsonl").read_bytes().splitlines()
    return sorted(shown_names({msgspec.json.decode(line)["character"] for line in examples}).values())


def _parts(run: Path) -> VoiceParts:
    try:
        return msgspec.json.decode((run / "voice.json").read_bytes(), type=VoiceParts)
    except (OSError, msgspec.DecodeError) as error:
        raise InputError(
            str(run / "voice.json"), f"cannot be read: {error}; is {run} a finished training run?"
        ) from None


def newest_checkpoint(run: Path) -> Path:
    """Return the newest complete checkpoint of a run. Raises `InputError` where there is none."""
    found = checkpoints(run / "fit")
    if not found:
        raise InputError(str(run / "fit"), "holds no finished checkpoint")
    return found[-1]
