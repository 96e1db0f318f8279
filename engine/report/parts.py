"""Pieces of the report's page, as HTML. Every text goes through `escape`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape

from engine.history import sentence
from engine.limits import public_id
from engine.report.gather import Gathered
from engine.saying import Language
from engine.setting_words import called, named, settings, words

ENDS = {
    "finished": "finished",
    "target": "reached its target",
    "patience": "stopped early",
    "diverged": "diverged",
    "stopped": "stopped by hand",
    "failed": "could not begin",
}
STATES = {"queued": "waiting", "starting": "starting", "running": "in training", "paused": "paused"}


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


def moment(seconds: float, say: Language) -> str:
    """A time of day with its date. seconds: since 1970."""
    return say("{time:%d %B %Y, %H:%M}", time=datetime.fromtimestamp(seconds))


def outcome(run: Gathered, say: Language) -> str:
    """How the run stands, in a word or two."""
    ended = run.history.ended
    if ended is not None:
        return say(ENDS.get(str(ended.get("reason")), "ended"))
    return say(STATES.get(run.status.state, "interrupted"))


def tiles_html(run: Gathered, say: Language) -> str:
    """The result in a few numbers, and in a sentence."""
    history, ended = run.history, run.history.ended or {}
    best = history.best
    numbers = [
        (say("Validation accuracy"), percent(ended.get("validation_accuracy") or (best.accuracy if best else None))),
        (say("Test accuracy"), percent(ended.get("test_accuracy"))),
        (say("Parameters"), f"{sum(row.parameters for row in run.layers):,}" if run.layers else "–"),
        (say("Epochs"), f"{history.epoch:.4g}"),
        (say("Steps"), f"{history.step:,}"),
        (say("Training time"), say("{seconds:.1f} s", seconds=history.seconds)),
    ]
    tiles = "".join(f"<div><span>{escape(name)}</span><b>{escape(value)}</b></div>" for name, value in numbers)
    told = [say(sentence(history))]
    if not run.history.ended:
        now = outcome(run, say)
        told.append(say("The run is {state}: this is how it stood when the report was made.", state=now))
    return f'<div class="tiles">{tiles}</div><p>{escape(say.joined(told))}</p>'


def network_html(run: Gathered, say: Language) -> str:
    """The layers, from the image to the answer."""
    if not run.layers:
        rows = [[str(n), words(layer, say), "–", "–"] for n, layer in enumerate(run.config.layers, 1)]
    else:
        rows = [
            [
                str(n),
                words(layer, say),
                "×".join(map(str, row.output_shape)),
                f"{row.parameters:,}" if row.parameters else "–",
            ]
            for n, (layer, row) in enumerate(zip(run.config.layers, run.layers, strict=True), 1)
        ]
    heads = ("", say("Layer"), say("Output"), say("Parameters"))
    return table(heads, rows, say("The network. Settings that are not named are the usual ones."))


def settings_html(run: Gathered, say: Language) -> str:
    """All other settings; those that are not the usual ones stand out."""
    body = "".join(
        f'<tr{" class=changed" if row.usual else ""}><th scope="row">{escape(named(row.path, say))}</th>'
        f"<td>{escape(row.value)}</td><td>{escape(row.usual)}</td></tr>"
        for row in settings(run.config, say)
    )
    cells = (say("Setting"), say("Value"), say("Usually"))
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in cells)
    caption = escape(say("Settings as the run began. Bold: not as usual."))
    return f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def changes_html(run: Gathered, say: Language) -> str:
    """Live changes and forks, numbered as in the curves."""
    rows = []
    for number, change in enumerate(run.history.changes, 1):
        what = "; ".join(
            f"{named(path, say)}: {_value(old, say)} → {_value(new, say)}"
            for path, (old, new) in change.changes.items()
        )
        origin = say("goes on from run {name}", name=public_id(change.parent)) if change.parent else ""
        rows.append([str(number), f"{change.step:,}", f"{change.epoch:.2f}", "; ".join(filter(None, (origin, what)))])
    if not rows:
        return f"<p>{escape(say('Nothing.'))}</p>"
    heads = ("", say("Step"), say("Epoch"), say("Change"))
    return table(heads, rows, say("The numbers are those beside the dashed lines in the curves."))


def _value(value: object, say: Language) -> str:
    """A setting in JSON form, in words."""
    if isinstance(value, dict):
        inner = ", ".join(f"{named(name, say)}={words(each, say)}" for name, each in value.items() if name != "kind")
        return f"{called(str(value.get('kind', '')), say)}({inner})"
    if isinstance(value, list):
        return ", ".join(_value(each, say) for each in value) or say("none")
    return words(value, say)


def facts_html(run: Gathered, address: str, here: Mapping[str, str], say: Language) -> str:
    """All that it takes to do it again, and to see that it came out the same."""
    started = run.history.started or {}
    versions = started.get("versions")
    told = ", ".join(f"{name} {value}" for name, value in versions.items()) if isinstance(versions, dict) else "–"
    weights = say("{name} after step {step:,}", name=run.weights, step=run.weights_step) if run.weights else "–"
    rows = [
        [say("Run"), run.id],
        [say("Began"), moment(run.created, say)],
        [say("Seed"), str(run.config.seed)],
        [say("Link"), f"{address}?s={run.link}"],
        [say("Recipe"), run.recipe or "–"],
        [say("Weights"), weights],
        [say("Trained with"), say("{versions}, {parts} part(s)", versions=told, parts=started.get("parts", "?"))],
        [say("Reported with"), ", ".join(f"{name} {value}" for name, value in here.items())],
    ]
    rows += [[say("Copied from"), run.about.origin]] if run.about.origin else []
    rows += [[say("Not in the link"), "; ".join(map(say, run.stays))]] if run.stays else []
    note = say(
        "Runs with equal recipes that are trained from their first step to their planned end, with no change on the "
        "way, come to equal weights, to the last bit. The recipe is a digest of settings, all images and labels, the "
        "engine's source, versions and processor, as they are where this report was made; the weights' is one of all "
        "numbers in them."
    )
    return table(("", ""), rows, note).replace("<table>", "<table class=facts>")
