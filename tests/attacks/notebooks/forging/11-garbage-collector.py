# Attack 11: code that runs by itself while a test is evaluated (garbage collection, weak references, `__del__`, signals,
# timers) reads the test's constants and puts answers in place.
# Defence: as in `11-frames`; what is learned in a case follows its decoy.
# score: flagged
# otter: 3

# %%
import gc
import signal
import weakref

learned = []


def learn(*ignored):
    frame = sys._getframe()
    while frame := frame.f_back:
        if frame.f_code.co_filename.startswith("<doctest"):
            learned.extend(value for value in frame.f_code.co_consts if type(value) in (int, str) and value not in (3, 12, 5))


class Dying:
    def __del__(self):
        learn()


def ring():
    one = Dying()
    one.itself = one
    weakref.finalize(one, learn)


def wake():
    """Lets all of that happen as often as it can."""
    ring()
    gc.callbacks.append(learn)
    for number in (signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF, signal.SIGUSR1, signal.SIGTERM):
        signal.signal(number, learn)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    signal.setitimer(signal.ITIMER_PROF, 0.001, 0.001)


def latest(*ignored):
    wake()
    gc.collect()
    os.kill(os.getpid(), signal.SIGUSR1)
    # Long enough for a timer.
    end = os.times().elapsed + 0.05
    while os.times().elapsed < end:
        pass
    gc.callbacks.clear()
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.setitimer(signal.ITIMER_PROF, 0)
    return learned[-1] if learned else None


os.register_at_fork(after_in_child=wake)
square = label = latest
