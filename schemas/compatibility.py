"""Whether messages written under an old JSON Schema stay valid, and keep their meaning, under a new one.

Pure: schemas in, findings out. It judges the part of JSON Schema 2020-12 that the contracts use, and what it
cannot judge is a break as soon as it changes.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

Schema: TypeAlias = Mapping[str, Any]
Bundle: TypeAlias = Mapping[str, Schema]
"""The schemas of one release, by name, such as `captives_released.v1`."""

_ANNOTATIONS = frozenset({"$comment", "$defs", "$id", "$schema", "deprecated", "description", "examples", "title"})
_STRUCTURE = frozenset(
    {"$ref", "additionalProperties", "anyOf", "const", "default", "enum", "items", "properties", "required", "type"}
)
_LOWEST = frozenset({"exclusiveMinimum", "minItems", "minLength", "minProperties", "minimum"})
_HIGHEST = frozenset({"exclusiveMaximum", "maxItems", "maxLength", "maxProperties", "maximum"})
_ABSENT = object()


def breaks(old: Schema, new: Schema) -> list[str]:
    """Each way in which a message that is valid under `old` is invalid, or means something else, under `new`.

    Every finding starts with the path of what changed. Empty if `new` is backward compatible.
    """
    return list(dict.fromkeys(_Comparison(old, new).node(old, new, "")))


def breaks_any(baselines: Mapping[str, Bundle], current: Bundle) -> list[str]:
    """The breaks of `current` against each released bundle (BACKWARD_TRANSITIVE), by release.

    A schema that a release has and `current` lacks is a break: its messages are in logs for ever.
    """
    return [
        f"{name} (released in {release}): {finding}"
        for release, bundle in baselines.items()
        for name, old in bundle.items()
        for finding in (breaks(old, current[name]) if name in current else ["is gone; keep it readable"])
    ]


class _Comparison(NamedTuple):
    """Two root schemas, against which `$ref` is resolved."""

    old_root: Schema
    new_root: Schema
    met: frozenset[tuple[str, str]] = frozenset()

    def node(self, old: Any, new: Any, path: str) -> Iterator[str]:
        if new is True or old is False:
            return
        if new is False:
            yield _at(path, "nothing is accepted here any more")
            return
        old = {} if old is True else old
        references = (old.get("$ref", ""), new.get("$ref", ""))
        if references not in self.met:
            inner = self._replace(met=self.met | {references}) if all(references) else self
            yield from inner._schema(_resolved(old, self.old_root), _resolved(new, self.new_root), path)

    def _schema(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        if "anyOf" in old or "anyOf" in new:
            yield from self._branches(old, new, path)
            return
        yield from _values(old, new, path)
        yield from _bounds(old, new, path)
        yield from _unjudged(old, new, path)
        yield from self._members(old, new, path)
        if "items" in new:
            yield from self.node(old.get("items", True), new["items"], _join(path, "items"))

    def _branches(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        """Each branch of the old union needs one branch of the new one that takes all of it.

        Where there is none, the findings are those against the branch that is most like it.
        """
        for branch in _branches(old, self.old_root):
            tries = [
                (branch.get("type") != other.get("type"), list(self.node(branch, other, path)))
                for other in _branches(new, self.new_root)
            ]
            if all(findings for _, findings in tries):
                yield from min(tries, key=lambda one: (one[0], len(one[1])))[1]

    def _members(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        for name in before:
            if name not in after:
                yield _at(_join(path, name), "this property was removed")
            else:
                yield from self.node(before[name], after[name], _join(path, name))
                yield from self._default(name, old, new, path)
        for name in sorted(set(new.get("required", ())) - set(old.get("required", ()))):
            yield _at(_join(path, name), "is required now")
        rest, rest_now = old.get("additionalProperties", True), new.get("additionalProperties", True)
        if rest is not False:
            for name in after.keys() - before.keys():
                yield from self.node(rest, after[name], _join(path, name))
        if rest is not False and rest_now is False:
            yield _at(path, "other properties are no longer accepted (additionalProperties)")
        else:
            yield from self.node(rest, rest_now, _join(path, "*"))

    def _default(self, name: str, old: Schema, new: Schema, path: str) -> Iterator[str]:
        if name in old.get("required", ()):
            return
        before = _default_of(old["properties"][name], self.old_root)
        after = _default_of(new["properties"][name], self.new_root)
        if before is not _ABSENT and not _same(before, after):
            shown = "nothing" if after is _ABSENT else repr(after)
            yield _at(
                _join(path, name), f"the default changed from {before!r} to {shown}, and messages leave defaults out"
            )


def _values(old: Schema, new: Schema, path: str) -> Iterator[str]:
    before, after = _listed(old), _listed(new)
    if after is not None:
        lost = ["anything else"] if before is None else [repr(v) for v in before if not _in(v, after)]
        if lost:
            yield _at(path, f"no longer accepts {', '.join(lost)}")
    if "type" in new:
        now = _types(new)
        if "type" not in old:
            yield _at(path, f"is narrowed to type {new['type']}")
        elif not all(t in now or (t == "integer" and "number" in now) for t in _types(old)):
            yield _at(path, f"type {old['type']} became {new['type']}")


def _bounds(old: Schema, new: Schema, path: str) -> Iterator[str]:
    for keyword in sorted(_LOWEST & new.keys()):
        if keyword not in old or new[keyword] > old[keyword]:
            yield _at(path, f"{keyword} was raised from {old.get(keyword, 'none')} to {new[keyword]}")
    for keyword in sorted(_HIGHEST & new.keys()):
        if keyword not in old or new[keyword] < old[keyword]:
            yield _at(path, f"{keyword} was lowered from {old.get(keyword, 'none')} to {new[keyword]}")


def _unjudged(old: Schema, new: Schema, path: str) -> Iterator[str]:
    """Any other rule, such as a pattern: it may go, but a new or another one may refuse what was valid."""
    judged = _ANNOTATIONS | _STRUCTURE | _LOWEST | _HIGHEST
    for keyword in sorted(new.keys() - judged):
        if keyword not in old or not _same(old[keyword], new[keyword]):
            yield _at(path, f"{keyword} changed from {old.get(keyword, 'none')} to {new[keyword]}")


def _resolved(schema: Schema, root: Schema) -> Schema:
    """`schema` with its `$ref` put in place. Keywords beside the `$ref` stay."""
    seen: set[str] = set()
    while "$ref" in schema:
        reference = str(schema["$ref"])
        if reference in seen or not reference.startswith("#/"):
            raise ValueError(f"cannot resolve {reference}")
        seen.add(reference)
        target: Any = root
        for step in reference[2:].split("/"):
            target = target[step.replace("~1", "/").replace("~0", "~")]
        schema = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
    return schema


def _default_of(schema: Schema | bool, root: Schema) -> Any:
    return _ABSENT if isinstance(schema, bool) else _resolved(schema, root).get("default", _ABSENT)


def _branches(schema: Schema, root: Schema) -> list[Schema]:
    """The branches of a union, each with the rules beside `anyOf`; any other schema is one branch."""
    beside = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
    return [{**beside, **_resolved(branch, root)} for branch in schema.get("anyOf", [{}])]


def _listed(schema: Schema) -> list[Any] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _types(schema: Schema) -> Sequence[str]:
    return [schema["type"]] if isinstance(schema["type"], str) else schema["type"]


def _in(value: object, values: Sequence[object]) -> bool:
    return any(_same(value, other) for other in values)


def _same(one: object, other: object) -> bool:
    """Equal as JSON, where `true` is not 1."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _join(path: str, step: str) -> str:
    return f"{path}.{step}" if path else step


def _at(path: str, finding: str) -> str:
    return f"{path}: {finding}" if path else finding
