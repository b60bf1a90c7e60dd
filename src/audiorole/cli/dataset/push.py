"""`audiorole push`: a dataset to the Hugging Face hub."""

from __future__ import annotations

from pathlib import Path

import click

from audiorole.api.pushing import pushing
from audiorole.published.release import STATEMENT


@click.command("push")
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("repository", metavar="ORG/NAME")
@click.option("--source", required=True, help="Where the recordings are from; stands on the card.")
@click.option("--licence", default="other", help="A licence that the hub knows, or terms in words; stands on the card.")
@click.option("--with-audio", is_flag=True, help="Send the sound of every line too.")
@click.option("--public", is_flag=True, help="Anybody may see it; otherwise it is private.")
@click.option("--rights", default="", metavar="SENTENCE", help="The sentence that is asked for, for scripts.")
def command(
    folder: Path, repository: str, source: str, licence: str, with_audio: bool, public: bool, rights: str
) -> int:
    """Send the dataset of FOLDER to the dataset ORG/NAME of the Hugging Face hub.

    What goes where and whose it is are shown first; then you type the sentence that states your right to pass it on.
    The repository is private and gets no sound, unless you say otherwise. An upload that was stopped goes on where it
    was. Files of an earlier push that are no longer in the dataset are taken away; nothing else in it is touched.
    """
    with pushing(folder, repository, source=source, licence=licence, with_audio=with_audio, public=public) as push:
        click.echo(push.statement)
        stated = rights or click.prompt(f"\nType “{STATEMENT}” to send it", default="", show_default=False)
        address = push.send(stated, lambda name: click.echo(f"sent {name}"))
    click.echo(address)
    return 0
