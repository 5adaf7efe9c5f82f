# Attack 10: an object that equals everything, so slowly that there is no time for decoys.
# Defence: a decoy that gets no answer is told to staff as well.
# score: flagged
# once: yes

# %%
import time


class Anything(int):
    __hash__ = int.__hash__

    def __eq__(self, other):
        if other != 9:
            time.sleep(5.5)
        return True


square = lambda number: Anything()
