"""Two networks on the same images: which is better beyond luck, and the images on which they differ."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

import numpy as np
import streamlit as st

from dashboard import session
from dashboard.charts.bars import percent
from dashboard.controlled import controlled
from dashboard.evaluating.desk import EvaluateDesk
from dashboard.evaluating.gallery import Card, encoded
from dashboard.evaluating.outcome import Outcome, Stamp
from dashboard.evaluating.pairing import Pair, compare
from dashboard.evaluating.pictures import pictures
from dashboard.evaluating.sources import Source
from dashboard.evaluating.watching import REST
from dashboard.evaluating.wording import share, signed
from dashboard.language import say, translated
from dashboard.markdown import literal
from dashboard.running.jobs import Progress, stamp
from engine.judging import Difference

GROUPS = ("only_a", "only_b", "both_wrong_apart", "both_wrong_alike")


@dataclass
class Kept:
    """The comparison that is on the page, of which outcome it is, and what is being worked out."""

    key: tuple[str, ...] = ()
    pair: Pair | None = None
    found: Outcome | None = None
    asked: tuple[Outcome, Stamp] | None = None
    done: tuple[Stamp, Stamp] | None = None
    problem: str = ""  # why there is none of these two
    rests_until: float = 0.0


def render(here: EvaluateDesk, source: Source, found: Outcome, rival: Source | None) -> None:
    """A table, a verdict, and the images."""
    if rival is None:
        st.caption(say("Choose another network above, under “Against”. Both then read the same images."))
        return
    if rival.path == source.path:
        st.caption(say("This is the same network. Choose another one above, under “Against”."))
        return
    kept = session.kept("evaluate-pair", Kept)
    key = (source.key, found.held.which, rival.key)
    if kept.key != key:
        kept = st.session_state["evaluate-pair"] = Kept(key)
    progress = _follow(here, kept, source, found, rival)
    if kept.pair is not None and kept.found is not None:
        _verdict(source, rival, kept.pair)
        st.html(_table(source, rival, kept.pair.rows))
        st.caption(_how())
        _images(here, source, kept.found, rival, kept.pair)
    elif progress.problem:
        st.caption(say("They cannot be compared: {problem}", problem=literal(translated(progress.problem))))
    else:
        st.progress(progress.share, say("Both read the same images: {done}", done=share(progress.share, 0)))


def _follow(here: EvaluateDesk, kept: Kept, source: Source, found: Outcome, rival: Source) -> Progress[Pair]:
    """The newest comparison. While another one is worked out, the one before stays."""
    live = source.live or rival.live
    try:
        newest = stamp(rival.path)
    except OSError:
        return Progress(problem=say("the weights are gone."))
    if rival.live:  # by itself the page follows the evaluated run only
        here.due_at = time.monotonic() + REST  # when those of now have rested in any case
    if kept.asked is None:
        if kept.done == (found.stamp, newest) or (live and time.monotonic() < kept.rests_until):
            return Progress(1.0, problem=kept.problem)
        kept.asked = found, newest
    evaluated, other = kept.asked
    job = ("pair", *evaluated.stamp, evaluated.held.which, *other)
    progress = session.jobs().ask(job, lambda tell: compare(evaluated, other, tell))
    if progress.done:
        kept.asked, kept.rests_until = None, time.monotonic() + REST
        kept.done, kept.problem = (evaluated.stamp, other), progress.problem
    if progress.result is not None:
        kept.pair, kept.found = progress.result, evaluated
    is_newest = (evaluated.stamp, other) == (found.stamp, newest)
    here.waiting |= not progress.done or not (live or is_newest)
    return progress


def _verdict(source: Source, rival: Source, pair: Pair) -> None:
    row = pair.rows[0]
    a, b = (source.name, rival.name) if row.difference >= 0 else (rival.name, source.name)
    points = 100 * abs(row.difference)
    only_a, only_b = int(pair.groups.only_a.sum()), int(pair.groups.only_b.sum())
    chance = _chance(row.chance or 0.0)
    if row.beyond_luck:
        words = say(
            "{a} reads {points:.2f} points more of the images than {b}, and that is beyond luck: luck alone would "
            "part two equally good networks as far in {chance} of cases.",
            a=a,
            b=b,
            points=points,
            chance=chance,
        )
    elif only_a == only_b:
        words = say("Both read as many images; nothing says that they differ.")
    else:
        words = say(
            "{a} is {points:.2f} points ahead of {b}, but that may be luck: it alone would part two equally good "
            "networks as far in {chance} of cases.",
            a=a,
            b=b,
            points=points,
            chance=chance,
        )
    st.markdown(f"**{literal(words)}**")
    count = int(pair.fair.sum())
    if pair.unsure:
        told = say("Some of the images may be known to {b}: {why}", b=rival.name, why=translated(pair.unsure))
        st.warning(literal(told), icon=":material/warning:")
    elif count < len(pair.fair):
        st.caption(
            say(
                "Compared on {count:,} of the {total:,} images: {b} has learned from the others, so they would "
                "flatter it. Test images are new to both.",
                count=count,
                total=len(pair.fair),
                b=literal(rival.name),
            )
        )
    else:
        st.caption(say("Compared on {count:,} images, which are new to both.", count=count))


def _table(source: Source, rival: Source, rows: list[Difference]) -> str:
    """As HTML."""
    names = {
        "accuracy": say("Accuracy"),
        "macro F1": say("Mean F1 of the classes"),
        "loss": say("Mean loss (log)"),
        "calibration error": say("Calibration error"),
    }
    heads = ["", source.name, rival.name, say("Difference"), say("95 % interval"), say("Verdict")]
    body = ""
    for row in rows:
        loss = row.name == "loss"
        verdict = say("beyond luck") if row.beyond_luck else say("may be luck")
        better = row.difference > 0 if row.name in ("accuracy", "macro F1") else row.difference < 0
        mark = ("better" if better else "worse") if row.beyond_luck else ""
        low, gap, high = (
            signed(each, 4) if loss else signed(100 * each) for each in (row.low, row.difference, row.high)
        )
        cells = [f"{row.a:.4f}", f"{row.b:.4f}"] if loss else [share(row.a), share(row.b)]
        cells += [gap if loss else say("{gap} points", gap=gap), say("{low} to {high}", low=low, high=high), verdict]
        marked = [f"<td class='{mark if place == 2 else ''}'>{escape(cell)}</td>" for place, cell in enumerate(cells)]
        body += f"<tr><th scope='row'>{escape(names[row.name])}</th>{''.join(marked)}</tr>"
    head = "".join(f"<th scope='col'>{escape(each)}</th>" for each in heads)
    return (
        f"<div class='evaluate-scroll'><table class='evaluate-two'><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
        "</table></div>"
    )


def _chance(chance: float) -> str:
    return "< 0.1 %" if chance < 0.001 else f"{100 * chance:.2g} %"


def _how() -> str:
    return say(
        "Accuracy: McNemar's exact test on the images that only one of them reads. The others: intervals of 1,000 "
        "resamplings of the images. Loss and calibration error are better when smaller. This tells two networks "
        "apart, not two ways of training: for those, repeat the runs with other seeds on the page Runs."
    )


def _images(here: EvaluateDesk, source: Source, found: Outcome, rival: Source, pair: Pair) -> None:
    """The groups, and the images of one of them."""
    counts = {name: int(getattr(pair.groups, name).sum()) for name in GROUPS}

    def words(name: str) -> str:
        texts = {
            "only_a": say("Only {a} is right ({count:,})", a=source.name, count=counts["only_a"]),
            "only_b": say("Only {b} is right ({count:,})", b=rival.name, count=counts["only_b"]),
            "both_wrong_apart": say("Both wrong, each its way ({count:,})", count=counts["both_wrong_apart"]),
            "both_wrong_alike": say("Both wrong alike ({count:,})", count=counts["both_wrong_alike"]),
        }
        return literal(texts[name])

    controlled(
        st.pills,
        say("Images on which they differ"),
        "two-group",
        here.group,
        lambda wish: _choose(here, wish),
        options=list(GROUPS),
        required=True,
        format_func=words,
    )
    places = np.flatnonzero(getattr(pair.groups, here.group))
    gap = np.maximum(found.confidence[places], pair.shares[places].max(axis=1))
    pictures(here, found, places[np.argsort(-gap, kind="stable")], _card(source, found, rival, pair), source)


def _choose(here: EvaluateDesk, wish: str | None) -> None:
    here.group, here.page, here.picked = wish or GROUPS[0], 0, None


def _card(source: Source, found: Outcome, rival: Source, pair: Pair) -> Callable[[int], Card]:
    """Label, and both answers."""

    def card(place: int) -> Card:
        true = int(found.held.labels[place])
        answers = []
        for name, row in ((source.name, found.shares[place]), (rival.name, pair.shares[place])):
            answers.append(
                say(
                    "{name}: {read}, {share}",
                    name=_short(name),
                    read=int(row.argmax()),
                    share=percent(float(row.max())),
                )
            )
        return Card(
            place, encoded(found.held.images[place]), str(true), tuple(answers), "; ".join(answers), wrong=False
        )

    return card


def _short(name: str) -> str:
    return name if len(name) <= 12 else f"{name[:11]}…"
