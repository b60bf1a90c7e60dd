"""`audiorole`: the commands, each loaded only when it is called, so that `--help` answers at once."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import sys

import click

from audiorole import __version__
from audiorole.cli.stopping import exit_code, stoppable
from audiorole.core.extras import missing_extra
from audiorole.errors import AudioroleError, UserError

COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("audiorole.cli.dataset.init", "Write the cast.toml that a folder suggests."),
    "build": ("audiorole.cli.dataset.build", "Build a dataset from a folder of episodes."),
    "check": ("audiorole.cli.dataset.check", "Verify what a build stored."),
    "report": ("audiorole.cli.dataset.report", "Write the HTML report of a build."),
    "explain": ("audiorole.cli.dataset.explain", "Say why a line has its character."),
    "review": ("audiorole.cli.dataset.review", "Decide who voices and lines are, in the browser."),
    "decide": ("audiorole.cli.dataset.decide", "Write down who a voice or a line is."),
    "pack": ("audiorole.cli.dataset.pack", "Write what may be passed on of a dataset: no audio, no text."),
    "rebuild": ("audiorole.cli.dataset.rebuild", "Make the dataset of a pack from your own episodes."),
    "diff": ("audiorole.cli.dataset.diff", "Compare two datasets line by line."),
    "export": ("audiorole.cli.export", "Pass on what a folder holds: a dataset, items, a trained run."),
    "push": ("audiorole.cli.dataset.push", "Send a dataset to the Hugging Face hub."),
    "sample": ("audiorole.cli.sample", "Write the bundled series, to try everything on."),
    "models": ("audiorole.cli.models", "Pull, list and verify model weights."),
    "doctor": ("audiorole.cli.doctor", "Check this installation on known speech."),
    "evaluate": ("audiorole.cli.evaluation.evaluate", "Measure speech role-play systems on a dataset."),
    "compare": ("audiorole.cli.evaluation.compare", "Compare evaluations made under one protocol."),
    "listen": ("audiorole.cli.evaluation.listen", "Make and analyse blind listening tests."),
    "train": ("audiorole.cli.model.train", "Train a model to play the characters."),
    "chat": ("audiorole.cli.model.chat", "Talk to a character in the browser."),
}
"""Command → (module, one line of help). The module's `command` is loaded on use; what is not there is not offered."""


RENAMED = {"publish": "audiorole export OUT --as FORMAT [--out FOLDER]"}
"""Commands of an earlier version → what to say now."""


class LazyGroup(click.Group):
    """A group that imports a command's module only when the command is run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order of the straight line."""
        return [name for name, (module, _) in COMMANDS.items() if _exists(module)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command."""
        if cmd_name in RENAMED:
            raise UserError(f"`audiorole {cmd_name}` has another name now: {RENAMED[cmd_name]}")
        module = COMMANDS.get(cmd_name, ("", ""))[0]
        if not module or not _exists(module):
            return None
        command: click.Command = importlib.import_module(module).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])


def _exists(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="audiorole")
@click.option("-v", "--verbose", is_flag=True, help="Show the library's log on stderr.")
def cli(verbose: bool) -> None:
    """Turn TV episodes into a character-grounded speech dataset, train models that play the characters, and measure
    how well they do.

    \b
    audiorole build FOLDER --out OUT     media   → dataset
    audiorole evaluate OUT/dataset …     dataset × systems → scores
    """
    level = logging.INFO if verbose else logging.ERROR
    logging.basicConfig(level=level, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")


def main() -> None:
    """Run the command line: a user's mistake is one sentence and exit code 2, never a traceback."""
    try:
        with stoppable():
            sys.exit(cli.main(standalone_mode=False) or 0)
    except (click.exceptions.Abort, KeyboardInterrupt) as error:
        _say("stopped. What was finished is kept; run the same command again to go on.", exit_code(error))
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except UserError as error:
        _say(error, 2)
    except AudioroleError as error:
        _say(error, 3)
    except ModuleNotFoundError as error:
        missing = missing_extra(error, " ".join(["audiorole", *sys.argv[1:2]]))
        if missing is None:
            raise
        _say(missing, 2)
    except MemoryError:
        _say("ran out of memory. Give it more, or less to do at once, and run the same command again.", 3)
    except OSError as error:  # of the machine: a full disk, a folder that may not be written to
        if error.strerror is None:
            raise
        _say(f"{error.filename or 'a file, or what takes the answer, cannot be read or written'}: {error.strerror}", 2)


def _say(error: Exception | str, code: int) -> None:
    click.echo(f"audiorole: {error}", err=True)
    sys.exit(code)
