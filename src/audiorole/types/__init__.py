"""The nouns of audiorole: plain frozen records, no I/O."""

from audiorole.types.character import Cast, Character, ReferenceClip
from audiorole.types.dialogue import Dialogue, Turn
from audiorole.types.episode import AudioStream, Episode, Source, SubtitleSource
from audiorole.types.record import Dropped, Record, RecordT, encode
from audiorole.types.utterance import Cue, Evidence, Naming, Place, Quality, Speech, Transcript, Utterance, Word
from audiorole.types.who import CharacterId, find_character, shown_names, spoken_name, written_form

__all__ = [
    "AudioStream",
    "Cast",
    "Character",
    "CharacterId",
    "Cue",
    "Dialogue",
    "Dropped",
    "Episode",
    "Evidence",
    "Naming",
    "Place",
    "Quality",
    "Record",
    "RecordT",
    "ReferenceClip",
    "Source",
    "Speech",
    "SubtitleSource",
    "Transcript",
    "Turn",
    "Utterance",
    "Word",
    "encode",
    "find_character",
    "shown_names",
    "spoken_name",
    "written_form",
]
