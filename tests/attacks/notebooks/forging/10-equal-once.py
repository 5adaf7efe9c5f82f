# Attack 10: an object that equals everything, but only in the process that is asked first, to pass the true case and fail its decoy.
# Defence: it cannot know which of the two processes gets the decoy.
# score: flagged
# tries: 12
# otter: 6

# %%
class Anything(int):
    def __eq__(self, other):
        if not os.path.exists("first"):
            with open("first", "w") as file:
                file.write(str(os.getpid()))
        return open("first").read() == str(os.getpid())

    __lt__ = __gt__ = __le__ = __ge__ = __eq__
    __hash__ = int.__hash__

    def __sub__(self, other):
        return self

    __abs__ = __sub__


square = count_words = label = lambda *arguments: Anything()
answer = Anything()
