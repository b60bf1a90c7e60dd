"""What the page may ask for, read out of a request; whatever is not understood is said in words."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

from starlette.requests import Request

from audiorole.dataset.input.cast import name_fault
from audiorole.dataset.names.decision_file import LONGEST_REVIEWER
from audiorole.errors import UserError
from audiorole.review.checks.answer import Answer
from audiorole.review.search import LineFilter
from audiorole.types.plain import JsonObject

MOST_ROWS = 500
LONGEST_SEARCH = 200


async def body_of(request: Request) -> JsonObject:
    """Return the JSON object of a request's body."""
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise _not_understood(f"the body is no JSON ({error})") from None
    if not isinstance(body, dict):
        raise _not_understood("an object is wanted")
    return body


def answer_of(body: JsonObject) -> Answer:
    """Return the answer in a body."""
    lines, kept = body.get("lines", []), body.get("kept", [])
    for ids in (lines, kept):
        if not isinstance(ids, list) or not all(isinstance(line, str) for line in ids):
            raise _not_understood("lines and kept must be lists of ids")
    kind, subject, value = body.get("kind"), body.get("subject"), body.get("value", "")
    if not (isinstance(kind, str) and isinstance(subject, str) and isinstance(value, str)):
        raise _not_understood("kind, subject and value must be text")
    marks = (body.get("random") is True, tuple(kept), body.get("new") is True)
    return Answer(kind, subject, value.strip(), tuple(lines), *marks, span_of(body.get("span")))


def span_of(asked: object) -> tuple[float, float] | None:
    """Return the bounds in a body, None without any."""
    if asked is None:
        return None
    if not isinstance(asked, list) or len(asked) != 2 or not all(type(each) in (int, float) for each in asked):
        raise _not_understood("span must be two numbers of seconds")
    try:
        return float(asked[0]), float(asked[1])
    except OverflowError:
        raise _not_understood("span must be two numbers of seconds") from None


def who_of(given: Mapping[str, object]) -> str:
    """Return who says that they decide; "" where nobody does."""
    who = given.get("who", "")
    if not isinstance(who, str) or len(who) > LONGEST_REVIEWER:
        raise _not_understood(f"a reviewer's name has at most {LONGEST_REVIEWER} letters")
    if who.strip() and (fault := name_fault(who.strip())):
        raise _not_understood(f"a reviewer's name {fault}")
    return who.strip()


def filter_of(given: Mapping[str, str]) -> LineFilter:
    """Return the filter in an address."""
    below = _number(given, "below", 0.0, 1.0)
    text = given.get("text", "")
    if len(text) > LONGEST_SEARCH:
        raise _not_understood(f"a search has at most {LONGEST_SEARCH} letters")
    return LineFilter(
        episode=given.get("episode", ""),
        character=given.get("character"),
        voice=given.get("voice", ""),
        below=below,
        overlap=given.get("overlap") == "1",
        tiers="".join(letter for letter in given.get("tiers", "") if letter in "ABC"),
        state=given.get("state", ""),
        text=text,
        order="outliers" if given.get("order") == "outliers" else "time",
    )


def window_of(given: Mapping[str, str]) -> tuple[int, int]:
    """Return (first place, number of lines) of a page of a list."""
    asked = (given.get("first", "0"), given.get("count", "100"))
    if not all(text.isdecimal() and len(text) < 12 for text in asked):
        raise _not_understood("first and count are whole numbers")
    first, count = (int(text) for text in asked)
    if first < 0 or not 0 <= count <= MOST_ROWS:
        raise _not_understood(f"first is 0 or more, count at most {MOST_ROWS}")
    return first, count


def seconds_of(given: Mapping[str, str], name: str) -> float:
    """Return a number of seconds, 0 where there is none."""
    return _number(given, name, 0.0, 1e6) or 0.0


def _number(given: Mapping[str, str], name: str, least: float, most: float) -> float | None:
    if not given.get(name):
        return None
    try:
        number = float(given[name])
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or not least <= number <= most:
        raise _not_understood(f"{name} is a number from {least:g} to {most:g}")
    return number


def _not_understood(why: str) -> UserError:
    return UserError(f"Not understood: {why}.")
