"""A character's card, made from its own training lines: whom it knows, what it talks of, how it talks, how long.

Only lines of training episodes come in: what the test asks must not stand in the prompt.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from audiorole.training.dialogues.examples import Example
from audiorole.types import CharacterId, spoken_name
from audiorole.types.record import Record

KNOWN, TOPICS, SAYINGS = 5, 8, 3
"""Names, words and lines on a card."""

LEAST = 3
"""Times a word must be said to be a topic."""

OWN = 2.0
"""Times as often as others a character says a word of its own."""

SAYING_WORDS = range(4, 13)
"""Words of a line that is shown as the character's way of talking."""

USUAL_WORDS, MOST_WORDS = 8, 24
"""Of a character without lines: the median and the ninetieth percentile of a development series."""


class PersonaCard(Record, frozen=True):
    """What a prompt tells of a character.

    knows: names, the one it talks with most first. topics: its own words, the most telling first. sayings: whole lines.
    usual_words, most_words: median and ninetieth percentile of its turns' words.
    """

    character: str
    knows: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    sayings: tuple[str, ...] = ()
    usual_words: int = USUAL_WORDS
    most_words: int = MOST_WORDS

    def instruction(self) -> str:
        """Return the system prompt.

        >>> PersonaCard("show/Gus", ("Otis",), ("boat",)).instruction()
        'You are Gus from show. You talk with Otis. You speak of boat. Answer as Gus, in about 8 words.'
        """
        who = CharacterId.parse(self.character)
        parts = [f"You are {who.name} from {who.series}."]
        parts += [f"You talk with {_listed(self.knows)}."] if self.knows else []
        parts += [f"You speak of {_listed(self.topics)}."] if self.topics else []
        parts += ["You say: " + " ".join(f'"{line}"' for line in self.sayings)] if self.sayings else []
        return " ".join([*parts, f"Answer as {who.name}, in about {self.usual_words} words."])


@dataclass(frozen=True)
class Turns:
    """What a character said and to whom, in training episodes."""

    texts: tuple[str, ...]
    partners: Counter[str]


def make_cards(examples: Iterable[Example], held_out: str) -> dict[str, PersonaCard]:
    """Return a card for each character of `examples`, out of those that are trained on."""
    examples = list(examples)
    said = _turns(example for example in examples if example.split not in (held_out, "test"))
    everyone: Counter[str] = Counter(
        word for turns in said.values() for text in turns.texts for word in set(words(text))
    )
    names = {word for name in said for word in words(spoken_name(name))}
    characters = sorted({example.character for example in examples})
    empty = Turns((), Counter())
    return {name: _card(name, said.get(name, empty), everyone, names) for name in characters}


def _turns(examples: Iterable[Example]) -> dict[str, Turns]:
    """Return each character's targets and the partners of them; every turn once."""
    found: dict[str, Turns] = {}
    for example in examples:
        target, before = example.messages[-1], example.messages[-2]
        known = found.get(example.character, Turns((), Counter()))
        partners = Counter(spoken_name(speech.character) for speech in before.speech if speech.character)
        text = " ".join(speech.text for speech in target.speech)
        found[example.character] = Turns((*known.texts, text), known.partners + partners)
    return found


def _card(name: str, turns: Turns, everyone: Counter[str], names: set[str]) -> PersonaCard:
    lengths = sorted(len(words(text)) for text in turns.texts)
    own = Counter(word for text in turns.texts for word in set(words(text)))
    telling = _telling(own, everyone, names)
    return PersonaCard(
        character=name,
        knows=tuple(partner for partner, _ in _most(turns.partners)[:KNOWN]),
        topics=tuple(word for word, _ in _most(telling)[:TOPICS]),
        sayings=_sayings(turns.texts, telling),
        usual_words=max(1, lengths[len(lengths) // 2]) if lengths else USUAL_WORDS,
        most_words=max(4, lengths[int(0.9 * (len(lengths) - 1))]) if lengths else MOST_WORDS,
    )


def _telling(own: Counter[str], everyone: Counter[str], names: set[str]) -> dict[str, float]:
    """Return how much each word is the character's own: times said, and how much more than others say it."""
    mine, others = sum(own.values()), sum(everyone.values()) - sum(own.values())
    often = {word: (count / mine) / ((everyone[word] - count + 1) / (others + 1)) for word, count in own.items()}
    return {
        word: count * math.log(often[word])
        for word, count in own.items()
        if count >= LEAST and often[word] >= OWN and word not in names and word.isalpha() and len(word) > 2
    }


def _sayings(texts: Sequence[str], telling: dict[str, float]) -> tuple[str, ...]:
    """Return the lines with most of the character's own words, none twice."""
    fit = [text for text in dict.fromkeys(texts) if len(words(text)) in SAYING_WORDS and '"' not in text]
    value = {text: sum(telling.get(word, 0.0) for word in set(words(text))) / len(words(text)) for text in fit}
    return tuple(text for text, _ in _most(value)[:SAYINGS])


def _most(values: dict[str, float] | dict[str, int] | Counter[str]) -> list[tuple[str, float]]:
    """Return the items, the largest first, equal ones by name."""
    return sorted(values.items(), key=lambda item: (-item[1], item[0]))


def words(text: str) -> list[str]:
    """Return the words of `text` in small letters, apostrophes inside them kept."""
    return re.findall(r"[^\W_]+(?:['’][^\W_]+)*", text.lower())


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
