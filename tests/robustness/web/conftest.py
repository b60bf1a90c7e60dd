"""Both pages behind the same guard: the chat with a toy speaker, the review with a toy session."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("starlette", reason="needs the extra audiorole[review]")

from audiorole.chat.server import chat_app
from audiorole.naming.answers.decisions import Decision
from audiorole.review.server import review_app
from audiorole.web.guard import Guard

TOKEN = "secret"
HEADERS = {"x-audiorole-token": TOKEN}


class Parrot:
    """Says what it hears."""

    sample_rate = 16_000
    characters = ("Joe",)

    def stream(self, turns: Any, character: str, seed: int) -> Any:
        yield SimpleNamespace(text=turns[-1]["text"], samples=np.zeros(4, np.float32))


def chat() -> Guard:
    return chat_app(Parrot(), TOKEN, "a test")  # type: ignore[arg-type]


def review() -> Guard:
    def decide(answer: Any, who: str, wait: bool) -> Decision:
        if answer.subject == "break":
            raise RuntimeError("a defect")
        return Decision("1", "rename", answer.subject)

    live = SimpleNamespace(busy=False, error=None)
    standing = SimpleNamespace(log=[])
    lines = SimpleNamespace(fold=lambda: None)
    session = SimpleNamespace(lines=lines, version=1, live=live, standing=standing, refresh=lambda: None, decide=decide)
    return review_app(session, TOKEN)  # type: ignore[arg-type]


APPS = {"chat": (chat, "/characters", "/say"), "review": (review, "/changes", "/decide")}
"""name → how it is made, a path that is read, a path that is posted to."""


@pytest.fixture(params=sorted(APPS))
def app(request: pytest.FixtureRequest) -> tuple[Guard, str, str]:
    make, read, post = APPS[request.param]
    return make(), read, post
