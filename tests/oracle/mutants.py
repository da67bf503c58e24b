"""Mutants of a SQL file: the file with one comparison, join, condition, number or word changed. Prose that people read is left alone."""

import dataclasses
import re

TOKEN = re.compile(
    r"""(?P<comment>--[^\n]*) | (?P<string>'(?:[^']|'')*') | (?P<name>"[^"]*") | (?P<number>\d+(?:\.\d+)?)
    | (?P<word>[A-Za-z_]\w*(?:\.\w+)*(?:\.\*)?) | (?P<sign><>|<=|>=|\|\||[<>=+\-*/%(),])""",
    re.X,
)
COMPARISONS = {"<": ["<=", ">"], "<=": ["<", ">="], ">": [">=", "<"], ">=": [">", "<="], "=": ["<>"], "<>": ["="]}
WORDS = {"min": "max", "max": "min", "sum": "max", "greatest": "least", "least": "greatest", "abs": "", "and": "or", "or": "and"}
WORDS |= {"asc": "desc", "desc": "asc", "inner": "left", "left": "inner", "full": "left"}
SIGNS = {"+": "-", "-": "+", "*": "+", "/": "*", "%": "+"}
# A condition ends where one of these stands beside it.
BOUNDS = {"where", "on", "having", "when", "then", "else", "end", "select", "as", "and", "or", "group", "order", "qualify", "union"}
BOUNDS |= {"inner", "left", "cross", "full", "join", "from", "case", "distinct"}
CODE = re.compile(r"[A-Za-z0-9_*%=.\-]*(?<!\.)")
FIRST_DAY, LAST_DAY = "0001-01-01", "9999-12-31"


@dataclasses.dataclass(frozen=True)
class Token:
    kind: str
    text: str
    start: int
    end: int
    depth: int


@dataclasses.dataclass(frozen=True)
class Mutant:
    """A file's text with one place changed, and how that is written down."""

    line: int
    change: str
    text: str


def mutants(text):
    """All mutants of a file's text, in its order, each once."""
    tokens = tokenised(text)
    found = {}
    for start, end, new in [*changes(text, tokens), *conditions(text, tokens)]:
        if text[start:end] != new:
            mutated = text[:start] + new + text[end:]
            found.setdefault(mutated, Mutant(text.count("\n", 0, start) + 1, described(text, start, end, new), mutated))
    return sorted(found.values(), key=lambda mutant: mutant.line)


def tokenised(text):
    tokens, depth = [], 0
    for match in TOKEN.finditer(text):
        depth -= match[0] == ")"
        if match.lastgroup != "comment":
            tokens.append(Token(match.lastgroup, match[0], match.start(), match.end(), depth))
        depth += match[0] == "("
    return tokens


def described(text, start, end, new):
    """The change within the words around it."""
    before = " ".join(text[max(0, start - 50) : start].split(" ")[1:])
    after = " ".join(text[end : end + 40].split(" ")[:-1])
    return " ".join(f"{before}⟦{text[start:end]} → {new}⟧{after}".split())


def changes(text, tokens):
    """What one token, or a call, is changed to."""
    for place, token in enumerate(tokens):
        before = tokens[place - 1].text if place else ""
        after = tokens[place + 1].text if place + 1 < len(tokens) else ""
        for new in changed(token, before, after, tokens[:place]):
            yield token.start, token.end, new
        if token.text == "coalesce":
            close = closing(tokens, place + 1)
            comma = next(each for each in tokens[place:close] if each.text == "," and each.depth == tokens[place + 1].depth + 1)
            yield token.start, tokens[close].end, text[tokens[place + 1].end : comma.start]
        if token.text == "by" and before == "partition":
            yield from keys(tokens, place)


def changed(token, before, after, earlier):
    if token.text in COMPARISONS:
        yield from COMPARISONS[token.text]
    elif token.kind == "sign":
        yield from arithmetic(token.text, before, after)
    elif token.kind == "string":
        yield from literal(token.text[1:-1])
    elif token.kind == "number" and not is_of_type(earlier):
        yield str(int(token.text) + 1)
    elif token.text in ("min", "max", "sum", "greatest", "least", "abs"):
        if after == "(":
            yield WORDS[token.text]
    elif token.text in ("inner", "left", "full", "and", "or", "asc", "desc"):
        yield WORDS[token.text]
    elif token.text == "is":
        yield "is" if after == "not" else "is not"
    elif token.text == "not" and after == "null":
        yield ""
    elif token.text in ("not", "distinct"):
        yield ""
    elif token.text == "union" and after != "all":
        yield "union all"
    elif token.text == "all" and before == "union":
        yield ""


def arithmetic(sign, before, after):
    is_unary = before in ("(", ",", "then", "else", "select", "when")
    if sign == "-" and is_unary:
        yield ""
    elif sign in SIGNS and not is_unary and after not in (")", ",", "from"):
        yield SIGNS[sign]


def literal(words):
    """Another code, number or day; nothing for prose."""
    if words in (FIRST_DAY, LAST_DAY):
        yield f"'{LAST_DAY if words == FIRST_DAY else FIRST_DAY}'"
    elif re.fullmatch(r"\d+", words):
        yield f"'{int(words) + 1:0{len(words)}}'"
    elif re.fullmatch(r"\d+\.\d+", words):
        yield f"'{int(words.split('.')[0]) + 1}.{words.split('.')[1]}'"
    elif re.fullmatch(r"\d{4}-\d\d", words):
        yield "'2019-10'"
    elif CODE.fullmatch(words):
        yield f"'x{words}'"


def is_of_type(earlier):
    """Whether a number is a digit of `decimal(18,2)`."""
    texts = [token.text for token in earlier[-4:]]
    return texts[-2:] == ["decimal", "("] or texts[-4:-2] == ["decimal", "("]


def closing(tokens, opening):
    return next(place for place in range(opening + 1, len(tokens)) if tokens[place].text == ")" and tokens[place].depth == tokens[opening].depth)


def keys(tokens, by):
    """Each key of a window left out."""
    depth = tokens[by].depth
    end = next(place for place in range(by, len(tokens)) if tokens[place].text == "order" or tokens[place].depth < depth)
    commas = [place for place in range(by + 1, end) if tokens[place].text == "," and tokens[place].depth == depth]
    cuts = [by, *commas, end]
    for left, right in zip(cuts, cuts[1:]):
        if len(cuts) == 2:
            yield tokens[by - 1].start, tokens[end - 1].end, ""
        elif left == by:
            yield tokens[left + 1].start, tokens[right].end, ""
        else:
            yield tokens[left].start, tokens[right - 1].end, ""


def conditions(text, tokens):
    """Each condition taken out: true beside `and` and alone, false beside `or`; one of a `case` both."""
    for place, token in enumerate(tokens):
        if token.text in ("and", "or"):
            new = "true" if token.text == "and" else "false"
            yield (*span(tokens, place, -1), new)
            yield (*span(tokens, place, 1), new)
        elif token.text in ("where", "on", "having", "when"):
            start, end = span(tokens, place, 1)
            if not text[start:end].startswith("'"):
                yield start, end, "true"
                if token.text == "when":
                    yield start, end, "false"


def span(tokens, place, step):
    """Where the condition before or after a token starts and ends."""
    depth, last = tokens[place].depth, place
    while 0 <= last + step < len(tokens):
        token = tokens[last + step]
        if token.depth < depth or (token.depth == depth and (token.text in BOUNDS or token.text == ",")):
            break
        last += step
    first, final = sorted((place + step, last))
    return tokens[first].start, tokens[final].end
