"""What the viewer gets: which files each episode has, and what is wrong with them."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from examples.make_sample import subtitles
from examples.make_sample.cast import ROLES
from examples.make_sample.kokoro import Kokoro
from examples.make_sample.media import write_matroska, write_opus
from examples.make_sample.subtitles import Cue, Defects
from examples.make_sample.timeline import SPEECH_RMS, Episode, Truth

SERIES = "Lost Property"

BROADCAST_SRT = Defects(
    named=0.5,
    sounds=True,
    dashes=True,
    encoding="cp1252",
    missing=("I'm so sorry. I got lost.", "And the tuba?", "The answer is zero", "I never said that."),
    condensed={
        "Then you have come to the right place": "Right place, then. I'm Marigold Finch. Ran this office for 31 years.",
        "You're sharp, for a lad": "Sharp, for a lad who fell over my bucket.",
    },
    split=("Then you have come", "Umbrellas, 412", "Coffee for the brave", "Do not let him"),
    credit="Subtitles by the Saltwick Subtitling Society",
)
FAN_ASS = Defects(
    offset=2.4,
    rate=23.976 / 25,
    dashes=True,
    missing=("Rat poison?", "You've never driven one.", "He closes things."),
    condensed={"Everybody came for the band contest": "Everybody did. And you've the look of a tuba man."},
    split=("I came here once", "It is four minutes"),
)
EMBEDDED_SRT = Defects(jitter=0.05, missing=("To whom.", "What tuba?"))
FAN_SPELLING = {"Marigold": "MISS FINCH", "Pemberton": "INSPECTOR PEMBERTON", "Zoë": "ZOE", "Tannoy": "ANNOUNCER"}
AUDITION = "My name is Gus. I have driven this train since before you were born, and I have never once been lost."


def publish(episodes: dict[str, Episode], kokoro: Kokoro, examples: Path) -> None:
    """Write the series, its cast file and the truth under `examples`."""
    folder, truth = examples / "series" / SERIES, examples / "truth"
    for path in (folder / "voices", truth):
        path.mkdir(parents=True, exist_ok=True)
    for name, release in (("s01e01", _first), ("s01e02", _second), ("s01e03", _third)):
        if name in episodes:
            told = release(episodes[name], folder)
            (truth / f"{name}.json").write_text(_json(told), encoding="utf-8", newline="\n")
    _write_cast(episodes["s01e01"].truth, kokoro, folder)


def _stem(episode: Episode) -> str:
    return f"{SERIES}.{episode.screenplay.episode.upper()}"


def _first(episode: Episode, folder: Path) -> Truth:
    """Opus, and beside it the broadcaster's SDH subtitles in Windows-1252."""
    stem, cues = _stem(episode), subtitles.make_cues(episode.truth, BROADCAST_SRT)
    write_opus(folder / f"{stem}.opus", episode.mix, episode.screenplay.title)
    (folder / f"{stem}.srt").write_bytes(subtitles.srt(cues, BROADCAST_SRT))
    return episode.truth | {"media": f"{stem}.opus", "subtitles": _told(f"{stem}.srt", cues, BROADCAST_SRT)}


def _second(episode: Episode, folder: Path) -> Truth:
    """Opus, a fan's ASS that was timed on the 25 fps tape, and a transcript with names."""
    stem, cues = _stem(episode), subtitles.make_cues(episode.truth, FAN_ASS)
    scenes = {scene["id"]: scene for scene in episode.truth["scenes"]}
    signs = [
        (scenes["office_shelves"]["start"] + 1.0, scenes["office_shelves"]["start"] + 4.0, "LOST PROPERTY OFFICE"),
        (scenes["platform_rain"]["start"] + 0.5, scenes["platform_rain"]["start"] + 3.0, "SALTWICK"),
    ]
    write_opus(folder / f"{stem}.opus", episode.mix, episode.screenplay.title)
    (folder / f"{stem}.ass").write_bytes(subtitles.ass(cues, FAN_ASS, signs))
    (folder / f"{stem}.script.txt").write_text(
        subtitles.script(episode.truth, FAN_SPELLING), encoding="utf-8", newline="\n"
    )
    told = _told(f"{stem}.ass", cues, FAN_ASS)
    told["signs"] = [{"start": round(start, 3), "end": round(end, 3), "text": text} for start, end, text in signs]
    return episode.truth | {
        "media": f"{stem}.opus",
        "subtitles": told,
        "script": f"{stem}.script.txt",
        "script_names": FAN_SPELLING,
    }


def _third(episode: Episode, folder: Path) -> Truth:
    """Matroska with two SubRip tracks inside: a full one without names, and a forced one that has signs only."""
    stem, cues = _stem(episode), subtitles.make_cues(episode.truth, EMBEDDED_SRT)
    scenes = {scene["id"]: scene for scene in episode.truth["scenes"]}
    signs = [Cue(scenes[name]["start"] + 0.5, scenes[name]["start"] + 3.0, (text,)) for name, text in
             (("office_note", "DOES ANYBODY THERE HAVE THE LEFT?"), ("platform_search", "SALTWICK"))]  # fmt: skip
    write_matroska(folder / f"{stem}.mkv", episode.mix, episode.screenplay.title, {"Forced": signs, "English": cues})
    told = _told("", cues, EMBEDDED_SRT) | {"track_title": "English", "forced_track_title": "Forced"}
    return episode.truth | {"media": f"{stem}.mkv", "subtitles": told}


def _told(file: str, cues: list[Cue], defects: Defects) -> Truth:
    """Write down the subtitle file: every cue with its true and its written times, and what was done to it."""
    told = []
    for index, cue in enumerate(cues):
        start, end = subtitles.displace(cue, defects)
        told.append(
            {
                "index": index, "start": cue.start, "end": cue.end, "written_start": round(start, 3),
                "written_end": round(end, 3), "shown": "\n".join(cue.rows), "lines": list(cue.lines),
                "kinds": list(cue.kinds),
            }
        )  # fmt: skip
    applied = {key: value for key, value in asdict(defects).items() if key not in ("split", "missing", "condensed")}
    shown = {line for cue in cues for line in cue.lines}
    return {"file": file, "defects": applied, "cues": told, "lines_shown": len(shown)}


def _json(truth: Truth) -> str:
    """Encode with one line of text per line of dialogue, so that a diff can be read."""
    lists: dict[str, Any] = {key: value for key, value in truth.items() if isinstance(value, list)}
    head = {key: value for key, value in truth.items() if key not in lists and key != "subtitles"}
    missing = [
        line["id"]
        for line in truth["lines"]
        if all(line["id"] not in cue["lines"] for cue in truth["subtitles"]["cues"])
    ]
    told = truth["subtitles"] | {"missing_lines": missing}
    rows = [f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in head.items()]
    rows += [f" {json.dumps(key)}: {_rows(value, 2)}" for key, value in lists.items()]
    inner = [
        f"  {json.dumps(key)}: {_rows(value, 3) if key == 'cues' else json.dumps(value, ensure_ascii=False)}"
        for key, value in told.items()
    ]
    rows.append(' "subtitles": {\n' + ",\n".join(inner) + "\n }")
    return "{\n" + ",\n".join(rows) + "\n}\n"


def _rows(items: list[Any], indent: int) -> str:
    pad = " " * indent
    return "[\n" + ",\n".join(pad + json.dumps(item, ensure_ascii=False) for item in items) + "\n" + pad[1:] + "]"


def _write_cast(truth: Truth, kokoro: Kokoro, folder: Path) -> None:
    """Write `cast.toml`: references for two characters only, one a file, the other a span of an episode."""
    gus = ROLES["GUS"]
    voice = kokoro.say(AUDITION, gus.voice, gus.language, gus.speed)
    voice = voice * (SPEECH_RMS / (voice**2).mean() ** 0.5)
    write_opus(folder / "voices" / "gus.opus", voice, "Gus, audition")
    own = [
        line
        for line in truth["lines"]
        if line["character"] == "Pemberton" and not line["overlaps_previous"] and not line["interrupted"]
    ]
    best = max(own, key=lambda line: line["end"] - line["start"])
    clips = {
        "Gus": ('path = "voices/gus.opus"',),
        "Pemberton": (f'path = "{truth_media(truth)}"', f"start = {best['start']}", f"end = {best['end']}"),
    }
    tables = [
        _table(role.name, role.aliases, role.gender, clips.get(role.name))
        for role in ROLES.values()
        if role.name != "Arthur"
    ]
    (folder / "cast.toml").write_text(f'series = "{SERIES}"\n\n' + "\n".join(tables), encoding="utf-8", newline="\n")


def truth_media(truth: Truth) -> str:
    """Return the name of the Opus file of an episode."""
    return f"{SERIES}.{truth['episode'].upper()}.opus"


def _table(name: str, aliases: tuple[str, ...], gender: str, clip: tuple[str, ...] | None) -> str:
    rows = ["[[character]]", f'name = "{name}"']
    if aliases:
        rows.append("aliases = [" + ", ".join(f'"{alias}"' for alias in aliases) + "]")
    rows.append(f'gender = "{gender}"')
    if clip:
        rows += ["", "[[character.references]]", *clip]
    return "\n".join(rows) + "\n"
