"""Test cases with one literal changed, such that no honest value passes both.

A submission that passes a test case and its decoy is shown to staff. A false alarm is worse than a missed one, so a
literal is changed only where it decides the case for every honest value: where a value is compared for equality, or
for closeness, with a literal, at the top of an assertion or of an expression that is to print `True`. What is left
alone, among others: `x != 3`, `x in [3]`, `x == 3 or x == 4` (more than one value passes), `np.all(x == 3)` and
`np.allclose(x, 3)` (an empty array passes any such test), assertions inside loops or after a `return`.

Only the literal is changed; every other byte of the source stays, with its place.
"""

import ast
import math
import operator
import zlib

ARITHMETIC = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
NUMERIC_MODULES = {"np", "numpy"}
# What numpy and math take for close if they are not told: relative and absolute.
TOLERANCES = {"np": (1e-5, 1e-8), "numpy": (1e-5, 1e-8), "math": (1e-9, 0.0)}
TOLERANCE_NAMES = {"rtol": 0, "rel_tol": 0, "atol": 1, "abs_tol": 1}
# Nodes in which code is run later, or by someone else.
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


class Candidate:
    """A literal that decides a comparison: `X == literal`."""

    def __init__(self, comparison, literal, tolerance=(0.0, 0.0)):
        self.comparison = comparison
        self.literal = literal
        self.tolerance = tolerance


# -- Where to look ---------------------------------------------------------------------------------------------------


def of_example(example):
    """The decoy of a doctest example: what was changed, into what, and the changed source; or None."""
    if example.exc_msg is not None:
        return None
    try:
        statements = ast.parse(example.source).body
    except (SyntaxError, ValueError):
        return None
    wants_true = example.want.strip() in ("True", "np.True_")
    printed = [statement for statement in statements if isinstance(statement, ast.Expr)]
    candidates = []
    for statement in statements:
        if isinstance(statement, ast.Assert):
            candidates += deciding(statement.test)
        elif printed == [statement] and wants_true:
            candidates += deciding(statement.value)
    return decoy(example.source, candidates)


def of_function(source, function):
    """The same for a function of a module, which passes if it returns."""
    candidates = []
    if any(isinstance(node, (ast.Yield, ast.YieldFrom, ast.Await)) for node in inside(function.body)):
        return None
    for statement in function.body:
        if isinstance(statement, ast.Assert):
            candidates = deciding(statement.test) or candidates
        elif any(isinstance(node, ast.Return) for node in inside([statement])):
            break  # what follows may not be reached
    return decoy(source, candidates)


def inside(statements):
    """All nodes that run when the statements run."""
    todo = [node for node in statements if not isinstance(node, SCOPES)]
    while todo:
        node = todo.pop()
        yield node
        todo += [child for child in ast.iter_child_nodes(node) if not isinstance(child, SCOPES)]


# -- What decides ----------------------------------------------------------------------------------------------------


def deciding(node):
    """The literals in an expression that must be as they are for it to be true."""
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
        return [found for value in node.values for found in deciding(value)]
    if isinstance(node, ast.Call):
        return in_call(node)
    if isinstance(node, ast.Compare):
        return in_comparison(node)
    return []


def in_call(node):
    name, arguments = called(node), node.args
    if any(isinstance(argument, ast.Starred) for argument in arguments):
        return []
    if name == (None, "bool") and len(arguments) == 1 and not node.keywords:
        return deciding(arguments[0])
    if name == (None, "all") and len(arguments) == 1 and not node.keywords:
        listed = arguments[0]
        return [found for each in listed.elts for found in deciding(each)] if is_list(listed) else []
    module, function = name
    if len(arguments) != 2 or module not in TOLERANCES:
        return []
    if function == "array_equal" and module in NUMERIC_MODULES and not node.keywords:
        return [Candidate(node, literal) for literal, _ in sides(*arguments)]
    tolerance = tolerance_of(node, TOLERANCES[module])
    if tolerance is None:
        return []
    if function == "isclose":
        return [Candidate(node, each, tolerance) for each, _ in sides(*arguments) if is_number(each)]
    if function == "allclose" and module in NUMERIC_MODULES:
        # Only lists with lists: an empty array may be close to anything, without a word about its shape.
        return [
            Candidate(node, literal, tolerance)
            for literal, other in sides(*arguments)
            if is_list(literal) and len(literal.elts) > 1 and all(map(is_number, literal.elts))
            if isinstance(other, (ast.List, ast.Tuple, ast.ListComp))
        ]
    return []


def in_comparison(node):
    operands = [node.left, *node.comparators]
    pairs = list(zip(node.ops, operands, operands[1:]))
    if len(pairs) == 1:
        ((compared, left, right),) = pairs
        if isinstance(compared, (ast.Is, ast.Eq)):
            for constant, other in ((right, left), (left, right)):
                if isinstance(constant, ast.Constant) and constant.value is True:
                    found = deciding(other)
                    if found or isinstance(compared, ast.Is):
                        return found
        if isinstance(compared, (ast.Lt, ast.LtE)):
            return in_distance(node, left, right)
        if isinstance(compared, (ast.Gt, ast.GtE)):
            return in_distance(node, right, left)
    return [
        Candidate(node, literal)
        for compared, left, right in pairs
        if isinstance(compared, ast.Eq)
        for literal, _ in sides(left, right)
    ]


def in_distance(node, distance, most):
    """`abs(X - literal) < most`."""
    if not (isinstance(distance, ast.Call) and called(distance) == (None, "abs") and is_number(most)):
        return []
    difference = distance.args[0] if len(distance.args) == 1 else None
    if not (isinstance(difference, ast.BinOp) and isinstance(difference.op, ast.Sub)):
        return []
    tolerance = (0.0, abs(value_of(most)))
    return [
        Candidate(node, literal, tolerance)
        for literal, _ in sides(difference.left, difference.right)
        if is_number(literal)
    ]


def sides(left, right):
    """The side that is a literal, and the other one, which must not be."""
    for literal, other in ((left, right), (right, left)):
        is_open = any(isinstance(node, (ast.Name, ast.Call)) for node in ast.walk(other))
        if is_open and value_of(literal) is not None and value_of(other) is None:
            yield literal, other


def called(node):
    """`f` as `(None, "f")`, `m.f` as `("m", "f")`."""
    function = node.func
    if isinstance(function, ast.Name):
        return None, function.id
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return function.value.id, function.attr
    return None, None


def tolerance_of(node, defaults):
    tolerance = list(defaults)
    for keyword in node.keywords:
        if keyword.arg not in TOLERANCE_NAMES or not is_number(keyword.value):
            return None
        tolerance[TOLERANCE_NAMES[keyword.arg]] = abs(value_of(keyword.value))
    return tuple(tolerance)


def is_list(node):
    return isinstance(node, (ast.List, ast.Tuple)) and not any(
        isinstance(each, ast.Starred) for each in node.elts
    )


def is_number(node):
    value = value_of(node)
    return isinstance(value, (int, float)) and not isinstance(value, bool)


# -- Literals --------------------------------------------------------------------------------------------------------


def value_of(node, changed=None):
    """The value of a literal, with some constants changed (by `id`); None for what is no literal, or not an ordinary one."""
    try:
        return evaluate(node, changed or {})
    except (LookupError, TypeError, ValueError, ArithmeticError, RecursionError):
        return None


def evaluate(node, changed):
    if isinstance(node, ast.Constant):
        value = changed.get(id(node), node.value)
        if not isinstance(value, (bool, int, float, str)):
            raise ValueError
        return value if isinstance(value, str) else ordinary(value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -evaluate(node.operand, changed)
    if isinstance(node, ast.BinOp):
        left, right = evaluate(node.left, changed), evaluate(node.right, changed)
        if not all(isinstance(value, (int, float)) for value in (left, right)):
            raise ValueError
        return ordinary(ARITHMETIC[type(node.op)](left, right))
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return {ast.List: list, ast.Tuple: tuple, ast.Set: set}[type(node)](
            evaluate(each, changed) for each in node.elts
        )
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values)
        return {evaluate(key, changed): evaluate(value, changed) for key, value in pairs}
    raise ValueError


def ordinary(number):
    """The number, if a float of 32 bits can tell it from nothing and from infinity."""
    if number != 0 and not 1e-37 < abs(number) < 1e38:
        raise ValueError
    return number


def constants(node):
    """The constants of a literal that may be changed: of a dictionary not the keys."""
    if isinstance(node, ast.Constant):
        return [node]
    if isinstance(node, ast.Dict):
        return [found for value in node.values for found in constants(value)]
    return [found for child in ast.iter_child_nodes(node) for found in constants(child)]


# -- How to change ---------------------------------------------------------------------------------------------------


def decoy(source, candidates):
    """Changes one constant of one candidate; which, depends on nothing but the source."""
    data = source.encode("utf-8", "surrogatepass")
    chance = zlib.crc32(data)
    first = chance % max(1, len(candidates))
    for candidate in candidates[first:] + candidates[:first]:
        found = constants(candidate.literal)
        constant = found[chance % len(found)] if found else None
        if constant is None or constant.lineno != constant.end_lineno:
            continue
        start, end = span(data, constant)
        if not reads_as(decoded(data[start:end]), constant.value):
            continue
        for value in other_values(constant.value, chance, candidate.tolerance[1]):
            if differs(candidate, constant, value):
                new = repr(value).encode("utf-8", "surrogatepass")
                here, there = span(data, candidate.comparison)
                return {
                    "change": (start, end, repr(value)),
                    "either_or": isinstance(constant.value, bool),
                    "was": decoded(data[here:there]),
                    "becomes": decoded(data[here:start] + new + data[end:there]),
                    "source": decoded(data[:start] + new + data[end:]),
                }
    return None


def with_changes(source, changes):
    """The source with the literals of several decoys changed."""
    data = source.encode("utf-8", "surrogatepass")
    for start, end, new in sorted(changes, reverse=True):
        data = data[:start] + new.encode("utf-8", "surrogatepass") + data[end:]
    return decoded(data)


def span(data, node):
    """Where a node stands, in bytes."""
    starts = [0]
    for line in data.split(b"\n"):
        starts.append(starts[-1] + len(line) + 1)
    return starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset


def decoded(data):
    return data.decode("utf-8", "surrogatepass")


def reads_as(text, value):
    try:
        read = ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return False
    return type(read) is type(value) and read == value


def other_values(value, chance, far):
    """Values as plausible as this one, the later ones further away than `far`."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, str):
        yield other_text(value, chance)
    elif isinstance(value, int):
        # Far enough that it is another number as a float of 16 bits, too.
        yield value + 3 + chance % 7 + value // 50
        yield value * 3 + 10 + math.ceil(far) * 30
    else:
        digits = len(repr(value).partition(".")[2]) if "e" not in repr(value) else None
        for factor, shift in ((1.5 + chance % 5 / 10, 0), (1.5, 2 + chance % 3), (3, 10 + far * 30)):
            new = value * factor + shift
            yield new if digits is None else round(new, digits)


def other_text(text, chance):
    places = [place for place, letter in enumerate(text) if letter.isascii() and letter.isalnum()]
    if not places:
        return text + "x"
    place = places[chance % len(places)]
    letter = text[place]
    for letters in ("0123456789", "abcdef", "ABCDEF", "ghijklmnopqrstuvwxyz", "GHIJKLMNOPQRSTUVWXYZ"):
        if letter in letters:
            other = letters[(letters.index(letter) + 1 + chance % (len(letters) - 1)) % len(letters)]
    return text[:place] + other + text[place + 1 :]


def differs(candidate, constant, value):
    """Whether no honest value is equal, or close, to both literals."""
    before = value_of(candidate.literal)
    after = value_of(candidate.literal, {id(constant): value})
    if after is None or before == after:
        return False
    relative, absolute = candidate.tolerance
    if (relative, absolute) == (0.0, 0.0):
        return True
    if relative > 0.3:
        return False
    if not isinstance(before, (list, tuple)):
        before, after = [before], [after]

    def reach(number):
        return 2 * (absolute + relative * abs(number)) / (1 - relative)

    return any(abs(one - other) > 2 * (reach(one) + reach(other)) for one, other in zip(before, after))
