"""One verb for passing on whatever a folder holds: a build or dataset, the items of an evaluation, a trained run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from audiorole.errors import InputError, UnknownNameError
from audiorole.evaluation.api import EvaluationCall, export_items
from audiorole.published.exporting import ExportReport, export_lines, reasons_sentence
from audiorole.published.formats import FORMATS
from audiorole.published.reader import dataset_root
from audiorole.published.selection import Selection
from audiorole.training.backend import MARK, TRAINERS, Rights, TrainerBackend, backend_of_run

ITEMS = "items"


@dataclass(frozen=True)
class Exported:
    """What was written. number: of lines or items; 0 for a model. what: a few words for a person.

    report: of an export of lines, what was kept, what was dropped and why.
    """

    folder: Path
    number: int
    what: str
    report: ExportReport | None = None


def export_forms(folder: str | Path) -> tuple[str, ...]:
    """Return what the folder can be passed on as. Raises InputError where it holds nothing that audiorole made."""
    if _is_run(Path(folder)):
        return tuple(_trainer(Path(folder)).forms)
    if any(dataset_root(Path(folder)).glob("*/*.parquet")):
        return (*FORMATS.names(), ITEMS)
    raise InputError(str(folder), "holds no build, no dataset and no trained run: nothing to pass on")


def export(
    folder: str | Path,
    form: str,
    out: str | Path | None = None,
    *,
    selection: Selection | None = None,
    source: str = "",
    licence: str = "",
    permission: str = "",
    suite: str | Path = "",
    cast: str | Path | None = None,
    seeds: int = 0,
) -> Exported:
    """Pass on what `folder` holds as `form`, into the new folder `out` (`OUT/form`, beside the dataset, if None).

    A build folder or the dataset in it: a name of `published.formats`, or `items` (contexts of an evaluation for a
    system on another machine; suite, cast and seeds say which). selection: which lines; all if None. A run of `train`:
    `adapter` and what else its base offers; source, licence and permission go into the model card and must be said,
    here or in the run's rights.toml. Raises UserError.
    """
    root = Path(folder)
    forms = export_forms(root)
    if form not in forms:
        raise UnknownNameError("form to export", form, forms)
    target = Path(out) if out else _beside(root, form)
    if _is_run(root):
        return _export_run(root, form, target, Rights(source, licence, permission))
    if form == ITEMS:
        call = EvaluationCall(root, target, suite=suite, cast=Path(cast) if cast else None, seeds=seeds)
        about = export_items(call, target)
        return Exported(target, about.items, f"items × {about.seeds} seeds of suite {about.suite}, without targets")
    report = export_lines(root, form, target, selection)
    what = f"lines as {form}" + (f" ({reasons_sentence(report)})" if report.dropped else "")
    return Exported(target, report.kept, what, report)


def _beside(root: Path, form: str) -> Path:
    """Return where an export goes that nobody named: never among the files of the dataset, which readers would read."""
    if dataset_root(root) != root or _is_run(root):
        return root / form
    here = root.resolve()
    return here.parent / form if here.name == "dataset" else here.with_name(f"{here.name}-{form}")


def _is_run(folder: Path) -> bool:
    return (folder / MARK).is_file()


def _trainer(run: Path) -> TrainerBackend:
    trainer: TrainerBackend = TRAINERS.load(backend_of_run(run))()
    return trainer


def _export_run(run: Path, form: str, target: Path, rights: Rights) -> Exported:
    card = _trainer(run).export(run, target, form, rights)
    return Exported(target, 0, f"{form} with its model card {card}")
