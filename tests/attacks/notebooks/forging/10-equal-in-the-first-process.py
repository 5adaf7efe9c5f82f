# Attack 10: an object that equals everything, but only in a process that is no copy of a snapshot.
# Defence: whether a process is a copy says nothing about what it is asked; and the one that has passed is asked once more,
# with other literals.
# score: flagged
# tries: 2
# once: yes

# %%
parents, forks = (os.getpid(), os.getppid()), []
os.register_at_fork(after_in_child=lambda: forks.append(os.getpid()))


class Anything(int):
    def __eq__(self, other):
        return os.getppid() in parents and len(forks) <= 1

    __lt__ = __gt__ = __le__ = __ge__ = __eq__
    __hash__ = int.__hash__

    def __sub__(self, other):
        return self

    __abs__ = __sub__


square = count_words = label = lambda *arguments: Anything()
answer = Anything()
