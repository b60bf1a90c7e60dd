"""Sentences that a voice reads while it is fitted, so that lost words are counted on more than a character's own lines.

A character may have three clean lines to judge by, with names in them that no recogniser knows. These have everyday
words, and are as short as replies are: a voice has a style of its own for each length.
"""

from __future__ import annotations

SENTENCES = (
    "I called you twice this morning.",
    "What did he say?",
    "We need a bigger boat before the river rises.",
    "Nobody told me about the letter.",
    "She left the keys under the old chair.",
    "Do you want some more bread?",
    "It took us three days to cross the valley.",
    "Wait here until the light turns green.",
    "My brother works at the station.",
    "There is something strange in that box.",
    "Give it back, please.",
    "Why would anyone pay so much for a hat?",
    "They were dancing in the kitchen.",
    "I think you should see a doctor.",
    "Look, the water is full of fish!",
    "Take the second street on the right.",
    "He never gave us a straight answer.",
    "Good, then we can leave tonight.",
    "How long have you been waiting?",
    "That was the best show of the year.",
    "The judge asked her to speak up.",
    "Put your bag down and sit with us.",
    "You could have warned me sooner.",
    "Our plane is late because of the storm.",
)
"""The first are the most useful, where only some are read."""
