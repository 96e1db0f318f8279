"""What can be chosen of curves, wherever they are drawn. `key` names the widget; its value stays for the session."""

import streamlit as st

from dashboard.language import say, translated

X_AXES = {"step": "Steps", "epoch": "Epochs", "seconds": "Time"}  # column of a history -> what people read
SMOOTHING = 0.6


def choice(label: str, options: dict[str, str], key: str) -> str:
    """One of a few, the first at first. The label is for people who cannot see the options."""
    chosen = st.segmented_control(
        label,
        list(options),
        default=next(iter(options)),
        required=True,
        key=key,
        format_func=lambda each: translated(options[each]),
        label_visibility="collapsed",
        persist_state="session",
    )
    return chosen or next(iter(options))


def log_loss(key: str) -> bool:
    """Whether the loss is drawn on a logarithmic axis."""
    return bool(st.toggle(say("Log loss"), key=key, persist_state="session"))


def smoothing(key: str) -> float:
    """From 0, not at all, to 1."""
    return float(
        st.slider(
            say("Smoothing"),
            0.0,
            1.0,
            SMOOTHING,
            0.05,
            key=key,
            width=190,
            format=say("Smoothing %.2f"),
            persist_state="session",
            label_visibility="collapsed",
            help=say("How smooth the strong lines are; the faint ones are every batch."),
        )
    )
