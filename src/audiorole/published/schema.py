"""The published table: one row a line, audio inside, readable by Hugging Face `datasets` with no code of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import pyarrow as pa

from audiorole.types import Utterance
from audiorole.types.plain import JsonObject

_WORDS = pa.list_(
    pa.struct([("text", pa.string()), ("start", pa.float64()), ("end", pa.float64()), ("probability", pa.float32())])
)
_EVIDENCE = pa.list_(pa.struct([("cue", pa.string()), ("log_odds", pa.float32()), ("note", pa.string())]))

AUDIO = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
"""An encoded file and its name: how `datasets` stores sound."""

FIELDS: list[tuple[str, pa.DataType]] = [
    ("id", pa.string()),
    ("audio", AUDIO),
    ("text", pa.string()),
    ("normalised", pa.string()),
    ("language", pa.string()),
    ("series", pa.string()),
    ("episode", pa.string()),
    ("start", pa.float64()),
    ("end", pa.float64()),
    ("duration", pa.float64()),
    ("character", pa.string()),
    ("probability", pa.float32()),
    ("runner_up", pa.string()),
    ("runner_up_probability", pa.float32()),
    ("speaker", pa.string()),
    ("faces", pa.list_(pa.string())),
    ("evidence", _EVIDENCE),
    ("scene", pa.string()),
    ("dialogue", pa.string()),
    ("turn", pa.int32()),
    ("context", pa.list_(pa.string())),
    ("addressee", pa.string()),
    ("agreement", pa.float32()),
    ("asr_text", pa.string()),
    ("words", _WORDS),
    ("snr_db", pa.float32()),
    ("dnsmos", pa.float32()),
    ("bandwidth", pa.float32()),
    ("clipping", pa.float32()),
    ("tier", pa.string()),
    ("speech_share", pa.float32()),
    ("overlap_share", pa.float32()),
    ("music_share", pa.float32()),
    ("cue_source", pa.string()),
    ("cue_line", pa.int32()),
    ("cue_shown", pa.string()),
    ("cue_speaker", pa.string()),
    ("off_screen", pa.bool_()),
    ("sounds", pa.list_(pa.string())),
    ("duplicate_of", pa.string()),
    ("media_sha256", pa.string()),
]

COLUMNS = [name for name, _ in FIELDS if name != "audio"]
"""Every column but the audio."""


def schema(sample_rate: int) -> pa.Schema:
    """Return the schema; its metadata tell `datasets` that the column `audio` holds audio."""
    return layout_of(FIELDS, sample_rate)


def layout_of(fields: Sequence[tuple[str, pa.DataType]], sample_rate: int) -> pa.Schema:
    """Return a schema of `fields`, with the features that `datasets` reads; sample_rate: Hz of `audio`, if any."""
    metadata = {"huggingface": json.dumps({"info": {"features": features(fields, sample_rate)}})}
    return pa.schema(list(fields), metadata=metadata)


def features(fields: Sequence[tuple[str, pa.DataType]], sample_rate: int) -> JsonObject:
    """Return the fields' types in the words of `datasets.Features`."""
    found: JsonObject = {name: _feature(kind) for name, kind in fields}
    if "audio" in found:
        found["audio"] = {"sampling_rate": sample_rate, "_type": "Audio"}
    return found


def sample_rate(layout: pa.Schema) -> int:
    """Return the Hz of the audio that a published schema names; 16,000 where it names none."""
    try:
        info = json.loads((layout.metadata or {})[b"huggingface"])
        return int(info["info"]["features"]["audio"]["sampling_rate"])
    except (KeyError, TypeError, ValueError):
        return 16_000


def _feature(kind: pa.DataType) -> JsonObject:
    """Return a field's type in the words of `datasets.Features`."""
    if pa.types.is_list(kind):
        return {"feature": _feature(kind.value_type), "_type": "List"}
    if pa.types.is_struct(kind):
        return {kind.field(i).name: _feature(kind.field(i).type) for i in range(kind.num_fields)}
    names = {"double": "float64", "float": "float32"}
    return {"dtype": names.get(str(kind), str(kind)), "_type": "Value"}


def row(line: Utterance, audio: bytes, suffix: str, media_hash: str) -> JsonObject:
    """Return the row of `line`; `audio` is an encoded file whose name would end in `suffix`."""
    values: JsonObject = {
        "id": line.id,
        "audio": {"bytes": audio, "path": f"{line.id.replace('/', '-')}.{suffix}"},
        "text": line.text,
        "normalised": line.normalised,
        "language": line.language,
        "series": line.id.partition("/")[0],
        "episode": line.episode,
        "start": line.start,
        "end": line.end,
        "duration": round(line.duration, 3),
        "duplicate_of": line.duplicate_of,
        "media_sha256": media_hash,
    }
    for part in (_naming, _place, _transcript, _signal, _cue):
        values.update(part(line))
    return values


def _naming(line: Utterance) -> Iterator[tuple[str, object]]:
    naming = line.naming
    yield "character", naming.character if naming else ""
    yield "probability", (naming.probability if naming.character else 0.0) if naming else None
    yield "runner_up", naming.runner_up if naming else ""
    yield "runner_up_probability", naming.runner_up_probability if naming else None
    yield "speaker", naming.speaker if naming else ""
    yield "faces", list(naming.faces) if naming else []
    ledger = naming.evidence if naming else ()
    yield "evidence", [{"cue": e.cue, "log_odds": e.log_odds, "note": e.note} for e in ledger]


def _place(line: Utterance) -> Iterator[tuple[str, object]]:
    place = line.place
    yield "scene", place.scene if place else ""
    yield "dialogue", place.dialogue if place else ""
    yield "turn", place.turn if place else None
    yield "context", list(place.context) if place else []
    yield "addressee", place.addressee if place else ""


def _transcript(line: Utterance) -> Iterator[tuple[str, object]]:
    transcript = line.transcript
    yield "agreement", transcript.agreement if transcript else None
    yield "asr_text", transcript.text if transcript else ""
    words = transcript.words if transcript else ()
    yield (
        "words",
        [{"text": w.text, "start": w.start, "end": w.end, "probability": w.probability} for w in words],
    )


def _signal(line: Utterance) -> Iterator[tuple[str, object]]:
    quality, speech = line.quality, line.speech
    yield "snr_db", quality.snr_db if quality else None
    yield "dnsmos", quality.dnsmos if quality else None
    yield "bandwidth", quality.bandwidth if quality else None
    yield "clipping", quality.clipping if quality else None
    yield "tier", quality.tier if quality else ""
    for name in ("speech_share", "overlap_share", "music_share"):
        yield name, getattr(speech, name) if speech else None


def _cue(line: Utterance) -> Iterator[tuple[str, object]]:
    cue = line.cue
    yield "cue_source", cue.source if cue else ""
    yield "cue_line", cue.line if cue else None
    yield "cue_shown", cue.shown if cue else ""
    yield "cue_speaker", cue.speaker if cue else ""
    yield "off_screen", cue.italic if cue else False
    yield "sounds", list(cue.sounds) if cue else []
