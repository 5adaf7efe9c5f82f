# Attack 14: audit hooks and functions for tracing, profiling and monitoring that read the tests and put the answers in place.
# Defence: audit hooks are refused, all others are taken away before each test.
# otter: 4

# %%
import threading

stolen = []


def steal(frame, event=None, argument=None):
    constants = [value for value in frame.f_code.co_consts if isinstance(value, (int, str)) and value is not True]
    if constants and frame.f_code.co_filename.startswith("<doctest"):
        stolen.append(constants[-1])
        frame.f_globals["square"] = frame.f_globals["label"] = lambda given: stolen[-1]
        frame.f_globals["answer"] = stolen[-1]
    return steal


def audit(event, arguments):
    if event in ("compile", "exec"):
        frame = sys._getframe(1)
        code = arguments[0]
        if hasattr(code, "co_consts"):
            constants = [value for value in code.co_consts if isinstance(value, (int, str)) and value is not True]
            stolen.extend(constants[-1:])
            if stolen:
                globals()["square"] = globals()["label"] = lambda given: stolen[-1]
                globals()["answer"] = stolen[-1]


sys.addaudithook(audit)
threading.settrace(steal)
threading.setprofile(steal)

# %%
if hasattr(sys, "monitoring"):
    monitoring = sys.monitoring
    for tool in range(6):
        try:
            monitoring.use_tool_id(tool, "thief")
        except ValueError:
            continue
        events = monitoring.events
        monitoring.set_events(tool, events.PY_START | events.CALL | events.LINE)
        monitoring.register_callback(tool, events.PY_START, lambda *arguments: steal(sys._getframe(1)) and None)
        monitoring.register_callback(tool, events.LINE, lambda *arguments: steal(sys._getframe(1)) and None)

# %%
# Set again by everything that a test may run.
def set_again(*arguments):
    sys.settrace(steal)
    sys.setprofile(steal)


os.register_at_fork(after_in_child=set_again)
sys.settrace(steal)
sys.setprofile(steal)
