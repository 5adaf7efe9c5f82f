"""Other values for a literal of a test: as plausible as it is, so that neither of the two tells whether it is the true one.

Numbers are as long and as round as they were, and larger or smaller; texts differ by a few letters of their kind. With
the values comes how likely it is, at most, that a wrong answer happens to be a given one of them: whoever fails a test
and passes it with another literal may have been unlucky.
"""

import math
import re

# Of values that are larger, and of those that are smaller.
EACH = 48
# How often a wrong text is the right one with a letter of a word changed, at most. What stands alone (`Group A`, a digit)
# is often what was asked for.
MISSPELT = 0.01
# From so many letters on it is a word.
WORD = 4
HASH = re.compile("(?=.*[0-9])([0-9a-f]{8,}|[0-9A-F]{8,})")
GROUPS = ("0123456789", "abcdef", "ABCDEF", "ghijklmnopqrstuvwxyz", "GHIJKLMNOPQRSTUVWXYZ")


def near(value, far, chance):
    """Values of about the same size in random order, and the likelihood of each."""
    if isinstance(value, bool):
        return [not value], 1.0
    if isinstance(value, str):
        return texts(value, chance)
    count, make = counted(value)
    # Far enough that it is another number as a float of 16 bits, too, and seldom a slip.
    gap = max(3, count // 40)
    least = count // 3 if count > 9 else 0
    return drawn((least, count - gap + 1), (count + gap, max(3 * count, count + 12) + 1), make, chance)


def beyond(value, far, chance):
    """Larger values, further away than `far`."""
    if isinstance(value, (bool, str)):
        return near(value, far, chance)
    count, make = counted(value)
    step = abs(make(1) - make(0))
    least = 3 * count + 10 + math.ceil(min(30 * far / step, 1e15))
    return drawn((0, 0), (least, 20 * least), make, chance)


def counted(number):
    """A number that is not negative as a count of its last digits, and what makes numbers of counts."""
    if isinstance(number, int):
        unit = 1
        while number >= 100 * unit and number % (10 * unit) == 0:
            unit *= 10
        return number // unit, lambda count: count * unit
    mantissa, _, exponent = repr(number).partition("e")
    whole, _, part = mantissa.partition(".")
    count, power = int(whole + part), int(exponent or 0) - len(part)
    while count >= 100 and count % 10 == 0:
        count, power = count // 10, power + 1
    return count, lambda count: float(f"{count}e{power}")


def drawn(below, above, make, chance):
    """Numbers of both sides, of each as many if there are, and how likely the likeliest of them is."""
    counts, shares = [], []
    for low, high in (below, above):
        if low < high:
            # Ranges may be too long for `sample`.
            few = high - low <= 50 * EACH
            sample = chance.sample(range(low, high), min(EACH, high - low)) if few else {
                chance.randrange(low, high) for _ in range(EACH)
            }
            counts += sample
            shares.append(len(sample) / (high - low))
    chance.shuffle(counts)
    return [make(count) for count in counts], max(shares) / len(counts)


# -- Texts -----------------------------------------------------------------------------------------------------------


def texts(text, chance):
    """The text changed in one of several ways, in random order, and the likelihood of each."""
    ways, likelihood = [replaced], None
    places = [place for word in re.finditer("[A-Za-z]{%d,}" % WORD, text) for place in range(*word.span())]
    if HASH.fullmatch(text):
        # Another length, or a letter of another kind, would give it away.
        places, ways = range(len(text)), [replaced, replaced_twice, exchanged]
    elif places:
        ways = [replaced, replaced_twice, exchanged, added]
    else:
        places = [place for place, letter in enumerate(text) if group(letter)]
        ways = [replaced] if places else [added]
        likelihood = 1 / (sum(len(group(text[place])) - 1 for place in places) or len(GROUPS[3]))
    found = {chance.choice(ways)(text, places, chance): None for _ in range(2 * EACH)}
    found.pop(text, None)
    # There are three ways at least, and five others for each letter.
    return list(found), likelihood or MISSPELT / (15 * len(places))


def group(letter):
    """The letters among which one is as plausible as the other."""
    return next((letters for letters in GROUPS if letter in letters), "")


def replaced(text, places, chance):
    place = chance.choice(places)
    other = chance.choice([letter for letter in group(text[place]) if letter != text[place]])
    return text[:place] + other + text[place + 1 :]


def replaced_twice(text, places, chance):
    return replaced(replaced(text, places, chance), places, chance)


def exchanged(text, places, chance):
    one, other = sorted(chance.sample(places, 2))
    if group(text[one]) != group(text[other]):
        return replaced(text, places, chance)
    return text[:one] + text[other] + text[one + 1 : other] + text[one] + text[other + 1 :]


def added(text, places, chance):
    place = chance.choice(places) if places else len(text)
    kind = group(text[place]) if places else GROUPS[3]
    return text[:place] + chance.choice(kind) + text[place:]
