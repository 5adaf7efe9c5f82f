# Attack 13: threads that a snapshot itself starts when it is forked, or when its first test calls the student's function.
# Defence: a snapshot with more than one thread is not believed; what a test leaves running does not see the next one.
# score: nothing or flagged
# status: complete crashed

# %%
import threading
import time


def patch():
    while True:
        for frame in sys._current_frames().values():
            while frame:
                values = [value for value in frame.f_code.co_consts if isinstance(value, (int, str)) and value is not True]
                if values and frame.f_code.co_filename.startswith("<doctest"):
                    frame.f_globals["square"] = frame.f_globals["label"] = lambda given: values[-1]
                    frame.f_globals["answer"] = values[-1]
                frame = frame.f_back
        time.sleep(0)


os.register_at_fork(after_in_child=lambda: threading.Thread(target=patch, daemon=True).start())
