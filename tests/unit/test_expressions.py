"""The language of formulas: what it computes is what Python would, and what it does not know is refused."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dscp.ledger.expressions import NotAllowedError, expression
from dscp.ledger.formulas import FORMULAS, FUNCTIONS, recompute
from thorough import drawn

VALUES = {"a": 30.0, "b": -0.25, "c": 2.0, "one": [3.0, 0.5, -2.0], "two": [1.0, math.nan, 4.0]}


# What it computes


SIGNS = ["+", "-", "*", "/", "//", "<", "<=", ">", ">=", "==", "!=", "and", "or"]
OF_ONE = ["abs", "sqrt", "normal_tail", "normal_quantile", "round_half_up"]
OF_TWO = ["log_odds", "min", "max"]
LISTS = [
    "one", "two", "one + two", "[{}, {}]", "[{}] + one", "(x * ({}) for x in one if x < ({}))",
    "(x - y * ({}) for x, y in zip(one, two))", "(n * y + ({}) for n, y in enumerate(two) if y == y if n)",
    "(sum(x * y for y in two) - ({}) for x in one)",
]  # fmt: skip
NUMBERS = [
    *(f"(({{}}) {sign} ({{}}))" for sign in SIGNS), *(f"{{}} {sign} {{}}" for sign in "+-*/"), "{} and {} or {}",
    "({} if {} else {})", "-({})", "({}) ** 2", "({}) ** -1", "({}) ** 0.5", "2 ** ({})", "len(one + two)",
    *(f"{name}({{}})" for name in OF_ONE), *(f"{name}({{}}, {{}})" for name in OF_TWO), "round_half_up({}, 1)",
    *(f"{name}({text})" for name in ("sum", "min", "max", "prod") for text in LISTS),
]  # fmt: skip
PARTS = ["0", "1", "2", "7", "0.5", "1e3", "a", "b", "c"]


@st.composite
def formulas(draw: st.DrawFn, depth: int = 3) -> str:
    """A formula of the kinds that are allowed, one within another."""
    text = draw(st.sampled_from(NUMBERS if depth else PARTS))
    return text.format(*(draw(formulas(draw(st.integers(0, depth - 1)))) for _ in range(text.count("{}"))))


def outcome(compute) -> object:
    """What comes out: the type and all digits of a number, or the kind of error."""
    try:
        value = compute()
    except (ArithmeticError, ValueError, TypeError) as error:
        return type(error)
    return type(value), repr(value)


@settings(derandomize=True, deadline=None, max_examples=drawn(1000))
@given(formulas())
def test_it_computes_what_python_would(text):
    python = {"__builtins__": {}, **FUNCTIONS, "zip": zip, "enumerate": enumerate, **VALUES}
    assert outcome(lambda: expression(text, FORMULAS)(VALUES)) == outcome(lambda: eval(text, python))


@pytest.mark.parametrize(
    ("text", "lists"),
    [
        ("sum(part) / base", {"part"}),
        ("max(one, two)", set()),
        ("min(one)", {"one"}),
        ("len(one + two)", {"one", "two"}),
        ("sum(x * y / base for x, y in zip(one, two))", {"one", "two"}),
        ("sum(n * x for n, x in enumerate(one) if x > level)", {"one"}),
        ("sum(s * x for s, x in zip([1, base], one))", {"one"}),
        ("abs(sum) + part", set()),
    ],
)
def test_the_text_tells_which_names_are_lists(text, lists):
    found = expression(text, FORMULAS)
    assert found.lists == lists
    assert found.single == {"base", "level", "one", "two", "part", "sum"} & {*text_names(text)} - lists


def text_names(text: str) -> list[str]:
    return "".join(sign if sign.isalnum() else " " for sign in text.replace("sum(", "(")).split()


def test_a_name_in_a_loop_hides_an_input():
    assert (
        recompute({"formula": "x + sum(x for x in part)", "inputs": "x=a part=b part=c"}, {"a": 1, "b": 2, "c": 4}) == 7
    )


# What it refuses


@pytest.mark.parametrize(
    "text",
    [
        "part.real", "(1).__class__", "sum.__self__", "__import__('os').system('true')", "open('x')", "eval('1')",
        "lambda: 1", "(lambda x: x)(1)", "[x for x in part]", "{x for x in part}", "{1: 2}", "{1, 2}", "part[0]",
        "[1, 2][0]", "'text'", "b'x'", "f'{a}'", "True", "None", "...", "1j", "(a, a)", "*part", "(y := 1)",
        "a if a else None", "sum(a if a else part)", "not a", "~a", "+a", "a % 2", "a << 2", "a | 1", "a & 1",
        "a ^ 1", "a @ a", "a in part", "a is a", "1 < a < 2", "await a", "(yield)", "sum(part, start=1)",
        "sum(*part)", "sum(part, 1)", "sum()", "max(**part)", "min()", "sum(a)(a)", "[sum][0](part)", "sum(1)",
        "sum(sum(part))", "len('text')", "abs(part) + sum(part)", "sum(part) * part", "[1] * 2", "[1, 2]",
        "part + [1]", "(x for x in part)", "zip(part, part)", "enumerate(part)", "sum(zip(part, part))",
        "len(enumerate(part))", "sum(x for x in a for y in part)", "sum(x for x in zip(part, part))",
        "sum(x for x, y in part)", "sum(x for x, y, z in zip(part, part))", "sum(x for x, y in enumerate(part, 1))",
        "sum(x for x, y in zip(part, part, strict=a))", "sum(x for a.b in part)",
        "sum(x for (x, y), z in zip(part, part))", "sum(x for x, *y in zip(part, part))",
        "sum(x async for x in part)", "sum(sum(x) for x in part)", "range(3)", "sum(range(3))", "sum(x for x in 3)",
        "print(a)", "exit()", "a; a", "a = 1", "import os", "del a", "a +", "", " ", "a\x00",
        "(" * 300 + "a" + ")" * 300, "-" * 100_000 + "a", "a" + " + a" * 100_000, "9" * 10_000,
    ],
)  # fmt: skip
def test_what_is_not_allowed_is_refused_before_anything_is_computed(text):
    with pytest.raises(NotAllowedError) as stopped:
        expression(text, FORMULAS)
    assert repr(text[:50])[:-1] in str(stopped.value) and len(str(stopped.value)) < 1000


@pytest.mark.parametrize(
    "text", ["9 ** 9 ** 9", "2 ** 1025", "(9 ** 300) ** 300", "round_half_up(1, 9 ** 99)", "(-9) ** 9 ** 9"]
)
def test_no_power_is_worked_out_for_days(text):
    with pytest.raises(NotAllowedError, match="no number that can be stored"):
        expression(text, FORMULAS)({})


@pytest.mark.parametrize(
    ("formula", "inputs", "said"),
    [
        (
            "a.real",
            "a=a",
            r"'a.real': a.real \(Attribute\) is not allowed there; allowed: numbers, names, .*, annuity, .*_below, .*$",
        ),
        ("100 * part", "part=a part=b", r"'100 \* part': part is one number, and has 2 inputs"),
        ("__builtins__", "a=a", "'__builtins__': nothing is named __builtins__; there are: a"),
        ("a + b", "a=a", "'a \\+ b': nothing is named b; there are: a"),
        ("sum(a) * a", "a=a a=b", "a is a list in one place and a number in another"),
    ],
)
def test_a_refusal_names_the_formula_the_part_and_what_is_allowed(formula, inputs, said):
    with pytest.raises(NotAllowedError, match=said):
        recompute({"formula": formula, "inputs": inputs}, {"a": 1.0, "b": 2.0})
