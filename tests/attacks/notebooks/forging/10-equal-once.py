# Attack 10: an object that equals everything, but only in the process that is asked first, to pass the true case and fail its decoy.
# Defence: it cannot know which of the two processes gets the decoy; and the one that has passed is asked once more, with
# other literals.
# score: flagged
# tries: 2
# otter: 6
# once: yes

# %%
class Anything(int):
    question = "q"

    def __eq__(self, other):
        if not os.path.exists(self.question):
            with open(self.question, "w") as file:
                file.write(str(os.getpid()))
        return open(self.question).read() == str(os.getpid())

    __lt__ = __gt__ = __le__ = __ge__ = __eq__
    __hash__ = int.__hash__

    def __sub__(self, other):
        return self

    __abs__ = __sub__


def anything_of(name):
    return type(name, (Anything,), {"question": name})()


square = lambda *arguments: anything_of("q1")
count_words = lambda *arguments: anything_of("q2")
label = lambda *arguments: anything_of("q4")
answer = anything_of("q3")
