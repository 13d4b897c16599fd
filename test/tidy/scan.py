"""Reads C just well enough to measure it: functions, parameters, nesting, prototypes."""
import re
from collections import namedtuple

Token = namedtuple("Token", "text line")
Function = namedtuple("Function", "name first last params nesting static")
Prototype = namedtuple("Prototype", "name first last")

LITERAL = re.compile(
    r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.S)
# A preprocessing number swallows its exponent's sign, so 1e-5 is one token.
TOKEN = re.compile(r"[A-Za-z_]\w*|\.?\d(?:[eEpP][+-]|[\w.])*|\"\"|''|\S")
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", re.M)
CONTROL = {"if", "for", "while", "switch"}
PAIRS = {"(": ")", "{": "}", "[": "]"}


def blank(text):
    return re.sub(r"[^\n]", " ", text)


def without_comments(text):
    """Comments become spaces, what literals say vanishes; the lines stay where they are."""
    def replace(match):
        found = match.group()
        if found[0] in "\"'":
            return found[0] * 2
        return blank(found)
    return LITERAL.sub(replace, text)


def without_directives(clean):
    return DIRECTIVE.sub(lambda match: blank(match.group()), clean)


def directives(clean):
    """(line, text) of each preprocessor line, continuations joined."""
    return [(clean.count("\n", 0, match.start()) + 1, match.group().replace("\\\n", " ").strip())
            for match in DIRECTIVE.finditer(clean)]


def tokens(clean):
    found, line, at = [], 1, 0
    for match in TOKEN.finditer(clean):
        line += clean.count("\n", at, match.start())
        at = match.start()
        found.append(Token(match.group(), line))
    return found


def close_of(toks, i):
    """The index of the bracket that closes the one at i."""
    depth = 0
    for j in range(i, len(toks)):
        if toks[j].text in PAIRS:
            depth += 1
        elif toks[j].text in PAIRS.values():
            depth -= 1
            if depth == 0:
                return j
    return len(toks) - 1


class Nesting:
    """How deep control statements stand in one another; `else if` is no deeper than its `if`."""

    def __init__(self, toks):
        self.toks = toks
        self.deepest = 0

    def text(self, i):
        return self.toks[i].text if i < len(self.toks) else ""

    def body(self, i, depth):
        self.deepest = max(self.deepest, depth)
        return self.statement(i, depth)

    def block(self, i, depth):
        end = close_of(self.toks, i)
        i += 1
        while i < end:
            i = self.statement(i, depth)
        return end + 1

    def statement(self, i, depth):
        word = self.text(i)
        if word == "{":
            return self.block(i, depth)
        if word in CONTROL:
            return self.control(i, depth)
        if word == "do":
            return self.simple(self.body(i + 1, depth + 1))
        if word == "case":
            return self.after_case(i + 1)
        if self.text(i + 1) == ":" and re.match(r"[A-Za-z_]", word):
            return i + 2
        if re.match(r"[A-Za-z_]", word) and self.text(i + 1) == "(":
            after = close_of(self.toks, i + 1) + 1
            if self.text(after) == "{":  # a macro that makes a loop
                return self.body(after, depth + 1)
        return self.simple(i)

    def control(self, i, depth):
        after = self.body(close_of(self.toks, i + 1) + 1, depth + 1)
        if self.text(i) == "if" and self.text(after) == "else":
            if self.text(after + 1) == "if":
                return self.statement(after + 1, depth)
            return self.body(after + 1, depth + 1)
        return after

    def after_case(self, i):
        questions = 0
        while i < len(self.toks):
            word = self.text(i)
            if word == "?":
                questions += 1
            elif word == ":" and questions == 0:
                return i + 1
            elif word == ":":
                questions -= 1
            i += 1
        return i

    def simple(self, i):
        while i < len(self.toks) and self.text(i) not in (";", "}"):
            i = close_of(self.toks, i) + 1 if self.text(i) in PAIRS else i + 1
        return i + 1


def parameters(toks):
    """How many, of the tokens between a function's parentheses."""
    depth, count = 0, 1
    if [t.text for t in toks] in ([], ["void"]):
        return 0
    for token in toks:
        if token.text in PAIRS:
            depth += 1
        elif token.text in PAIRS.values():
            depth -= 1
        elif token.text == "," and depth == 0:
            count += 1
    return count


def declarator(head):
    """(index of the name, of its opening parenthesis) in a declaration's tokens, or None."""
    i = 0
    while i + 1 < len(head):
        word = head[i].text
        if word in ("__attribute__", "_Static_assert", "_Alignas"):
            i = close_of(head, i + 1) + 1
            continue
        if word == "=":
            return None
        if re.match(r"[A-Za-z_]", word) and head[i + 1].text == "(":
            return i, i + 1
        i = close_of(head, i) + 1 if word in PAIRS else i + 1
    return None


def units(toks):
    """Declarations and definitions at file level: (head tokens, body tokens or None)."""
    start = i = 0
    while i < len(toks):
        word = toks[i].text
        if word == ";":
            yield toks[start:i + 1], None
            start = i = i + 1
        elif word == "{":
            end = close_of(toks, i)
            head = toks[start:i]
            if declarator(head) and head[-1].text != "=":
                yield head, toks[i:end + 1]
                start = i = end + 1
            else:
                i = end + 1
        elif word in "([":
            i = close_of(toks, i) + 1
        else:
            i += 1


def functions(clean):
    found = []
    for head, body in units(tokens(without_directives(clean))):
        if body is None:
            continue
        name, opening = declarator(head)
        deep = Nesting(body)
        deep.block(0, 0)
        inside = head[opening + 1:close_of(head, opening)]
        static = any(token.text == "static" for token in head[:name])
        found.append(Function(head[name].text, head[0].line, body[-1].line, parameters(inside),
                              deep.deepest, static))
    return found


def prototypes(clean):
    """Functions declared and not defined, those with external linkage."""
    found = []
    for head, body in units(tokens(without_directives(clean))):
        words = [token.text for token in head]
        if body is not None or not words or words[0] in ("typedef", "static", "_Static_assert"):
            continue
        place = declarator(head)
        # Without a type before the name it is a macro's call, and (*name) is a pointer.
        if place and place[0] > 0 and "{" not in words[:place[0]]:
            found.append(Prototype(words[place[0]], head[0].line, head[-1].line))
    return found
