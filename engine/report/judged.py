"""How images are read, as HTML: confusion matrix, classes, the worst errors, and digits drawn by hand."""

from html import escape

from engine.arrays import Bytes
from engine.report.figures import picture
from engine.report.gather import Gathered, Judged
from engine.report.parts import percent, table
from engine.saying import Language

WIDEST = 40  # classes of which a matrix can still be read


def judged_html(judged: Judged, say: Language, brief: bool = False) -> str:
    """One set of images. brief: without the table of classes and with fewer pictures."""
    wrong = judged.count - int(judged.confusion.trace())
    lead = say(
        "{share} of {count:,} images are read correctly; {wrong:,} are not.",
        share=percent(judged.accuracy),
        count=judged.count,
        wrong=wrong,
    )
    parts = [f"<p>{escape(lead)}</p>", f'<p class="warn">{escape(say(judged.note))}</p>' if judged.note else ""]
    parts.append(_confusion(judged, say))
    if not brief:
        parts.append(_classes(judged, say))
    parts.append(_worst(judged, 8 if brief else len(judged.worst), say))
    return "".join(parts)


def which_html(judged: Judged, say: Language) -> str:
    """Which images these are, as a heading."""
    return say("Test images") if judged.which == "test" else say("Validation images")


def _confusion(judged: Judged, say: Language) -> str:
    """Rows are what the images are, columns what they were taken for; a darker cell has a larger share of its row."""
    counts = judged.confusion
    if len(counts) > WIDEST:
        return f"<p>{escape(say('The matrix of {count} classes is in the data.', count=len(counts)))}</p>"
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
    caption = say(
        "{images}, confusion matrix: each row is a class, each column what it was taken for. Look for the strong cells "
        "beside the diagonal: which two are mixed up, and is it as often the other way round?",
        images=which_html(judged, say),
    )
    return (
        f'<figure><div class="scroll"><table class="confusion"><thead><tr><th></th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div><figcaption>{escape(caption)}</figcaption></figure>"
    )


def _classes(judged: Judged, say: Language) -> str:
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
    caption = say(
        "Precision: of what was taken for the class, the share that is. Recall: of the class, the share that was "
        "found. F1 is their harmonic mean."
    )
    return table((say("Class"), say("Images"), say("Precision"), say("Recall"), "F1"), rows, caption)


def _worst(judged: Judged, most: int, say: Language) -> str:
    if not judged.worst:
        return f"<p>{escape(say('No image is read wrongly.'))}</p>"
    figures = "".join(
        _card(each.image, str(each.label), _read_as(each.label, each.answer, each.share, say))
        for each in judged.worst[:most]
    )
    return (
        f'<h3>{escape(say("Errors of which it is surest"))}</h3><div class="digits">{figures}</div>'
        f'<p class="small">{escape(say("Would you have read them otherwise?"))}</p>'
    )


def _read_as(label: int, answer: int, share: float, say: Language) -> str:
    if label == answer:
        return say("{label}, read so ({share})", label=label, share=percent(share))
    return say("{label}, read as {answer} ({share})", label=label, answer=answer, share=percent(share))


def pinned_html(run: Gathered, say: Language) -> str:
    """Drawings that were pinned, and the answers of the newest weights."""
    figures = []
    for pin in run.pinned:
        answer = int(pin.shares.argmax())
        words = _read_as(pin.label, answer, float(pin.shares[answer]), say)
        figures.append(_card(pin.image, str(pin.label), words))
    return f'<div class="digits">{"".join(figures)}</div>'


def _card(image: Bytes, what: str, words: str) -> str:
    return f'<figure><img src="{picture(image)}" alt="{escape(what)}"><figcaption>{escape(words)}</figcaption></figure>'
