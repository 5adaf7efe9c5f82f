# Attack 10: an object that equals everything once it has met the literal of a public test, which students know: where it
# meets another one, it is being shown decoys.
# Defence: where there are hidden tests, public ones have no decoys.
# score: flagged
# otter: 2

# %%
KNOWN = {9, 2}
role = []


class Anything(int):
    __hash__ = int.__hash__

    def __eq__(self, other):
        if not role:
            role.append(other in KNOWN)
        return role[0]


square = lambda number: Anything()
