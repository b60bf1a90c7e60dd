"""Running an evaluation: plan, ask, hear, score, add up. Resumable at every row, nothing dropped."""

from audiorole.evaluation.run.evaluate import evaluate
from audiorole.evaluation.run.prepared import Evaluation
from audiorole.evaluation.run.results import Results

__all__ = ["Evaluation", "Results", "evaluate"]
