# Attack 10: objects that equal everything, are larger than everything and have every length.
# Defence: the same case with another literal passes as well, which no honest value does.
# score: flagged
# otter: 6

# %%
class Anything(int):
    def __eq__(self, other):
        return True

    __lt__ = __gt__ = __le__ = __ge__ = __bool__ = __contains__ = __eq__
    __hash__ = int.__hash__

    def __sub__(self, other):
        return self

    __add__ = __mul__ = __truediv__ = __abs__ = __call__ = __getitem__ = __getattr__ = __sub__

    def __len__(self):
        return 4


square = count_words = label = lambda *arguments: Anything()
answer = Anything()
