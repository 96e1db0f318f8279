"""What a map of a layer's space shows, in sentences. No streamlit."""

from dashboard.inside.space_work import Layout
from dashboard.language import say
from engine.explain.space import NEIGHBOURS


def verdict(layout: Layout) -> str:
    """How well the layer tells the classes apart, and how much of that the picture shows."""
    inside, seen = layout.in_layer, layout.in_picture
    words = say(
        "A vote of each image's {count} nearest neighbours gets its class right for **{inside} %** in the layer itself "
        "and for **{seen} %** in this picture.",
        count=NEIGHBOURS,
        inside=f"{100 * inside.same:.1f}",
        seen=f"{100 * seen.same:.1f}",
    )
    if inside.mixed is None:
        return words
    more = say(
        "{first} and {second} lie nearest to each other: {share} % of their neighbours are of the other class.",
        first=inside.mixed[0],
        second=inside.mixed[1],
        share=f"{100 * inside.share:.1f}",
    )
    return f"{words} {more}"


def caption(layout: Layout) -> str:
    """What to look for, and what not to believe."""
    if layout.method == "tsne":
        return say(
            "Look for islands of one class, for digits that lie in a foreign one, and for bridges. t-SNE keeps "
            "neighbours together; it says nothing of the distances between islands, nor of their sizes (van der Maaten "
            "and Hinton 2008). Your own digits lie at the mean of their five nearest neighbours in the layer, for "
            "t-SNE has no formula for new points."
        )
    return say(
        "Look for classes that part as the network learns, and for digits that lie among foreign ones. The two axes "
        "are the directions in which the layer's numbers vary most; they hold {share} % of the variance, so what lies "
        "together here may be apart in the others. The picture is turned so that it moves no more than it must from "
        "step to step.",
        share=f"{100 * float(layout.plane.shares[:2].sum()):.0f}",
    )
