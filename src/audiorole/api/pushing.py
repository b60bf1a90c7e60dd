"""A dataset to the Hugging Face hub, once its rights were shown and stated."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from audiorole.errors import ConfigError, MissingExtraError
from audiorole.published.hub_head import Terms
from audiorole.published.reader import parquet_files
from audiorole.published.release import LIST, STATEMENT, Release, make_release


@dataclass(frozen=True)
class Push:
    """What would be sent where. statement: what a person has to see first."""

    release: Release
    repository: str
    private: bool

    @property
    def statement(self) -> str:
        """What goes where and whose it is, for a person to read before they state their right."""
        return self.release.statement(self.repository, self.private)

    def send(self, rights: str, sent: Callable[[str], None] = lambda name: None) -> str:
        """Send it and return its address. rights: what the person stated, word by word `STATEMENT`.

        Raises ConfigError for any other words, UserError for what the hub refuses.
        """
        if " ".join(rights.split()).rstrip(".").casefold() != STATEMENT.casefold():
            raise ConfigError(f"Nothing was sent: the rights were not stated. Type: {STATEMENT}")
        from audiorole.published.hub_upload import upload

        return upload(self.release.files, LIST, self.repository, self.private, sent)


@contextmanager
def pushing(
    folder: str | Path,
    repository: str,
    *,
    source: str,
    licence: str = "other",
    with_audio: bool = False,
    public: bool = False,
) -> Iterator[Push]:
    """Give what would be sent of a build or dataset folder to the dataset `repository` (`org/name`); send it inside.

    source: where the recordings are from; licence: a name that the hub knows (`cc-by-4.0`), or terms in words; both
    stand on the card. Private unless public; without sound unless with_audio. Raises UserError, before anything is
    sent, for what cannot be.
    """
    if not source.strip():
        raise ConfigError("Say where the recordings are from: --source.")
    if repository.count("/") != 1:
        raise ConfigError(f"{repository!r} is no repository: name it as on the hub, organisation/name.")
    try:
        from audiorole.published.hub_upload import check_access
    except ModuleNotFoundError as error:
        if error.name not in ("huggingface_hub", "httpx", "httpx2"):
            raise
        raise MissingExtraError("huggingface_hub", "push", "audiorole push") from error
    parquet_files(Path(folder))  # that there is something to send is said before the hub is asked
    check_access(repository, not public)
    with tempfile.TemporaryDirectory(prefix="audiorole-push-") as scratch:
        terms = _terms(licence.strip() or "other")
        release = make_release(Path(folder), Path(scratch), terms, source.strip(), with_audio)
        yield Push(release, repository, not public)


def _terms(licence: str) -> Terms:
    """Return the terms behind a licence: words with blanks are terms of their own."""
    if licence == "other":
        return Terms()
    return Terms("other", licence) if " " in licence else Terms(licence)
