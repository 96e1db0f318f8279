"""Clicks that wait while a page is being made are not lost when it is made anew.

With Streamlit's "fast reruns" one inside a fragment is: the next run of the whole page ends the one under way at once,
and with it all that waits for its end. Ten people on one server, whose runs of the page take a second, met that every
few minutes at the button Clear. And st.rerun makes a click on another page one on this.
"""

import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime.scriptrunner import RerunException, StopException
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData, ScriptRequests, ScriptRequestType

from dashboard import pages

CONFIG = Path(__file__).resolve().parents[2] / "dashboard" / ".streamlit" / "config.toml"


def test_runs_of_the_page_are_joined_instead_of_ended() -> None:
    assert tomllib.loads(CONFIG.read_text(encoding="utf-8"))["runner"]["fastReruns"] is False


def test_what_is_joined_keeps_the_click() -> None:
    requests = ScriptRequests()
    clicked = WidgetStates(widgets=[WidgetState(id="clear", trigger_value=True)])
    assert requests.request_rerun(RerunData(fragment_id="page", widget_states=clicked))
    assert requests.on_scriptrunner_yield() is None  # it waits for the end of the run under way
    assert requests.request_rerun(RerunData(widget_states=WidgetStates()))
    found = requests.on_scriptrunner_yield()
    assert found is not None
    assert found.type is ScriptRequestType.RERUN
    assert found.rerun_data.fragment_id_queue == []  # the whole page
    assert found.rerun_data.widget_states is not None
    assert [each.id for each in found.rerun_data.widget_states.widgets if each.trigger_value] == ["clear"]


def test_a_page_that_makes_itself_anew_leaves_a_click_on_another_page_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    requests = ScriptRequests()
    monkeypatch.setattr(pages, "get_script_run_ctx", lambda: SimpleNamespace(script_requests=requests))
    requests.request_rerun(RerunData(page_script_hash="another page"))
    with pytest.raises(RerunException) as ended:
        pages.made_anew()
    assert ended.value.rerun_data.page_script_hash == "another page"
    assert requests.on_scriptrunner_yield() is None  # it was taken
    requests.request_stop()
    with pytest.raises(StopException):
        pages.made_anew()
