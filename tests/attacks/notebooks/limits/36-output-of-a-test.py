# Attack 36: print without end while a test runs, raise what has an endless text, and answer more than a frame can hold.
# Defence: what a test prints is capped.
# status: complete stopped crashed
# once: yes

# %%
def square(number):
    for _ in range(40_000):
        print("x" * 999)


class Endless(Exception):
    def __str__(self):
        return "y" * 100_000_000

    __repr__ = __str__


def count_words(text):
    raise Endless


class Large:
    def __gt__(self, other):
        return self

    def __repr__(self):
        return "z" * 100_000_000


answer = Large()
