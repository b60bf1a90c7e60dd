"""The data card: what is in the dataset, where it came from, what may be done with it, what is known to be wrong."""

from __future__ import annotations

import audiorole
from audiorole.dataset.result.label_report import LabelFigures
from audiorole.dataset.result.summary import Summary
from audiorole.models import substitutes
from audiorole.models.requirements import weights_of
from audiorole.models.weights.catalogue import catalogue
from audiorole.pipeline.plan import StagePlan
from audiorole.types import shown_names


def data_card(summary: Summary, line: StagePlan) -> str:
    """Return the card as Markdown with the YAML head that the Hugging Face hub reads."""
    parts = (_head(summary), _contents(summary), _characters(summary), _waterfall(summary), _quality(summary))
    return "\n\n".join((*parts, _provenance(summary, line), _rights())) + "\n"


def _head(summary: Summary) -> str:
    splits = "\n".join(f"  - split: {name}\n    path: {name}/*.parquet" for name in _splits(summary))
    languages = "\n".join(f"- {code}" for code in sorted(summary.languages) if code) or "- und"
    head = f"---\nlanguage:\n{languages}\ntask_categories:\n- automatic-speech-recognition\n- text-to-speech\n"
    configs = f"configs:\n- config_name: default\n  data_files:\n{splits}\n" if splits else ""
    return f"{head}license: other\n{configs}---\n\n# {', '.join(summary.series)}: character-grounded speech"


def _splits(summary: Summary) -> list[str]:
    return sorted({*summary.splits, *(name.partition("/")[0] for name in summary.older.values())})


def _contents(summary: Summary) -> str:
    splits = ", ".join(f"{name} {count:,}" for name, count in summary.splits.items())
    return (
        f"{summary.lines:,} lines, {summary.speech_hours:.2f} h of speech from {summary.hours:.2f} h of media in "
        f"{len(summary.episodes)} episodes; {summary.scenes:,} scenes, {summary.dialogues:,} dialogues. "
        f"Lines per split: {splits or 'none'}. Splits are whole episodes.\n\n"
        "```python\nfrom datasets import load_dataset\n"
        'dataset = load_dataset("parquet", data_dir="dataset")\n```'
    )


def _characters(summary: Summary) -> str:
    shown = shown_names(count.who for count in summary.characters)
    rows = [
        f"| {_cell(shown[count.who]) or '*someone else*'} | {count.lines:,} | {count.seconds / 60:.1f} "
        f"| {count.episodes} | {count.probability:.3f} |"
        for count in summary.characters[:40]
    ]
    more = f"\n\n…and {len(summary.characters) - 40} more." if len(summary.characters) > 40 else ""
    head = "## Characters\n\n| character | lines | minutes | episodes | mean probability |\n|---|---|---|---|---|"
    return "\n".join((head, *rows)) + more


def _waterfall(summary: Summary) -> str:
    rows = []
    for step in summary.waterfall:
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in step.dropped.items()) or "–"
        rows.append(f"| {step.stage} | {step.entered:,} | {step.created:,} | {step.kept:,} | {reasons} |")
    head = "## What was left out\n\n| stage | entered | created | kept | dropped |\n|---|---|---|---|---|"
    return "\n".join((head, *rows))


def _quality(summary: Summary) -> str:
    tiers = ", ".join(f"{tier} {count:,}" for tier, count in summary.tiers.items() if tier)
    named = f"{summary.mean_probability:.1%}" if summary.mean_probability is not None else "not named"
    checks = "\n".join(f"- {label_sentence(figures)}" for figures in summary.labels)
    return (
        f"## Quality\n\nTiers: {tiers or 'not rated'}. Mean probability of the names: {named}; it is the expected "
        "share of right names where the model is calibrated. How right they are:\n\n"
        + (checks or "- not known: no name was given that could be held back, and no random line was reviewed")
    )


def label_sentence(figures: LabelFigures) -> str:
    """Return what is known of how right the names of a series are."""
    how = (
        "random lines that a person named, each named again without that answer"
        if figures.method == "review"
        else "lines that a subtitle, script or person names, each named again without that name"
    )
    text = (
        f"{figures.series}: {figures.accuracy:.1%} right [{figures.low:.1%}, {figures.high:.1%}] of "
        f"{figures.checked:,} {how}."
    )
    dial = figures.dial
    if dial is None:
        return text
    text += f" Label precision {dial.target:.0%}: {dial.line_share:.1%} of the lines are kept"
    text += f" ({dial.time_share:.1%} of the time)"
    if dial.precision is not None:
        text += f", {dial.precision:.1%} of them expected right"
    if dial.low is not None and dial.high is not None:
        text += f" [{dial.low:.1%}, {dial.high:.1%}] on {dial.known:,} known lines"
    return text + "."


def _provenance(summary: Summary, line: StagePlan) -> str:
    models = sorted(line.models())
    notes = "\n".join(f"- {_licence(kind, reference)}" for kind, reference in models) or "- none"
    skipped = "\n".join(f"- not built: {path} ({reason})" for path, reason in summary.skipped.items())
    failed = "\n".join(f"- quarantined: {q.id} at {q.stage}: {q.error}" for q in summary.quarantined)
    older = "\n".join(f"- {name}: of an earlier build; this one failed on {e}" for e, name in summary.older.items())
    tail = f"\n\n{sentence}" if (sentence := substitutes(models)) else ""
    tail += f"\n\n{older}" if older else ""
    tail += f"\n\n{skipped}" if skipped else ""
    tail += f"\n\n{failed}" if failed else ""
    return (
        f"## Provenance\n\nBuilt by audiorole {audiorole.__version__}; `recipe.json` beside the dataset holds every "
        f"setting, each row the SHA-256 of its media file. Models and their licences:\n\n{notes}{tail}"
    )


def _licence(kind: str, reference: str) -> str:
    """Return a line on a model: its reference, and licence and attribution of its weights."""
    weights = [catalogue()[name] for name in weights_of(kind, reference)]
    notes = "; ".join(
        dict.fromkeys(f"{one.name.partition('/')[0]}: {one.licence}, {one.attribution}" for one in weights)
    )
    return f"{kind} `{reference}`" + (f" ({notes})" if notes else "")


def _rights() -> str:
    return (
        "## Rights\n\nThe recordings and texts belong to their owners. The person who built this dataset states that "
        "they may use the media for this purpose; the dataset must not be passed on without the owners' permission, "
        "and a model trained on it can imitate living people: ask them first."
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")
