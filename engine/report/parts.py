"""Pieces of the report's page, as HTML. Every text goes through `escape`."""

import time
from collections.abc import Mapping, Sequence
from html import escape

from engine.history import sentence
from engine.limits import public_id
from engine.report.gather import Gathered
from engine.setting_words import named, settings, words

ENDS = {
    "finished": "finished",
    "target": "reached its target",
    "patience": "stopped early",
    "diverged": "diverged",
    "stopped": "stopped by hand",
    "failed": "could not begin",
}


def section(title: str, content: str) -> str:
    """A part of the report with its heading."""
    return f"<section><h2>{escape(title)}</h2>{content}</section>" if content else ""


def said(text: str) -> str:
    """What a person wrote, as it was written; "" where nothing was."""
    return f'<div class="said">{escape(text)}</div>' if text.strip() else ""


def percent(share: float | None) -> str:
    """0.9853 -> "98.53 %"."""
    return f"{100 * share:.2f} %" if isinstance(share, int | float) and share == share else "–"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], caption: str = "") -> str:
    """A table of texts; the first column names the rows."""
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in row[1:])}</tr>'
        for row in rows
    )
    told = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f'<div class="scroll"><table>{told}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def outcome(run: Gathered) -> str:
    """How the run stands, in a word or two."""
    ended = run.history.ended
    if ended is not None:
        return ENDS.get(str(ended.get("reason")), "ended")
    return {"queued": "waiting", "starting": "starting", "running": "in training", "paused": "paused"}.get(
        run.status.state, "interrupted"
    )


def tiles_html(run: Gathered) -> str:
    """The result in a few numbers, and in a sentence."""
    history, ended = run.history, run.history.ended or {}
    best = history.best
    numbers = [
        ("Validation accuracy", percent(ended.get("validation_accuracy") or (best.accuracy if best else None))),
        ("Test accuracy", percent(ended.get("test_accuracy"))),
        ("Parameters", f"{sum(row.parameters for row in run.layers):,}" if run.layers else "–"),
        ("Epochs", f"{history.epoch:.4g}"),
        ("Steps", f"{history.step:,}"),
        ("Training time", f"{history.seconds:.1f} s"),
    ]
    tiles = "".join(f"<div><span>{escape(name)}</span><b>{escape(value)}</b></div>" for name, value in numbers)
    state = "" if run.history.ended else f" The run is {outcome(run)}: this is how it stood when the report was made."
    return f'<div class="tiles">{tiles}</div><p>{escape(sentence(history) + state)}</p>'


def network_html(run: Gathered) -> str:
    """The layers, from the image to the answer."""
    if not run.layers:
        rows = [[str(n), words(layer), "–", "–"] for n, layer in enumerate(run.config.layers, 1)]
    else:
        rows = [
            [
                str(n),
                words(layer),
                "×".join(map(str, row.output_shape)),
                f"{row.parameters:,}" if row.parameters else "–",
            ]
            for n, (layer, row) in enumerate(zip(run.config.layers, run.layers, strict=True), 1)
        ]
    return table(
        ("", "Layer", "Output", "Parameters"), rows, "The network. Settings that are not named are the usual ones."
    )


def settings_html(run: Gathered) -> str:
    """All other settings; those that are not the usual ones stand out."""
    body = "".join(
        f'<tr{" class=changed" if row.usual else ""}><th scope="row">{escape(named(row.path))}</th>'
        f"<td>{escape(row.value)}</td><td>{escape(row.usual)}</td></tr>"
        for row in settings(run.config)
    )
    head = '<thead><tr><th scope="col">Setting</th><th scope="col">Value</th><th scope="col">Usually</th></tr></thead>'
    caption = "<caption>Settings as the run began. Bold: not as usual.</caption>"
    return f"<table>{caption}{head}<tbody>{body}</tbody></table>"


def changes_html(run: Gathered) -> str:
    """Live changes and forks, numbered as in the curves."""
    rows = []
    for number, change in enumerate(run.history.changes, 1):
        what = "; ".join(f"{path}: {_value(old)} → {_value(new)}" for path, (old, new) in change.changes.items())
        origin = f"goes on from run {public_id(change.parent)}" if change.parent else ""
        rows.append([str(number), f"{change.step:,}", f"{change.epoch:.2f}", "; ".join(filter(None, (origin, what)))])
    if not rows:
        return "<p>Nothing.</p>"
    return table(("", "Step", "Epoch", "Change"), rows, "The numbers are those beside the dashed lines in the curves.")


def _value(value: object) -> str:
    """A setting in JSON form, in words."""
    if isinstance(value, dict):
        inner = ", ".join(f"{name}={words(each)}" for name, each in value.items() if name != "kind")
        return f"{value.get('kind', '')}({inner})"
    if isinstance(value, list):
        return ", ".join(_value(each) for each in value) or "none"
    return words(value)


def facts_html(run: Gathered, address: str, here: Mapping[str, str]) -> str:
    """All that it takes to do it again, and to see that it came out the same."""
    started = run.history.started or {}
    versions = started.get("versions")
    told = ", ".join(f"{name} {value}" for name, value in versions.items()) if isinstance(versions, dict) else "–"
    rows = [
        ["Run", run.id],
        ["Began", time.strftime("%d %B %Y, %H:%M:%S", time.localtime(run.created))],
        ["Seed", str(run.config.seed)],
        ["Link", f"{address}?s={run.link}"],
        ["Recipe", run.recipe or "–"],
        ["Weights", f"{run.weights} after step {run.weights_step:,}" if run.weights else "–"],
        ["Trained with", f"{told}, {started.get('parts', '?')} part(s)"],
        ["Reported with", ", ".join(f"{name} {value}" for name, value in here.items())],
    ]
    rows += [["Copied from", run.about.origin]] if run.about.origin else []
    rows += [["Not in the link", "; ".join(run.stays)]] if run.stays else []
    note = (
        "Runs with equal recipes that are trained from their first step to their planned end, with no change on the "
        "way, come to equal weights, to the last bit. The recipe is a digest of settings, all images and labels, the "
        "engine's source, versions and processor, as they are where this report was made; the weights' is one of all "
        "numbers in them."
    )
    return table(("", ""), rows, note).replace("<table>", "<table class=facts>")
