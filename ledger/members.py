"""The members of an event, put at dotted paths."""

from typing import Any


def put(members: dict[str, Any], path: list[str], value: Any) -> None:
    """Set a member at a dotted path, making the objects and lists on the way (`groups.0.count`).

    Raises ValueError where something else is in the way, and for an index beyond the next free one.
    """
    node: Any = members
    for depth, step in enumerate(path):
        last = depth + 1 == len(path)
        key = _key(node, step, path[:depth])
        is_new = key not in node if isinstance(node, dict) else key == len(node)
        if is_new:
            made = value if last else [] if _is_index(path[depth + 1]) else {}
            node.append(made) if isinstance(node, list) else node.update({key: made})
        elif last:
            if isinstance(node[key], dict | list):
                raise ValueError(f"{'.'.join(path)} has members of its own already")
            node[key] = value
        node = node[key]


def _key(node: Any, step: str, under: list[str]) -> Any:
    """The key of a step in an object or a list. Raises ValueError."""
    if isinstance(node, dict):
        return step
    name = ".".join(under)
    if not isinstance(node, list):
        raise ValueError(f"{name} is {node!r} already, which has no member {step!r}")
    if not _is_index(step):
        raise ValueError(f"{name} is a list; write {name}.0, not {name}.{step}")
    if int(step) > len(node):
        raise ValueError(f"{name}.{step} is beyond the next free place, {name}.{len(node)}")
    return int(step)


def _is_index(step: str) -> bool:
    return step.isascii() and step.isdigit() and len(step) < 16
