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
omit = ["temperature"]              # of temperature, seed, max_tokens: what the endpoint does not take
parameters = { max_completion_tokens = 4000 }   # sent as they are; in place of max_tokens = 2000
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from audiorole.core.config import read_recipe
from audiorole.errors import ConfigError, InputError
from audiorole.evaluation.judge.endpoint import Ledger, Pinned
from audiorole.evaluation.systems.completion import Endpoint
from audiorole.evaluation.systems.http import Connection
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
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)
    omit: tuple[str, ...] = ()

    @property
    def endpoint(self) -> Endpoint:
        """Whom to ask. Raises ValueError for parameters that may not be set."""
        return Endpoint(self.url, self.model, self.key_variable, 0.0, self.parameters, self.omit)

    def open(self, ledger: Path) -> Ledger:
        """Return the ledger that asks this judge. Raises ConfigError for a judge without a date, an odd address."""
        self.endpoint.check()
        pinned = Pinned(self.endpoint, self.date, self.input_price, self.output_price)
        return Ledger(ledger, pinned, self.replay, Connection().post)


def read_judge(path: Path) -> JudgeRecipe:
    """Return the recipe in a TOML file.

    Raises InputError for a bad field, ConfigError without a table `[judge]` and for an odd address or key.
    """
    tables = read_recipe(path)
    if set(tables) != {"judge"}:
        raise ConfigError(f"{path} wants one table, [judge]; it has {', '.join(sorted(tables)) or 'none'}.")
    try:
        recipe = msgspec.convert(tables["judge"], JudgeRecipe)
        recipe.endpoint.check()
    except (msgspec.ValidationError, ValueError) as error:
        raise InputError(str(path), str(error)) from error
    return recipe
