"""What a number is worth: two named intervals, paired tests per character, power. scipy underneath."""

from audiorole.evaluation.statistics.comparison import Comparison, compare_paired, holm, sign_flip
from audiorole.evaluation.statistics.intervals import (
    CharacterSample,
    Interval,
    macro_mean,
    mean_interval,
    new_characters,
    these_characters,
)
from audiorole.evaluation.statistics.power import (
    PowerAdvice,
    characters_needed,
    minimum_detectable_difference,
    power_advice,
    smallest_p,
)
from audiorole.evaluation.statistics.ranking import Flip, rank_flips

__all__ = [
    "CharacterSample",
    "Comparison",
    "Flip",
    "Interval",
    "PowerAdvice",
    "characters_needed",
    "compare_paired",
    "holm",
    "macro_mean",
    "mean_interval",
    "minimum_detectable_difference",
    "new_characters",
    "power_advice",
    "rank_flips",
    "sign_flip",
    "smallest_p",
    "these_characters",
]
