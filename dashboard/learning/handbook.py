"""The pages on the controls: all of them by group, and one of them whole."""

import streamlit as st

from dashboard import pages, session
from dashboard.language import say, translated
from dashboard.learning import illustrations, tour, words_data, words_layers, words_learning, words_run
from dashboard.learning.formulas import FORMULAS
from dashboard.learning.links import ADDRESS
from dashboard.learning.said import Try, Words
from dashboard.learning.topics import GROUPS, Topic, code, details, topics
from dashboard.live_chart import load_plotly
from dashboard.settings import locks
from dashboard.settings.forms import sentence, words
from engine.spec import describe


def render() -> None:
    """The page that the address names, or all of them."""
    key = st.query_params.get(ADDRESS, "")
    if key in topics():
        _page(topics()[key])
    else:
        _index(bool(key))
    load_plotly()


def _index(unknown: bool) -> None:
    if st.button(say("Take the tour of two minutes"), key="tour-from-here", icon=":material/tour:"):
        tour.start()
        st.switch_page(pages.page("train"))
    if unknown:
        st.info(say("There is no page of that name. Here are all there are."))
    st.markdown(
        say(
            "Every control has a page: what it does, a picture that the engine computes, the formula, what to try, and "
            "the lines of the engine that do it."
        )
    )
    titles = group_titles()
    for group in GROUPS:
        members = [topic for topic in topics().values() if topic.group == group]
        st.markdown(f"**{titles[group]}**")
        with st.container(horizontal=True, gap="small", key=f"topics-{group}"):
            for topic in members:
                st.button(title(topic), key=f"topic-{topic.key}", on_click=go_to, args=(topic.key,))


def group_titles() -> dict[str, str]:
    """What the groups are called."""
    return {
        "data": say("Data"),
        "layers": say("Layers"),
        "loss": say("Loss"),
        "optimizer": say("Optimizer"),
        "schedule": say("Schedule of the learning rate"),
        "initializer": say("First weights"),
        "augmentation": say("Augmentation"),
        "regularization": say("Against overfitting"),
        "run": say("Run"),
    }


def title(topic: Topic) -> str:
    """The control's name, as the sidebar has it."""
    label = topic.option.label if topic.option else ""
    return translated(label or words(topic.name))


def go_to(key: str) -> None:
    """Open the page of that key; "" for all of them."""
    if key:
        st.query_params[ADDRESS] = key
    else:
        st.query_params.pop(ADDRESS, None)


def _page(topic: Topic) -> None:
    keys = list(topics())
    place = keys.index(topic.key)
    with st.container(horizontal=True, vertical_alignment="center", key="topic-head", gap="small"):
        st.button(say("All controls"), key="topic-all", icon=":material/apps:", on_click=go_to, args=("",))
        before, after = keys[place - 1], keys[(place + 1) % len(keys)]
        for icon, key, name in (("arrow_back", before, "topic-before"), ("arrow_forward", after, "topic-after")):
            shown = title(topics()[key])
            st.button(shown, key=name, type="tertiary", icon=f":material/{icon}:", on_click=go_to, args=(key,))
    with st.container(key="topic", gap="small"):
        st.subheader(title(topic), anchor=False)
        st.caption(group_titles()[topic.group])
        st.markdown(f"**{translated(sentence(topic.sentence))}**")
        said = spoken(topic.key)
        if said is not None:
            st.markdown(said.does)
        illustrations.render(topic)
        _formula(topic)
        if said is not None and said.tries:
            st.markdown(f"##### {say('What to try')}")
            for number, each in enumerate(said.tries):
                _try(each, number)
        _settings(topic)
        _code(topic)


def spoken(key: str) -> Words | None:
    """What was written by hand for a page; None where nobody wrote anything yet."""
    for part in (words_layers, words_learning, words_data, words_run):
        if key in (found := part.words()):
            return found[key]
    return None


def _formula(topic: Topic) -> None:
    if topic.key in FORMULAS:
        st.markdown(f"##### {say('The formula')}")
        st.latex(FORMULAS[topic.key])
    if more := details(topic):
        with st.expander(say("As the engine's source says it"), expanded=topic.key not in FORMULAS):
            st.code(more, language=None, wrap_lines=True)


def _try(each: Try, number: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"try-line-{number}", gap="small"):
        st.markdown(f"- {each.text}", width="stretch")
        if each.values or each.layer:
            held = locks.current()
            fixed = any(held.locks(path) for path in each.values) or (bool(each.layer) and held.locks("layers"))
            if st.button(
                say("Set it"),
                key=f"try-{number}",
                icon=":material/science:",
                disabled=fixed,
                help=say("Sets the sidebar of the Train page so, and goes there."),
            ):
                apply(each)
                st.switch_page(pages.page("train"))


def apply(each: Try) -> None:
    """Set the sidebar so. A layer is put before the last one, unless there is one of its kind."""
    draft = session.draft()
    for path, value in each.values.items():
        draft.put(path, value)
    if each.layer and not any(type(row.layer).__name__ == each.layer for row in draft.rows):
        draft.insert(_place(draft, each.layer), each.layer)


def _place(draft: session.Draft, kind: str) -> int:
    """Where a layer of that kind can stand: those for images at the front, the others before the last layer."""
    return 0 if kind in ("Conv", "MaxPool", "AvgPool") else draft.before_output()


def _settings(topic: Topic) -> None:
    """The settings of a class, each with its sentence and its usual value."""
    rows = list(describe(topic.cls)) if topic.cls is not None else []
    if not rows:
        return
    st.markdown(f"##### {say('Its settings')}")
    usual = topic.cls() if topic.cls is not None else None
    for name, _, option in rows:
        label, value = translated(option.label or words(name)), getattr(usual, name)
        shown = f"{value:g}" if isinstance(value, float) else str(value)
        told = translated(sentence(option.help))
        st.markdown(say("- **{label}** ({value}): {help}", label=label, value=shown, help=told))


def _code(topic: Topic) -> None:
    found = code(topic.key)
    if not found:
        return
    st.markdown(f"##### {say('The lines of the engine')}")
    for place, lines in found:
        st.caption(f"`{place}`")
        st.code(lines, language="python")
