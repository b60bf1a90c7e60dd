"""`audiorole review`: decide who voices and lines are, the most useful question first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from audiorole.review.session import ReviewSession
from audiorole.review.views import whole_state


@click.command("review")
@click.argument("out", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--series", default="", help="Which series, where OUT holds several.")
@click.option("--list", "listed", type=click.IntRange(1), metavar="N", help="Print the first N questions and stop.")
@click.option("--port", type=click.IntRange(0, 65535), default=8378, show_default=True, help="0 takes a free one.")
@click.option("--host", "hosts", multiple=True, metavar="NAME", help="Answer to a tunnel's or proxy's name too.")
@click.option("--as", "who", default="", metavar="NAME", help="Who answers; otherwise the user of this machine.")
def command(out: Path, series: str, listed: int | None, port: int, hosts: tuple[str, ...], who: str) -> int:
    """Serve a page on this machine that asks who voices and lines of the build OUT are.

    Voices that settle most speech come first, then lines that settle most others; every fourth is a random line, so
    that the same answers say how right the names are. Answers go to OUT/decisions.jsonl; the page shows at once what
    follows from them, and the next `audiorole build` takes them into the dataset.
    """
    session = ReviewSession(out, series, limit=listed or 30, who=who)
    if listed:
        _print(whole_state(session))
        return 0
    _serve(session, port, hosts)
    return 0


def _print(state: dict[str, Any]) -> None:
    click.echo(f"{state['series']}: {state['lines']:,} lines, {state['expected']:.1%} of the speech expected right.")
    for number, item in enumerate(state["queue"], 1):
        first = item["lines"][0]
        who = ", ".join(f"{c['name'] or 'someone else'} {c['probability']:.2f}" for c in item["candidates"][:3])
        what = f"voice {item['subject']} ({item['count']} lines)" if item["kind"] == "voice" else item["subject"]
        gain = "at random" if item["kind"] == "random" else f"{item['gain']:.0f} s"
        click.echo(f"{number:>3}  {gain:>9}  {what}  {who or 'nobody named yet'}")
        click.echo(f"     {first['id']}  {first['text']!r}")
    for conflict in state["conflicts"]:
        click.echo(f"two answers to one question: {conflict}")
    click.echo("Answer: audiorole decide OUT name-voice VOICE NAME, or label-line LINE NAME (--random if at random).")


def _serve(session: ReviewSession, port: int, hosts: tuple[str, ...]) -> None:
    from audiorole.review.server import review_app  # of the extra `review`
    from audiorole.web.serve import serve_page, tunnel_hint

    def tell(address: str) -> None:
        click.echo(f"Review {session.name}: {address}")
        if hint := tunnel_hint(address):
            click.echo(hint)
        click.echo("Ctrl-C ends it; every answer is already written down.")

    serve_page(lambda token: review_app(session, token, hosts), port, tell)
