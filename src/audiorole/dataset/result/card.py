"""The data card: what is in the dataset, where it came from, what may be done with it, what is known to be wrong."""

from __future__ import annotations

from collections.abc import Iterable

import audiorole
from audiorole.dataset.result.label_report import LabelFigures
from audiorole.dataset.result.plots import CHARACTERS, LEFT_OUT, MEASURES
from audiorole.dataset.result.summary import Summary
from audiorole.models import substitutes
from audiorole.models.requirements import weights_of
from audiorole.models.weights.catalogue import catalogue
from audiorole.pipeline.plan import StagePlan
from audiorole.published.hub_head import TableFacts, hub_head, opening
from audiorole.types import shown_names


def data_card(summary: Summary, line: StagePlan, facts: TableFacts) -> str:
    """Return the card as Markdown with the YAML head that the Hugging Face hub reads.

    facts: of the Parquet files that lie beside it.
    """
    parts = (
        _title(summary, facts),
        _contents(summary),
        opening(),
        _characters(summary),
        _waterfall(summary),
        _quality(summary),
        _missing(summary),
        _provenance(summary, line),
        _rights(),
    )
    return "\n\n".join(part for part in parts if part) + "\n"


def _title(summary: Summary, facts: TableFacts) -> str:
    head = hub_head(facts)
    return f"{head}\n# {', '.join(_cell(name) for name in summary.series)}: character-grounded speech"


def _contents(summary: Summary) -> str:
    splits = ", ".join(f"{name} {count:,}" for name, count in summary.splits.items())
    return (
        f"{summary.lines:,} lines, {summary.speech_hours:.2f} h of speech from {summary.hours:.2f} h of media in "
        f"{len(summary.episodes)} episodes; {summary.scenes:,} scenes, {summary.dialogues:,} dialogues. "
        f"Lines per split: {splits or 'none'}. Splits are whole episodes. The columns are explained in audiorole's "
        "manual, on the page “What comes out”."
    )


def _characters(summary: Summary) -> str:
    shown = shown_names(count.who for count in summary.characters)
    rows = [
        f"| {_cell(shown[count.who]) or '*someone else*'} | {count.lines:,} | {count.seconds / 3600:.2f} "
        f"| {count.episodes} | {count.probability:.3f} |"
        for count in summary.characters[:40]
    ]
    more = f"\n\n…and {len(summary.characters) - 40} more." if len(summary.characters) > 40 else ""
    head = "## Characters\n\n| character | lines | hours | episodes | mean probability |\n|---|---|---|---|---|"
    plot = _plot(CHARACTERS, "Minutes of speech by character") if rows else ""
    return "\n".join((head, *rows)) + more + plot


def _plot(path: str, text: str) -> str:
    return f"\n\n![{text}]({path})"


def _waterfall(summary: Summary) -> str:
    rows = []
    for step in summary.waterfall:
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in step.dropped.items()) or "–"
        rows.append(f"| {step.stage} | {step.entered:,} | {step.created:,} | {step.kept:,} | {reasons} |")
    head = "## What was left out\n\n| stage | entered | created | kept | dropped |\n|---|---|---|---|---|"
    plot = _plot(LEFT_OUT, "Lines kept and left out") if any(step.dropped for step in summary.waterfall) else ""
    return "\n".join((head, *rows)) + plot


def _quality(summary: Summary) -> str:
    tiers = ", ".join(f"{tier} {count:,}" for tier, count in summary.tiers.items() if tier)
    named = f"{summary.mean_probability:.1%}" if summary.mean_probability is not None else "not named"
    checks = "\n".join(f"- {label_sentence(figures)}" for figures in summary.labels)
    return (
        f"## Quality\n\nTiers: {tiers or 'not rated'}. Mean probability of the names: {named}; it is the expected "
        "share of right names where the model is calibrated. How right they are:\n\n"
        + (checks or "- not known: no name was given that could be held back, and no random line was reviewed")
        + (_plot(MEASURES, "Measures of the lines") if summary.lines else "")
    )


def _missing(summary: Summary) -> str:
    """Return what a reader might expect and does not find: episodes, files, characters."""
    rows = [f"- not built: {path} ({reason})" for path, reason in summary.skipped.items()]
    rows += [f"- quarantined: {q.id} at {q.stage}: {q.error}" for q in summary.quarantined]
    rows += [f"- {name}: of an earlier build; this one failed on {e}" for e, name in summary.older.items()]
    rows += [f"- no line: {one.id}" for one in summary.episodes if not one.lines]
    rows += [f"- not used: {path} ({reason})" for path, reason in summary.unused.items()]
    rows += [f"- {sentence}" for sentence in summary.naming]
    return "## What is missing\n\n" + ("\n".join(rows) or "Nothing that the build knows of.")


def label_sentence(figures: LabelFigures) -> str:
    """Return what is known of how right the names of a series are."""
    how = (
        "random lines that a person named, each named again without that answer"
        if figures.method == "review"
        else "lines that a subtitle, script or person names, each named again without that name"
    )
    text = (
        f"{figures.series}: {figures.accuracy:.1%} right [{figures.low:.1%}, {figures.high:.1%}] of "
        f"{figures.checked:,} {how}{' (in the build that was packed)' if figures.packed else ''}."
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
    notes = "\n".join(model_lines(models, summary.languages)) or "- none"
    tail = f"\n\n{sentence}" if (sentence := substitutes(models)) else ""
    return (
        f"## Provenance\n\nBuilt by audiorole {audiorole.__version__}; `recipe.json` beside the dataset holds every "
        f"setting, each row the SHA-256 of its media file. Models and their licences:\n\n{notes}{tail}"
    )


def model_lines(models: Iterable[tuple[str, str]], languages: Iterable[str]) -> list[str]:
    """Return a row for each model that took part: its port, its name, licence and attribution of its weights."""
    named = ((kind, part) for kind, reference in models for part in resolved(reference, languages))
    return [f"- {_licence(kind, reference)}" for kind, reference in dict.fromkeys(named)]


def resolved(reference: str, languages: Iterable[str]) -> tuple[str, ...]:
    """Return the models behind a reference that chooses by language, else the reference itself.

    `auto` hears words by Whisper and scores texts by Moonshine where a line is English.
    """
    if reference != "auto":
        return (reference,)
    return ("moonshine", "whisper") if "en" in set(languages) else ("whisper",)


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
