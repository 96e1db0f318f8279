"""How images are read, as HTML: confusion matrix, classes, the worst errors, and digits drawn by hand."""

from html import escape

from engine.arrays import Bytes
from engine.report.figures import picture
from engine.report.gather import Gathered, Judged
from engine.report.parts import percent, table

WIDEST = 40  # classes of which a matrix can still be read


def judged_html(judged: Judged, brief: bool = False) -> str:
    """One set of images. brief: without the table of classes and with fewer pictures."""
    wrong = judged.count - int(judged.confusion.trace())
    lead = f"{percent(judged.accuracy)} of {judged.count:,} images are read correctly; {wrong:,} are not."
    parts = [f"<p>{escape(lead)}</p>", f'<p class="warn">{escape(judged.note)}</p>' if judged.note else ""]
    parts.append(_confusion(judged))
    if not brief:
        parts.append(_classes(judged))
    parts.append(_worst(judged, 8 if brief else len(judged.worst)))
    return "".join(parts)


def _confusion(judged: Judged) -> str:
    """Rows are what the images are, columns what they were taken for; a darker cell has a larger share of its row."""
    counts = judged.confusion
    if len(counts) > WIDEST:
        return f"<p>The matrix of {len(counts)} classes is in the data.</p>"
    head = "".join(f'<th scope="col">{number}</th>' for number in range(len(counts)))
    rows = []
    for number, row in enumerate(counts):
        total = max(int(row.sum()), 1)
        cells = []
        for place, count in enumerate(row.tolist()):
            right = place == number
            strength = 0 if not count else min(12 + 88 * (count / total) ** 0.5, 100) * (0.45 if right else 1)
            tone = "var(--t4)" if right else "var(--warn)"
            shade = (
                f' style="background:color-mix(in srgb, {tone} {strength * 0.6:.0f}%, transparent)"' if count else ""
            )
            cells.append(f"<td{' class=right' if right else ''}{shade}>{count or ''}</td>")
        rows.append(f'<tr><th scope="row">{number}</th>{"".join(cells)}</tr>')
    caption = (
        f"Confusion matrix of the {judged.which} images: each row is a class, each column what it was taken for. Look "
        "for the strong cells beside the diagonal: which two are mixed up, and is it as often the other way round?"
    )
    return (
        f'<figure><div class="scroll"><table class="confusion"><thead><tr><th></th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div><figcaption>{escape(caption)}</figcaption></figure>"
    )


def _classes(judged: Judged) -> str:
    scores, counts = judged.scores, judged.confusion
    rows = [
        [
            str(number),
            f"{int(counts[number].sum()):,}",
            percent(float(scores.precision[number])),
            percent(float(scores.recall[number])),
            percent(float(scores.f1[number])),
        ]
        for number in range(len(counts))
    ]
    caption = (
        "Precision: of what was taken for the class, the share that is. Recall: of the class, the share that was "
        "found. F1 is their harmonic mean."
    )
    return table(("Class", "Images", "Precision", "Recall", "F1"), rows, caption)


def _worst(judged: Judged, most: int) -> str:
    if not judged.worst:
        return "<p>No image is read wrongly.</p>"
    figures = "".join(
        _card(each.image, f"a {each.label}", f"{each.label}, read as {each.answer} ({percent(each.share)})")
        for each in judged.worst[:most]
    )
    return (
        f'<h3>Errors of which it is surest</h3><div class="digits">{figures}</div>'
        '<p class="small">Would you have read them otherwise?</p>'
    )


def pinned_html(run: Gathered) -> str:
    """Drawings that were pinned, and the answers of the newest weights."""
    figures = []
    for pin in run.pinned:
        answer = int(pin.shares.argmax())
        share = percent(float(pin.shares[answer]))
        words = f"{pin.label}, read so ({share})" if answer == pin.label else f"{pin.label}, read as {answer} ({share})"
        figures.append(_card(pin.image, f"a drawn {pin.label}", words))
    return f'<div class="digits">{"".join(figures)}</div>'


def _card(image: Bytes, what: str, words: str) -> str:
    return f'<figure><img src="{picture(image)}" alt="{escape(what)}"><figcaption>{escape(words)}</figcaption></figure>'
