"""`audiorole chat`: talk to a character in the browser."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import click

from audiorole.api.voices import Voice, load_voice
from audiorole.errors import ConfigError
from audiorole.training.backend import MARK
from audiorole.types import shown_names


@click.command("chat")
@click.argument("dataset", type=click.Path(path_type=Path), required=False)
@click.option("--system", metavar="RUN", help="A run folder of audiorole train (or NAME@RUN); without it, retrieval.")
@click.option("--hear", default="whisper-base", show_default=True, metavar="MODEL", help="Who understands speech.")
@click.option("--language", default="", metavar="CODE", help="What is spoken to it; otherwise the characters' own.")
@click.option("--host", "hosts", multiple=True, metavar="NAME", help="Answer to a tunnel's or proxy's name too.")
@click.option("--port", type=click.IntRange(0, 65535), default=8377, show_default=True, help="0 takes a free one.")
@click.option("--open/--no-open", "open_", default=False, help="Open the page in a browser.")
@click.option("--say", metavar="TEXT", help="Print one answer to TEXT and end, without a page.")
@click.option("--character", default="", metavar="NAME", help="Of --say: who answers; otherwise the first.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE.wav", help="Of --say: where the sound goes.")
def command(
    dataset: Path | None, system: str | None, hear: str, language: str, hosts: tuple[str, ...], port: int,
    open_: bool, say: str | None, character: str, out: Path | None,
) -> int:  # fmt: skip
    """Serve a page on this machine to talk to a character, by typing or by voice.

    With a trained model: --system RUN, the folder of audiorole train. With DATASET alone: the characters
    answer with their own real lines, which needs no weights and no GPU.
    """
    if say is not None:
        return _say(_voice(dataset, system), say, character, out)
    from audiorole.chat.hearing import Ear
    from audiorole.chat.server import chat_app  # of the extra `review`: a missing one is said before any work
    from audiorole.web.serve import serve_page, tunnel_hint

    voice = _voice(dataset, system)
    ear = Ear(hear, language or str(getattr(voice.speaker, "language", "")))

    def tell(address: str) -> None:
        click.echo(f"Talk to {', '.join([*shown_names(voice.characters).values()][:6])}: {address}")
        for line in filter(None, (tunnel_hint(address), ear.problem)):
            click.echo(line)
        if open_ and not webbrowser.open(address):
            click.echo("No browser could be opened.", err=True)

    serve_page(lambda token: chat_app(voice.speaker, token, voice.mark, ear, hosts), port, tell)
    return 0


def _say(voice: Voice, text: str, character: str, out: Path | None) -> int:
    """Print one answer, and write its sound."""
    if not text.strip():
        raise ConfigError("--say wants words: there is nothing to answer.")
    reply = voice.reply(text, character or voice.characters[0])
    click.echo(reply.text)
    if out:
        reply.save(out)
        click.echo(f"{out}: {len(reply.samples) / reply.sample_rate:.1f} s", err=True)
    return 0


def _voice(dataset: Path | None, system: str | None) -> Voice:
    if system is None and dataset is None:
        raise ConfigError("Nobody to talk to: give a DATASET, or --system RUN.")
    if system and "@" not in system and not (Path(system.partition("#")[0]) / MARK).is_file():
        raise ConfigError(f"System {system!r} cannot chat: give RUN or NAME@RUN, a folder of audiorole train.")
    return load_voice(system or str(dataset))
