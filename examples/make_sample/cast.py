"""Who is in the series, and which Kokoro voice speaks for whom.

The eight voices were picked by WeSpeaker ResNet34: no two of them have a cosine above 0.25 on the same sentences.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Role:
    """A character. voice: file stem of a Kokoro voice; language: espeak's; speed: Kokoro's; gain_db: loudness."""

    name: str
    voice: str
    language: str
    speed: float
    gain_db: float
    gender: str
    aliases: tuple[str, ...] = ()


ROLES = {
    role.name.upper(): role
    for role in (
        Role("Marigold", "bf_emma", "en-gb", 0.98, 0.0, "female", ("Miss Finch", "Marigold Finch")),
        Role("Otis", "am_puck", "en-us", 1.05, 0.0, "male"),
        Role("Zoë", "af_bella", "en-us", 1.04, 1.0, "female", ("Zoe",)),
        Role(
            "Pemberton", "bm_george", "en-gb", 1.0, 1.0, "male", ("Inspector", "Inspector Pemberton", "The Inspector")
        ),
        Role("Gus", "am_onyx", "en-us", 0.95, 1.5, "male", ("Driver",)),
        Role("Pip", "zf_xiaoyi", "en-us", 1.0, -1.0, "female"),
        Role("Tannoy", "af_nicole", "en-gb", 1.06, 1.0, "female", ("Announcer",)),
        Role("Arthur", "am_michael", "en-us", 0.97, 0.0, "male"),  # a guest of episode three, kept out of cast.toml
    )
}
