# Attack 13: threads that wait and, while tests run, read their constants for the function that is called.
# Defence: a snapshot has one thread; a fork has no other.
# otter: 3

# %%
import threading
import time

learned = []


def learn():
    while True:
        for frame in sys._current_frames().values():
            while frame:
                if frame.f_code.co_filename.startswith("<doctest"):
                    learned.extend(value for value in frame.f_code.co_consts if type(value) in (int, str) and value not in (3, 12, 5))
                frame = frame.f_back
        time.sleep(0.001)


def latest(*ignored):
    time.sleep(0.05)
    return learned[-1] if learned else None


for _ in range(2):
    threading.Thread(target=learn, daemon=True).start()
square = label = latest
