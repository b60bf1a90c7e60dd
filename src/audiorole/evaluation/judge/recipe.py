"""A judge as data: a TOML file names the endpoint, the model, its date and what it costs.

[judge]
url = "http://localhost:8000/v1"
model = "qwen3-32b"
date = "2026-01-15"                 # of the model's snapshot: models change behind their names
key_variable = "OPENAI_API_KEY"     # name of the environment variable, never the key itself
input_price = 0.4                   # per million tokens, any currency
output_price = 1.2
items = 100                         # of each system, the same ones for all
exam_items = 50
replay = false                      # true: answer from the ledger only, never open a connection
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from audiorole.core.config import read_recipe
from audiorole.errors import ConfigError, InputError
from audiorole.evaluation.judge.endpoint import Ledger, Pinned
from audiorole.evaluation.systems.cascade import Endpoint
from audiorole.types import Record


class JudgeRecipe(Record, frozen=True):
    """The table `[judge]`."""

    url: str
    model: str
    date: str
    key_variable: str = ""
    input_price: float = 0.0
    output_price: float = 0.0
    items: int = 100
    exam_items: int = 50
    replay: bool = False

    def open(self, ledger: Path) -> Ledger:
        """Return the ledger that asks this judge. Raises ConfigError for a judge without a date."""
        endpoint = Endpoint(self.url, self.model, self.key_variable, temperature=0.0)
        return Ledger(ledger, Pinned(endpoint, self.date, self.input_price, self.output_price), self.replay)


def read_judge(path: Path) -> JudgeRecipe:
    """Return the recipe in a TOML file. Raises InputError for a bad field, ConfigError without a table `[judge]`."""
    tables = read_recipe(path)
    if set(tables) != {"judge"}:
        raise ConfigError(f"{path} wants one table, [judge]; it has {', '.join(sorted(tables)) or 'none'}.")
    try:
        return msgspec.convert(tables["judge"], JudgeRecipe)
    except msgspec.ValidationError as error:
        raise InputError(str(path), str(error)) from error
