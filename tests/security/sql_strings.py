"""Which values Python code puts into SQL statements, and whether each of them is quoted."""

import ast
import re
from collections.abc import Iterator

STATEMENT = re.compile(
    r"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|REPLACE INTO|CREATE|DROP|ALTER|LOAD DATA|TRUNCATE|"
    r"SHOW|GRANT|REVOKE|KILL|CALL|USE|SET|WITH|LOCK|RENAME|EXPLAIN|CHECKSUM|ANALYZE|OPTIMIZE)\s"
)
QUOTING = {"quoted", "backticked", "grant_pattern", "escape_string"}
"""Functions whose result is quoted."""
GENERATED = {
    "gradient_columns", "columns_sent", "norm_definition", "grant_reading", "create_database",
    "account", "balanced",
}  # fmt: skip
"""Our functions that build SQL from numbers, or from what they have quoted themselves."""
NUMBERS = {"int", "len", "range"}
BY_HAND = {"format", "replace", "join", "substitute", "safe_substitute"}


def unquoted(module: ast.Module) -> list[tuple[int, str]]:
    """Return line and text of each value that enters an SQL statement unquoted."""
    found = []
    for scope, node in _with_scopes(module):
        if isinstance(node, ast.JoinedStr) and _is_statement(node):
            values = [part for part in node.values if isinstance(part, ast.FormattedValue)]
            found += [(v.lineno, ast.unparse(v.value)) for v in values if not safe(v, scope)]
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod | ast.Add):
            if _is_statement(node.left) and not safe(node.right, scope):
                found.append((node.lineno, ast.unparse(node.right)))
        elif _is_call(node, BY_HAND) and _is_statement(getattr(node.func, "value", node)):
            arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
            found += [(a.lineno, ast.unparse(a)) for a in arguments if not safe(a, scope)]
    return found


def _with_scopes(module: ast.Module) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Yield every node with its enclosing function or module."""
    waiting: list[tuple[ast.AST, ast.AST]] = [(module, module)]
    while waiting:
        scope, node = waiting.pop()
        yield scope, node
        inner = node if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else scope
        waiting += [(inner, child) for child in ast.iter_child_nodes(node)]


def _is_statement(node: ast.AST) -> bool:
    if isinstance(node, ast.BinOp):
        return _is_statement(node.left)
    if isinstance(node, ast.JoinedStr):
        return bool(node.values) and _is_statement(node.values[0])
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and STATEMENT.match(node.value) is not None
    )


def _is_call(node: ast.AST, names: set[str]) -> bool:
    return isinstance(node, ast.Call) and _last(node.func) in names


def _last(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def safe(node: ast.AST, scope: ast.AST, known: frozenset[str] = frozenset()) -> bool:
    """Return whether a value is a constant, a number, or quoted, wherever it was made."""
    if isinstance(node, ast.FormattedValue):
        whole_number = node.format_spec is not None and ast.unparse(node.format_spec) == "f'd'"
        return whole_number or safe(node.value, scope, known)
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.Name | ast.Attribute) and _last(node).isupper():
        return True
    if isinstance(node, ast.Name):
        made = _made(node.id, scope)
        return node.id in known or (
            bool(made) and all(safe(each, scope, known | {node.id}) for each in made)
        )
    if isinstance(node, ast.Call):
        if _last(node.func) in QUOTING | GENERATED | NUMBERS:
            return True
        parts = [*node.args, *([node.func.value] if isinstance(node.func, ast.Attribute) else [])]
        return _last(node.func) in {"join", "tuple", "list", "sorted"} and all(
            safe(part, scope, known) for part in parts
        )
    if isinstance(node, ast.GeneratorExp | ast.ListComp):
        return safe(node.elt, node, known) or safe(node.elt, scope, known)
    if isinstance(
        node, ast.JoinedStr | ast.List | ast.Tuple | ast.IfExp | ast.BinOp | ast.Subscript
    ):
        skipped = (node.slice,) if isinstance(node, ast.Subscript) else ()
        skipped += (node.test,) if isinstance(node, ast.IfExp) else ()
        children = ast.iter_child_nodes(node)
        parts = [child for child in children if isinstance(child, ast.expr)]
        return all(safe(part, scope, known) for part in parts if part not in skipped)
    return isinstance(node, ast.Starred) and safe(node.value, scope, known)


def _made(name: str, scope: ast.AST) -> list[ast.expr]:
    """Return everything that a name is assigned or iterates over in a function."""
    made: list[ast.expr] = []
    for node in ast.walk(scope):
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr | ast.For):
            targets = [node.target]
        if isinstance(node, ast.comprehension):
            targets = [node.target]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            made.append(node.iter if isinstance(node, ast.For | ast.comprehension) else node.value)
    return made
