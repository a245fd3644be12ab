"""The project's own Python files, parsed."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = "vanishing_gradients"
ROOMS = ("analysis", "migrations", "remedy", "server", "sql", "telemetry", "trainer")
AT_THE_ROOT = (
    "__init__.py", "__main__.py", "cli.py", "console.py", "errors.py", "installation.py",
    "interruption.py", "options.py", "words.py",
)  # fmt: skip
FOLDERS = (*ROOMS, "bench", "tests", "tools")


def files(*parts: str) -> list[Path]:
    """Return all Python files of these folders, or these files, from the project's root."""
    found = []
    for part in parts:
        path = ROOT / part
        found += [path] if path.is_file() else sorted(path.rglob("*.py"))
    return found


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), name(path))


def imports(path: Path) -> set[str]:
    """Return the dotted names of all modules that a file imports anywhere."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{name(path)} has a relative import"
            submodules = ROOT.joinpath(*node.module.removeprefix(PACKAGE).strip(".").split("."))
            modules = {
                f"{node.module}.{alias.name}"
                for alias in node.names
                if (submodules / f"{alias.name}.py").exists() or (submodules / alias.name).is_dir()
            }
            found |= modules
            if len(modules) < len(node.names):
                found.add(node.module)
    return found


def ours(path: Path) -> set[str]:
    """Return the project's modules that a file imports, named like their files: sql.names."""
    return {
        module.removeprefix(f"{PACKAGE}.")
        for module in imports(path)
        if module.startswith(f"{PACKAGE}.")
    }


def strings(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and text of every string that is not a docstring; of f-strings, the fixed text."""
    docstrings = {
        id(node.value)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree(path)):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and id(node) not in docstrings:
            yield node.lineno, text


def dotted(node: ast.expr) -> str:
    """Return a chain of attributes as text: numpy.random.seed; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (owner := dotted(node.value)):
        return f"{owner}.{node.attr}"
    return ""
