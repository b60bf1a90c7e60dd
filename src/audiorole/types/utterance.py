"""An utterance: one speaker's line, growing a field with each stage of the straight line."""

from __future__ import annotations

from audiorole.types.record import Record
from audiorole.types.who import CharacterId


class Word(Record, frozen=True):
    """One word with its time in the episode (seconds) and the aligner's probability in [0, 1]."""

    text: str
    start: float
    end: float
    probability: float = 1.0


class Cue(Record, frozen=True):
    """What the subtitle said about this line: the evidence, before anyone interprets it.

    source: file (or file#track) the cue came from; line: its line number there; index: number of the cue.
    shown: the cue's text as shown; start, end: the cue's own times, before sync.
    speaker: a name given by the subtitle or script ("" when none); speaker_source: `sdh`, `ass`, `script`.
    sticky: the name was carried over from an earlier line. dash: the cue held several speakers' lines.
    part, parts: this line's place among the speaker lines split out of one cue.
    sounds: SDH sound tags of the cue or just before it.
    label: an anonymous mark of the speaker that holds within this file only: `SPEAKER_00` of a diarizer, a colour.
    """

    source: str
    index: int
    start: float
    end: float
    shown: str
    line: int = 0
    speaker: str = ""
    speaker_source: str = ""
    sticky: bool = False
    dash: bool = False
    italic: bool = False
    part: int = 0
    parts: int = 1
    sounds: tuple[str, ...] = ()
    label: str = ""


class Speech(Record, frozen=True):
    """What the signal says of the span. Shares are parts of the span's duration in [0, 1]."""

    speech_share: float
    overlap_share: float = 0.0
    music_share: float = 0.0
    snr_db: float | None = None


class Transcript(Record, frozen=True):
    """What an ASR or an aligner made of the span.

    agreement: in [0, 1], how well the audio supports the subtitle's text; None when nothing could be compared.
    method: the model reference that gave it.
    """

    text: str = ""
    language: str = ""
    agreement: float | None = None
    confidence: float | None = None
    method: str = ""
    words: tuple[Word, ...] = ()


class Quality(Record, frozen=True):
    """Signal quality. tier: A, B or C; dnsmos in [1, 5]; bandwidth in Hz; clipping: share of clipped samples."""

    tier: str
    dnsmos: float | None = None
    snr_db: float | None = None
    bandwidth: float | None = None
    clipping: float = 0.0
    enhanced_dnsmos: float | None = None
    enhanced: bool = False


class Evidence(Record, frozen=True):
    """One entry of the ledger: what a cue contributed to `character` winning over the runner-up, in log-odds."""

    cue: str
    log_odds: float
    note: str = ""


class Naming(Record, frozen=True):
    """Who says the line. character: "" means someone else (outside the cast). probability: calibrated, in [0, 1].

    speaker: the anonymous voice (a cluster of the series), e.g. `voice_03`. faces: who was on the picture, largest
    first: clusters such as `face_02`, with the character they belong to where that is clear: `face_02 Otis`.
    """

    character: str
    probability: float
    speaker: str = ""
    runner_up: str = ""
    runner_up_probability: float = 0.0
    evidence: tuple[Evidence, ...] = ()
    faces: tuple[str, ...] = ()


class Place(Record, frozen=True):
    """Where the line stands in the conversation.

    scene, dialogue: ids such as `show/s01e02/c003` and `show/s01e02/d0012`; turn: 0-based within the dialogue.
    context: ids of the preceding lines given as context, oldest first. addressee: the likely listener or "".
    """

    scene: str
    dialogue: str
    turn: int
    context: tuple[str, ...] = ()
    addressee: str = ""


class Utterance(Record, frozen=True):
    """One speaker's line. id: `show/s01e02/u00042`, sorted in time. start, end: seconds in the episode's audio."""

    id: str
    start: float
    end: float
    text: str
    normalised: str = ""
    language: str = ""
    cue: Cue | None = None
    speech: Speech | None = None
    transcript: Transcript | None = None
    quality: Quality | None = None
    naming: Naming | None = None
    place: Place | None = None
    duplicate_of: str = ""
    split: str = ""

    @property
    def duration(self) -> float:
        """Seconds."""
        return max(0.0, self.end - self.start)

    @property
    def episode(self) -> str:
        """The id of the episode, `show/s01e02`."""
        return self.id.rpartition("/")[0]

    @property
    def series(self) -> str:
        """The series, the first part of the id."""
        return self.id.partition("/")[0]

    @property
    def character(self) -> str:
        """The character's name, or "" while nobody or someone outside the cast is named."""
        return self.naming.character if self.naming else ""

    @property
    def who(self) -> str:
        """The character's written form, `show/Gus`: what tells it from all others of any series; "" for nobody."""
        return str(CharacterId(self.series, self.character)) if self.character else ""
