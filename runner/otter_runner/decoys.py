"""Test cases with one literal changed, such that no honest value passes both.

A submission that passes a test case and its decoy is shown to staff. A false alarm is worse than a missed one, so a
literal is changed only where it decides the case for every honest value: where a value is compared for equality, or
for closeness, with a literal, at the top of an assertion or of an expression that is to print `True`. What is left
alone, among others: `x != 3`, `x in [3]`, `x == 3 or x == 4` (more than one value passes), `np.all(x == 3)` and
`np.allclose(x, 3)` (an empty array passes any such test), assertions inside loops or after a `return`.

Here are found the literals of a test case that may be changed, and for each some others, by chance. The judge changes
one of them for each grading, by chance again: this code is no secret, and runs where a submission's could read it.
Only the literal is changed; every other byte of the source stays, with its place.
"""

import ast
import operator

from . import others

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
# So many literals of a test case, and so many values for each, are left for the judge to choose from.
LITERALS, VALUES = 4, 24
# Bytes of all values of a literal together, so that long texts do not make a long bundle.
LONGEST = 8000
# Fewer values than these can be guessed.
FEW = 5


class Candidate:
    """A literal that decides a comparison: `X == literal`."""

    def __init__(self, comparison, literal, tolerance=(0.0, 0.0)):
        self.comparison = comparison
        self.literal = literal
        self.tolerance = tolerance


# -- Where to look ---------------------------------------------------------------------------------------------------


def of_example(example, chance):
    """The literals of a doctest example that may be changed."""
    if example.exc_msg is not None:
        return []
    try:
        statements = ast.parse(example.source).body
    except (SyntaxError, ValueError):
        return []
    wants_true = example.want.strip() in ("True", "np.True_")
    printed = [statement for statement in statements if isinstance(statement, ast.Expr)]
    candidates = []
    for statement in statements:
        if isinstance(statement, ast.Assert):
            candidates += deciding(statement.test)
        elif printed == [statement] and wants_true:
            candidates += deciding(statement.value)
    return literals(example.source, candidates, chance)


def of_function(source, function, chance):
    """The same for a function of a module, which passes if it returns."""
    candidates = []
    if any(isinstance(node, (ast.Yield, ast.YieldFrom, ast.Await)) for node in inside(function.body)):
        return []
    for statement in function.body:
        if isinstance(statement, ast.Assert):
            candidates += deciding(statement.test)
        elif any(isinstance(node, ast.Return) for node in inside([statement])):
            break  # what follows may not be reached
    return literals(source, candidates, chance)


def some(found, chance):
    """Of a case's literals those that are hard to guess, and of these a few."""
    found = [literal for literal in found if len(literal["others"]) >= FEW] or found
    return chance.sample(found, min(LITERALS, len(found)))


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


def literals(source, candidates, chance):
    """Where in the source the candidates' constants stand, and what may stand there."""
    data = source.encode("utf-8", "surrogatepass")
    found = []
    for candidate in candidates:
        plain = [constant for constant in constants(candidate.literal) if is_plain(data, constant)]
        for constant in chance.sample(plain, min(LITERALS, len(plain))):
            values, likelihood = other_values(candidate, constant, chance)
            texts = [repr(value) for value in values]
            if texts:
                most = max(FEW, LONGEST // max(map(len, texts)))
                found.append({
                    "expression": span(data, candidate.comparison),
                    "literal": span(data, constant),
                    "others": texts[:most],
                    "likelihood": likelihood,
                })
    return found


def other_values(candidate, constant, chance):
    """Values for a constant, and how likely it is at most that a wrong answer passes with one of them.

    No honest value is equal, or close, to two of them, or to one of them and the literal as it is.
    """
    far = candidate.tolerance[1]
    for wanted in (others.near, others.beyond):
        values, likelihood = wanted(constant.value, far, chance)
        kept, before = [], [value_of(candidate.literal)]
        for value in values:
            after = value_of(candidate.literal, {id(constant): value})
            if after is not None and all(are_apart(one, after, candidate.tolerance) for one in before):
                kept.append(value)
                before.append(after)
            if len(kept) == VALUES:
                break
        if len(kept) >= FEW or isinstance(constant.value, (bool, str)):
            break
    if not kept:
        return [], 1.0
    is_rough = candidate.tolerance[0] > 1e-4 or candidate.tolerance[1] > 1e-6
    return kept, max(likelihood, 1 / len(kept)) if is_rough else likelihood


def is_plain(data, constant):
    """Whether a constant is written as such, in one line."""
    if constant.lineno != constant.end_lineno:
        return False
    start, end = span(data, constant)
    return reads_as(data[start:end].decode("utf-8", "surrogatepass"), constant.value)


def span(data, node):
    """Where a node stands, in bytes."""
    starts = [0]
    for line in data.split(b"\n"):
        starts.append(starts[-1] + len(line) + 1)
    return starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset


def reads_as(text, value):
    try:
        read = ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return False
    return type(read) is type(value) and read == value


def are_apart(one, other, tolerance):
    """Whether no honest value is equal, or close, to both of two literals' values."""
    relative, absolute = tolerance
    if (relative, absolute) == (0.0, 0.0) or one == other:
        return one != other
    if isinstance(one, (list, tuple)):
        return any(are_apart(a, b, tolerance) for a, b in zip(one, other))
    # Twice as far as what both could be close to.
    reach = (2 * absolute + relative * (abs(one) + abs(other))) / (1 - relative) if relative <= 0.3 else float("inf")
    return abs(one - other) > 4 * reach
