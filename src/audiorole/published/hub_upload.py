"""Files to a dataset repository of the Hugging Face hub, or of a server that speaks like it (`HF_ENDPOINT`).

Large files go first, one by one, and stay there: an upload that was stopped sends again only what is missing. Then one
commit makes all of them visible at once, and takes away the files of an earlier release that this one has no more.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, get_token, hf_hub_url
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, RepositoryNotFoundError
from huggingface_hub.utils import build_hf_headers, disable_progress_bars, get_session

from audiorole.errors import UserError

try:
    from httpx2 import HTTPError
except ImportError:  # what earlier versions of huggingface_hub speak by
    from httpx import HTTPError  # type: ignore[assignment]

AGAIN = "run the same command again; what was sent is not sent again"


def check_access(repository: str, private: bool) -> bool:
    """Return whether the repository is there already. Raises UserError where nothing may be sent to it.

    private: what was asked for: a public repository takes nothing then.
    """
    if not get_token():
        raise UserError("There is no token of the hub: log in with `hf auth login`, or set HF_TOKEN.")
    with _explained(repository):
        try:
            found = HfApi().repo_info(repository, repo_type="dataset")
        except RepositoryNotFoundError:
            return False
    if private and not found.private:
        raise UserError(f"{repository} is public. Say --public if it is to be, or choose another repository.")
    return True


def upload(files: Mapping[str, Path], listed: str, repository: str, private: bool, sent: Callable[[str], None]) -> str:
    """Make a repository hold `files` (name there → file here) and return its address.

    listed: the name, among them, of the file that lists them. sent: hears the name of each file that has arrived.
    Raises UserError for what the hub refuses and where it cannot be reached.
    """
    disable_progress_bars()  # `sent` says what arrived
    there, api = check_access(repository, private), HfApi()
    with _explained(repository):
        if not there:
            api.create_repo(repository, repo_type="dataset", private=private)
        stale = sorted(_earlier(repository, listed) - set(files)) if there else []
        additions = []
        for name, path in sorted(files.items()):
            addition = CommitOperationAdd(name, path)
            api.preupload_lfs_files(repository, [addition], repo_type="dataset")
            additions.append(addition)
            sent(name)
        present = set(api.list_repo_files(repository, repo_type="dataset")) if stale else set()
        removals = [CommitOperationDelete(name) for name in stale if name in present]
        message = "Upload a dataset with audiorole"
        done = api.create_commit(repository, [*additions, *removals], commit_message=message, repo_type="dataset")
    return str(getattr(done, "repo_url", "") or f"{api.endpoint}/datasets/{repository}")


def _earlier(repository: str, listed: str) -> set[str]:
    """Return the names of the files that an earlier release put there."""
    address = hf_hub_url(repository, listed, repo_type="dataset")
    answer = get_session().get(address, headers=build_hf_headers(), follow_redirects=True)
    if answer.status_code != 200:
        return set()
    try:
        names = json.loads(answer.text[: 16 << 20])["files"]
    except (ValueError, KeyError, TypeError):
        return set()
    return {name for name in names if isinstance(name, str)} if isinstance(names, list) else set()


@contextmanager
def _explained(repository: str) -> Iterator[None]:
    """Say in a sentence what went wrong with the hub."""
    try:
        yield
    except HFValidationError as error:
        raise UserError(f"{repository!r} is no name of a repository: {str(error).splitlines()[0]}") from error
    except HfHubHTTPError as error:
        raise UserError(_refusal(repository, error)) from error
    except (HTTPError, OSError, RuntimeError, ValueError) as error:
        raise UserError(
            f"The hub could not be reached or broke off ({error or type(error).__name__}); {AGAIN}."
        ) from error


def _refusal(repository: str, error: HfHubHTTPError) -> str:
    status = error.response.status_code if error.response is not None else 0
    if status == 401:
        return "The hub does not know this token (401): log in with `hf auth login`, or set HF_TOKEN."
    if status == 403:
        return f"This token may not write to {repository} (403)."
    return (
        f"The hub refused {repository} ({status or 'no answer'}: {error.server_message or 'no reason given'}); {AGAIN}."
    )
