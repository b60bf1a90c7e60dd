"""What stages, drop reasons and naming cues mean, in a sentence for someone who has never seen the code."""

from __future__ import annotations

STAGES: dict[str, str] = {
    "subtitles": "reads the best subtitle source and splits its cues into one line per speaker",
    "sync": "puts the subtitles on the clock of the audio, over offsets, frame rates and cuts",
    "segment": "moves each line's boundaries onto the speech; without subtitles, finds the lines itself",
    "validate": "asks whether the audio supports the text",
    "script": "gives lines that were recognised in the speech the speakers of a script",
    "language": "looks for lines in another language, and for dubs",
    "embed": "turns each line's voice into numbers that can be compared",
    "quality": "rates how clean each line is",
    "enhance": "denoises lines where that leaves voice and words as they were (only if the recipe asks for it)",
    "faces": "who is on the picture at each line",
    "dedup": "finds recordings that were heard before: recaps, openings, reruns",
    "name": "says who speaks, with a probability",
    "converse": "finds scenes, dialogues and turns",
    "correct": "applies what people corrected in lines",
    "curate": "applies the rules of the recipe",
    "publish": "writes the dataset",
    "restore": "puts the lines of a rebuild pack at their places in this copy",
}

REASONS: dict[str, str] = {
    "other_subtitles": "A subtitle that is not used: another fits better, or it is of another language or only signs.",
    "other_script": "A script that is not used: another names more lines, or none of the lines is in it.",
    "unreadable_subtitles": "A subtitle source that could not be read at all.",
    "unreadable_cue": "A place in a subtitle or script file that could not be used; the rest of the file was.",
    "not_in_this_copy": "A line of a rebuild pack whose moment this copy lacks: a cut, or the end of a recording.",
    "sounds_otherwise": "A line of a rebuild pack where this copy sounds otherwise: a dub, a bleep, another take.",
    "used_as_text": "A row of your subtitle whose words became the text of a rebuilt line; nothing is lost.",
    "not_in_the_pack": "A row of your subtitle that is no line of the rebuild pack.",
    "sound_only": "A cue that describes a sound and holds no spoken word.",
    "music": "Music or song: a cue of lyrics, or a line with more music behind it than the recipe allows.",
    "empty": "A cue without any text.",
    "credit": "A cue in which the makers of the subtitles sign their work.",
    "repeat": "A cue shown twice: in layers, frame by frame, or standing while captions scroll; it was read once.",
    "drawing": "A typeset drawing, not text.",
    "sign": "Text on the picture (a sign, a letter, a title) that the subtitle translates and nobody says.",
    "note": "A note of the translators.",
    "subtitles_do_not_fit": "The subtitles could not be matched to this audio: another cut, or another episode's text.",
    "outside_audio": "The line would lie before the audio begins or after it ends.",
    "no_speech": "Hardly any speech was detected where the subtitle says that somebody talks.",
    "no_text": "Neither the subtitles nor the speech recognition gave a word.",
    "hallucination": "Recognised text that no one can have said: endless repeats, or too many characters a second.",
    "other_language": "The text, or a row of its cue, is in another language than the rest of the episode.",
    "dubbed": "Text and audio disagree all over the episode: a dub, or subtitles in another language.",
    "removed": "A reviewer said that there is no such line.",
    "stale_decision": "A correction of a line that has another text now, or is not there any more; it was not applied.",
    "too_short": "Shorter than the recipe's shortest line.",
    "too_long": "Longer than the recipe's longest line.",
    "heard_before": "The same recording occurred in an earlier episode: a recap, an opening or a rerun.",
    "text_mismatch": "The audio does not support the text well enough.",
    "overlap": "More of the line is spoken over by somebody else than the recipe allows.",
    "low_quality": "The line's quality tier is not among those that the recipe keeps.",
    "uncertain_speaker": "The name is not sure enough for the label precision that was asked for.",
}

CUES: dict[str, str] = {
    "bias": "how talkative characters of the cast are in general",
    "voice": "how much the voice sounds like each character",
    "near": "lines of the same episode that sound alike",
    "cast": "who else is in the scene and the episode",
    "turn": "whose turn it is: people answer each other",
    "face": "faces on screen",
    "text": "words, names and idiom in the text",
    "dash": "two speakers marked in one subtitle",
    "seed": "a name given by the subtitle, the script or a reference clip",
}

TIERS: dict[str, str] = {"A": "clean", "B": "usable", "C": "noisy or clipped"}


def reason_sentence(reason: str) -> str:
    """Return what `reason` means; a reason of somebody else's stage speaks for itself."""
    return REASONS.get(reason, f"Left out as “{reason_name(reason)}”.")


def reason_name(reason: str) -> str:
    """Return a reason's name for a person: `too_short` → `too short`."""
    return reason.replace("_", " ")


def cue_sentence(cue: str) -> str:
    """Return what a cue of the ledger says; finer ones (`text.named_before`) take the sentence of their group."""
    return CUES.get(cue.partition(".")[0], "")
