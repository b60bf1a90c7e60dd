"""`audiorole chat`: talk to a character in the browser."""

from __future__ import annotations

from pathlib import Path

import click

from audiorole.api.voices import Voice, load_voice
from audiorole.errors import ConfigError
from audiorole.types import shown_names


@click.command("chat")
@click.argument("dataset", type=click.Path(path_type=Path), required=False)
@click.option("--system", metavar="NAME@RUN", help="A run folder of audiorole train; without it, retrieval.")
@click.option("--hear", default="whisper-base", show_default=True, metavar="MODEL", help="Who understands speech.")
@click.option("--language", default="", metavar="CODE", help="What is spoken to it; otherwise the characters' own.")
@click.option("--host", "hosts", multiple=True, metavar="NAME", help="Answer to a tunnel's or proxy's name too.")
@click.option("--port", type=click.IntRange(0, 65535), default=8377, show_default=True, help="0 takes a free one.")
def command(
    dataset: Path | None, system: str | None, hear: str, language: str, hosts: tuple[str, ...], port: int
) -> int:
    """Serve a page on this machine to talk to a character, by typing or by voice.

    With a trained model: --system NAME@RUN, as audiorole train printed it. With DATASET alone: the characters
    answer with their own real lines, which needs no weights and no GPU.
    """
    from audiorole.chat.hearing import Ear
    from audiorole.chat.server import chat_app  # of the extra `review`: a missing one is said before any work
    from audiorole.web.serve import serve_page, tunnel_hint

    voice = _voice(dataset, system)
    ear = Ear(hear, language or str(getattr(voice.speaker, "language", "")))

    def tell(address: str) -> None:
        click.echo(f"Talk to {', '.join([*shown_names(voice.characters).values()][:6])}: {address}")
        for line in filter(None, (tunnel_hint(address), ear.problem)):
            click.echo(line)

    serve_page(lambda token: chat_app(voice.speaker, token, voice.mark, ear, hosts), port, tell)
    return 0


def _voice(dataset: Path | None, system: str | None) -> Voice:
    if system is None and dataset is None:
        raise ConfigError("Nobody to talk to: give a DATASET, or --system NAME@RUN.")
    if system and "@" not in system:
        raise ConfigError(f"System {system!r} cannot chat: give NAME@RUN, a folder of audiorole train.")
    return load_voice(system or str(dataset))
