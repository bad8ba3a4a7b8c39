"""Rules that are read off an adapter's source, without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from mpcas2_testing.findings import Finding

__all__ = ("static_findings",)

Seen = tuple[str, int, str]

_CLIENTS = ("requests", "urllib.request", "urllib3", "aiohttp", "http.client", "socket")
_HTTPX_CALLS = frozenset(
    f"httpx.{name}"
    for name in (
        [
            "AsyncClient",
            "Client",
            "request",
            "get",
            "post",
            "put",
            "patch",
            "delete",
            "head",
            "options",
            "stream",
        ]
    )
)
_CLOCKS = frozenset(
    [
        "datetime.now",
        "datetime.utcnow",
        "datetime.today",
        "date.today",
        "datetime.datetime.now",
        "datetime.datetime.utcnow",
        "datetime.date.today",
        "time.time",
        "time.monotonic",
    ]
)
_WAITS = frozenset(("time.sleep", "asyncio.sleep", "anyio.sleep"))
_ENVIRONMENT = frozenset(("os.environ", "os.getenv", "os.environb"))
_OURS = ("mpcas2_hookspecs",)
_MUTABLE_MAKERS = frozenset(("dict", "list", "set", "defaultdict", "deque", "Counter"))
_CHANGERS = frozenset(
    [
        "append",
        "add",
        "update",
        "setdefault",
        "pop",
        "popitem",
        "clear",
        "extend",
        "insert",
        "remove",
        "discard",
    ]
)


def static_findings(package: Path) -> list[Finding]:
    """Reads all modules of an adapter, its practice network left out.

    Args:
        package: Folder of its import package.
    """
    found: list[Finding] = []
    for path in sorted(package.rglob("*.py")):
        inside = path.relative_to(package)
        if inside.parts[0] == "sandbox":
            continue
        tree = ast.parse(path.read_bytes(), filename=str(path))
        for rule, line, happened in sorted(_seen(tree, package.name), key=lambda one: one[1]):
            found.append(Finding.of(rule, happened, f"{package.name}/{inside}:{line}"))
    return found


def _seen(tree: ast.Module, package: str) -> Iterator[Seen]:
    yield from _state(tree)
    names = _imported_names(tree)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from _imports(node, package)
        elif isinstance(node, ast.Call):
            yield from _call(node, names)
        elif isinstance(node, ast.Attribute) and _dotted(node, names) in _ENVIRONMENT:
            yield "static.environment", node.lineno, f"{_dotted(node, names)} is read"
        elif isinstance(node, ast.ExceptHandler) and _is_broad(node):
            caught = "everything" if node.type is None else ast.unparse(node.type)
            yield "static.broad_except", node.lineno, f"`except` catches {caught}"
        elif isinstance(node, ast.Global):
            yield "static.module_state", node.lineno, f"`global {', '.join(node.names)}`"


def _imported_names(tree: ast.Module) -> dict[str, str]:
    """Gives what each imported name stands for, so that aliases are seen through."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for one in node.names:
                names[one.asname or one.name.partition(".")[0]] = (
                    one.name if one.asname else one.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for one in node.names:
                names[one.asname or one.name] = f"{node.module}.{one.name}"
    return names


def _dotted(node: ast.expr, names: dict[str, str]) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value, names)}.{node.attr}"
    return names.get(node.id, node.id) if isinstance(node, ast.Name) else ""


def _imports(node: ast.Import | ast.ImportFrom, package: str) -> Iterator[Seen]:
    if isinstance(node, ast.ImportFrom):
        modules = [] if node.level else [node.module or ""]
        inside = (node.module or "").partition(".")[0] if node.level else ""
        if inside == "sandbox" or (node.level and any(one.name == "sandbox" for one in node.names)):
            yield "static.imports", node.lineno, "the practice network is imported"
    else:
        modules = [one.name for one in node.names]
    for module in modules:
        top = module.partition(".")[0]
        if any(module == one or module.startswith(f"{one}.") for one in _CLIENTS):
            yield "static.own_client", node.lineno, f"{module} is imported"
        if module.startswith(f"{package}.sandbox"):
            yield "static.imports", node.lineno, "the practice network is imported"
        elif top.startswith("mpcas2") and top not in {*_OURS, package}:
            yield "static.imports", node.lineno, f"{top} is imported"


def _call(node: ast.Call, names: dict[str, str]) -> Iterator[Seen]:
    called = _dotted(node.func, names)
    if called in _HTTPX_CALLS:
        yield "static.own_client", node.lineno, f"{called} is called"
    elif called in _WAITS:
        yield "static.sleep", node.lineno, f"{called} is called"
    elif called in _CLOCKS or called.removeprefix("datetime.") in _CLOCKS:
        yield "static.clock", node.lineno, f"{called} is called"
    elif called in _ENVIRONMENT:
        yield "static.environment", node.lineno, f"{called} is called"
    elif called == "print":
        yield "static.print", node.lineno, "print is called"
    for one in node.keywords:
        given = f"{one.arg}={ast.unparse(one.value)}"
        if given in {"follow_redirects=True", "verify=False"}:
            yield "static.redirects", node.lineno, f"a client is given {given}"


def _is_broad(node: ast.ExceptHandler) -> bool:
    """Tells whether a handler catches everything and does not raise it again as it is."""
    caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    broad = {"Exception", "BaseException"}
    if not any(one is None or (isinstance(one, ast.Name) and one.id in broad) for one in caught):
        return False
    last = node.body[-1]
    return not (isinstance(last, ast.Raise) and last.exc is None)


def _state(tree: ast.Module) -> Iterator[Seen]:
    """Finds values at module level that some function changes."""
    held: dict[str, int] = {}
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        value = getattr(node, "value", None)
        if isinstance(target, ast.Name) and _is_mutable(value):
            held[target.id] = node.lineno
    changed = {name for name in map(_changed, ast.walk(tree)) if name in held}
    for name in changed:
        yield "static.module_state", held[name], f"`{name}` is changed while the module lives"


def _is_mutable(value: ast.expr | None) -> bool:
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        return value.func.id in _MUTABLE_MAKERS
    return isinstance(value, (ast.List, ast.Dict, ast.Set))


def _changed(node: ast.AST) -> str:
    """Gives the name whose content a node changes; empty for none."""
    place: ast.expr | None = None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        place = node.func.value if node.func.attr in _CHANGERS else None
    elif isinstance(node, (ast.Assign, ast.Delete)):
        first = node.targets[0]
        place = first.value if isinstance(first, ast.Subscript) else None
    elif isinstance(node, ast.AugAssign):
        place = node.target.value if isinstance(node.target, ast.Subscript) else None
    return place.id if isinstance(place, ast.Name) else ""
