"""A click inside a fragment that waits for a run of the whole page is not lost when the next such run is asked for.

With Streamlit's "fast reruns" it is: the next run ends the one under way at once, and with it all that waits for its
end. Ten people on one server, whose runs of the page take a second, met that every few minutes at the button Clear.
"""

import tomllib
from pathlib import Path

from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData, ScriptRequests, ScriptRequestType

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
