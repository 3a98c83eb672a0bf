"""Loads postroom.wasm and calls it by the types that the file itself declares, so that neither the list of its imports
nor the shape of its answers is written down a second time.

wasmtime shows a value of a variant (an option, a result) bare where its cases look different in Python, and wrapped in
`Variant` where they don't: one more case can change the form of the others. Everything here therefore asks the type:
`plain` turns an answer into what JSON can hold, and `to_component` turns that back.
"""

import os
import tempfile

import wasmtime
from wasmtime import component
from wasmtime.component import EnumType, ListType, OptionType, Record, RecordType, ResultType, TupleType, Variant, VariantType

PACKAGE = "postroom:plugin/"


class PluginError(Exception):
    """What an export refused: the function's name and its error, as JSON has it."""

    def __init__(self, function, error):
        super().__init__(f"{function}: {error}")
        self.function, self.error = function, error


def record(**fields):
    """A record of the contract: fields_with_underscores become the-names-of-the-contract."""
    new = Record()
    for name, value in fields.items():
        setattr(new, name.rstrip("_").replace("_", "-"), value)
    return new


def cases(kind):
    """Names and types of a variant's cases; a case without payload has no type."""
    if isinstance(kind, ResultType):
        return [("ok", kind.ok), ("err", kind.err)]
    if isinstance(kind, OptionType):
        return [("none", None), ("some", kind.payload)]
    return kind.cases


def classes(kind):
    """The Python classes that values of a type have; those of a case without payload are any."""
    found = set()
    if kind is None:
        found.add(object)
    else:
        kind.add_classes(found)
    return found


def is_wrapped(kind):
    """Whether values of a variant come wrapped: two of its cases look alike."""
    seen = set()
    for _, payload in cases(kind):
        if seen & classes(payload):
            return True
        seen |= classes(payload)
    return False


def case_of(kind, value):
    """Which case a value is, with the type of its payload and the payload."""
    for name, payload in cases(kind):
        if is_wrapped(kind):
            if value.tag == name:
                return name, payload, value.payload
        elif payload is None:
            if value is None:
                return name, None, None
        elif value is not None and isinstance(value, tuple(classes(payload))):
            return name, payload, value
    raise TypeError(f"{value!r} is no case of {[name for name, _ in cases(kind)]}")


def make_case(kind, name, payload=None):
    """A value of a variant, in the form that wasmtime takes."""
    return Variant(name, payload) if is_wrapped(kind) else payload


def plain(kind, value):
    """A value as JSON has it: records are objects, a case with a payload is `{"name": payload}`."""
    if isinstance(kind, RecordType):
        return {name: plain(field, getattr(value, name)) for name, field in kind.fields}
    if isinstance(kind, TupleType):
        return [plain(element, item) for element, item in zip(kind.elements, value)]
    if isinstance(kind, ListType):
        return [plain(kind.element, item) for item in value]
    if isinstance(kind, OptionType):
        _, payload, inner = case_of(kind, value)
        return None if payload is None else plain(payload, inner)
    if isinstance(kind, (ResultType, VariantType)) and not isinstance(kind, EnumType):
        name, payload, inner = case_of(kind, value)
        return name if payload is None else {name: plain(payload, inner)}
    return value


def to_component(kind, value):
    """The inverse of `plain`: a value in the form that wasmtime takes. Records may be objects of either kind."""
    if isinstance(kind, RecordType):
        of = value if isinstance(value, dict) else vars(value)
        return record(**{name: to_component(field, of[name]) for name, field in kind.fields})
    if isinstance(kind, TupleType):
        return tuple(to_component(element, item) for element, item in zip(kind.elements, value))
    if isinstance(kind, ListType):
        return value if isinstance(value, bytes) else [to_component(kind.element, item) for item in value]
    if isinstance(kind, OptionType):
        return make_case(kind, "none") if value is None else make_case(kind, "some", to_component(kind.payload, value))
    if isinstance(kind, (ResultType, VariantType)):
        name, payload = next(iter(value.items())) if isinstance(value, dict) else (value, None)
        inner = dict(cases(kind))[name]
        return make_case(kind, name, None if inner is None else to_component(inner, payload))
    return value


class Plugin:
    """The component, and what it may reach.

    `imports` has an object for each interface that this program serves; its methods are the functions, with underscores, and
    their answers have the form of `plain`.
    Every other function that the file asks for answers that there is no such account or file (`not_served`). None of them may
    throw: the instance would be lost.

    Compiling takes seconds, loading what was compiled a millisecond: `compiled` is where to keep it. What is there is run as
    it is, so nobody but the administrator may write it; it belongs to this file and this wasmtime.
    """

    def __init__(self, path, imports, compiled=None):
        engine = wasmtime.Engine()
        self.store = wasmtime.Store(engine)
        plugin = load(engine, path, compiled)
        linker = component.Linker(engine)
        with linker.root() as root:
            for name, extern in plugin.type.imports(engine).items():
                served = imports.get(name.removeprefix(PACKAGE).partition("@")[0])
                with root.add_instance(name) as instance:
                    for function, item in extern.ty.exports(engine).items():
                        if isinstance(item.ty, component.FuncType):
                            own = getattr(served, function.replace("-", "_"), None)
                            instance.add_func(function, answering(own or not_served(item.ty.result), item.ty))
        self.exports = {
            name.removeprefix(PACKAGE).partition("@")[0]: name for name in plugin.type.exports(engine)
        }
        self.instance = linker.instantiate(self.store, plugin)

    def function(self, interface, name):
        """An export, with its type."""
        exports = self.instance.get_export_index(self.store, self.exports[interface])
        found = self.instance.get_func(self.store, self.instance.get_export_index(self.store, name, exports))
        return found, found.type(self.store)

    def call(self, interface, name, *arguments):
        """Calls an export, and gives its answer with the answer's type.

        Raises `PluginError` for the error of a result.
        """
        function, kind = self.function(interface, name)
        answer, kind = function(self.store, *arguments), kind.result
        if isinstance(kind, ResultType):
            case, kind, answer = case_of(kind, answer)
            if case == "err":
                raise PluginError(f"{interface}.{name}", plain(kind, answer))
        return answer, kind

    def ask(self, interface, name, *arguments):
        """Like `call`, with the answer as JSON has it."""
        answer, kind = self.call(interface, name, *arguments)
        return plain(kind, answer)

    def ask_plain(self, interface, name, *arguments):
        """Like `ask`, with arguments as JSON has them, as a database gives them back."""
        kinds = [kind for _, kind in self.function(interface, name)[1].params]
        if len(kinds) != len(arguments):
            raise TypeError(f"{interface}.{name} takes {len(kinds)} arguments, and {len(arguments)} were given")
        return self.ask(interface, name, *map(to_component, kinds, arguments))


def load(engine, path, compiled):
    """The component, compiled before where that was kept."""
    if compiled and os.path.exists(compiled):
        return component.Component.deserialize_file(engine, compiled)
    plugin = component.Component.from_file(engine, path)
    if compiled:
        # Whole or not at all, for those who start at the same time.
        with tempfile.NamedTemporaryFile(dir=os.path.dirname(compiled), delete=False) as file:
            file.write(plugin.serialize())
        os.replace(file.name, compiled)
    return plugin


def answering(function, kind):
    """An import whose answer has the form of `plain`: `{"ok": …}`, `{"err": "unknown-handle"}`."""
    return lambda _store, *arguments: to_component(kind.result, function(*arguments)) if kind.result else function(*arguments)


def not_served(kind):
    """An import that this program does not serve, by the type of its answer: there is no such account, or file."""
    detail = "this program has no such account"
    fields = {"stage": "login", "verdict": "permanent", "code": None, "words": None, "detail": detail, "retry-after": None}
    if isinstance(kind, RecordType):
        answer = {"steps": [], "failure": fields, "capabilities": []}  # a connection test
    elif kind and isinstance(kind.err, RecordType):
        answer = {"err": {"failure": fields, "reply-code": None, "recipients": []}}  # a submission
    elif kind:
        names = [name for name, _ in cases(kind.err)]
        answer = {"err": next(name for name in ("unknown-account", "unknown-handle") if name in names)}
    else:
        answer = None
    return lambda *_: answer
