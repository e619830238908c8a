"""Pass state and parameters to rules as two pointers.

A State has more than a hundred arrays. Passed as a tuple, every call of a rule would copy them all (twenty times
slower, and minutes to compile). `as_handle` puts the tuple on the stack of the calling compiled function and
passes its address under a type of its own, whose attributes are the fields; `rule` compiles functions that take
it. The arrays belong to Python for the whole call, so rules need no reference counting and may not allocate.
Without compilation the State itself is the handle.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import numba
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import register_pass
from numba.core.datamodel import models
from numba.core.imputils import lower_getattr_generic
from numba.core.typed_passes import NativeLowering
from numba.core.typing.templates import AttributeTemplate
from numba.extending import infer_getattr, intrinsic, overload, register_model

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


@register_pass(mutates_CFG=True, analysis_only=False)
class _LowerOnly(NativeLowering):
    """Lower to LLVM code for callers to link, without making machine code nobody will enter from Python."""

    _name = "cisim_lower_only"

    def run_pass(self, state: Any) -> bool:
        """Lower, and register the function under a key of its own."""
        state.flags.no_compile = True
        super().run_pass(state)
        key = list[int]().append  # any builtin will do as a key; each list has its own
        state.targetctx.insert_user_function(key, state["cr"].fndesc, [state.library])
        state["cr"] = state["cr"]._replace(cfunc=key)
        return True


class _RuleCompiler(CompilerBase):
    """Numba's own pipeline with the last step replaced."""

    def define_pipelines(self) -> list[Any]:
        """Return numba's pipeline for compiled code with `_LowerOnly` for the last step."""
        pipeline = DefaultPassBuilder.define_nopython_pipeline(self.state)
        pipeline.add_pass_after(_LowerOnly, NativeLowering)
        pipeline.passes = [step for step in pipeline.passes if step[0] is not NativeLowering]
        pipeline.finalize()
        return [pipeline]


def rule(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function that only compiled code calls; see the module's docstring."""
    compiled = numba.njit(
        nogil=True,
        error_model="numpy",
        no_cpython_wrapper=True,
        no_cfunc_wrapper=True,
        _nrt=False,
        pipeline_class=_RuleCompiler,
    )
    return cast("Callable[P, R]", compiled(function))


class Handle(types.Type):
    """Numba type of an address: of a State, or of a parameter record.

    Its name is short on purpose: names of argument types go into every symbol of the machine code, and that of a
    record of 150 fields alone would double compile time.
    """

    def __init__(self, target: Any) -> None:
        self.target = target
        kind = "record" if isinstance(target, types.Record) else "state"
        super().__init__(name=f"Handle({kind} {hash_name(str(target))})")


def hash_name(name: str) -> str:
    """Return a short stand-in for a long name, the same in every process."""
    return hashlib.sha256(name.encode()).hexdigest()[:12]


@register_model(Handle)
class _HandleModel(models.PrimitiveModel):
    """In machine code a handle is an address."""

    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, cgutils.voidptr_t)


@infer_getattr
class _HandleFields(AttributeTemplate):
    """Fields of what a handle points to are attributes of the handle."""

    key = Handle

    def generic_resolve(self, handle: Any, name: str) -> Any:
        """Return the type of a field."""
        target = handle.target
        if isinstance(target, types.Record):
            return target.typeof(name) if name in target.fields else None
        return target.types[target.fields.index(name)] if name in target.fields else None


@lower_getattr_generic(Handle)
def _load_field(context: Any, builder: Any, handle: Any, value: Any, name: str) -> Any:
    """Load a number of a record, or the descriptor of an array of a State, through the address."""
    target = handle.target
    if isinstance(target, types.Record):
        kind = context.get_data_type(target.typeof(name))
        place = cgutils.pointer_add(builder, value, target.offset(name), kind.as_pointer())
        return _load_unchanging(builder, place)
    pointer = builder.bitcast(value, context.get_value_type(target).as_pointer())
    return _load_unchanging(builder, cgutils.gep_inbounds(builder, pointer, 0, target.fields.index(name)))


def _load_unchanging(builder: Any, pointer: Any) -> Any:
    """Load a value that nobody changes while compiled code runs, part by part.

    Telling LLVM so lets it keep addresses and sizes in registers across the writes of a loop.
    """
    kind = pointer.type.pointee
    if isinstance(kind, ir.Aggregate):
        whole = ir.Constant(kind, ir.Undefined)
        for part in range(len(kind)):
            place = cgutils.gep_inbounds(builder, pointer, 0, part)
            whole = builder.insert_value(whole, _load_unchanging(builder, place), part)
        return whole
    value = builder.load(pointer)
    value.set_metadata("invariant.load", builder.module.add_metadata([]))
    return value


@intrinsic
def _address_of(typing_context: Any, thing: Any) -> Any:
    """Return the address of a record, or put a State on the stack of the calling function and return that."""

    def put(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        is_record = isinstance(thing, types.Record)
        slot = arguments[0] if is_record else cgutils.alloca_once_value(builder, arguments[0])
        return builder.bitcast(slot, cgutils.voidptr_t)

    return Handle(thing)(thing), put


def as_handle(thing: T) -> T:
    """Return a State or record behind one address (in compiled code) or itself (in Python)."""
    return thing


@overload(as_handle, strict=False, inline="always")
def _as_handle(thing: Any) -> Any:
    """Use the address; inlined, because it is good only while the caller's stack lives."""

    def address(thing):  # type: ignore[no-untyped-def]
        return _address_of(thing)

    return address


def enter(rules: Any, k: int, s: Any, p: Any, seed: int, month: int) -> None:
    """Run rule `k` of a table of rules: addresses in compiled code, functions in Python.

    Calling by address keeps the code of the rules out of the caller, so that each is optimised once.
    """
    rules[k](s, p, seed, month)


@intrinsic
def _call(typing_context: Any, address: Any, s: Any, p: Any, seed: Any, month: Any) -> Any:
    """Call the machine code of a rule, by numba's own calling convention."""
    kinds = [s, p, seed, month]

    def call(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        convention = context.call_conv
        kind = convention.get_function_type(types.none, kinds)
        pointer = builder.inttoptr(arguments[0], kind.as_pointer())
        convention.call_function(builder, pointer, types.none, kinds, arguments[1:])
        return context.get_dummy_value()

    return types.none(address, *kinds), call


@overload(enter, strict=False, inline="always")
def _enter(rules: Any, k: Any, s: Any, p: Any, seed: Any, month: Any) -> Any:
    """Take the address from the table."""

    def by_address(rules, k, s, p, seed, month):  # type: ignore[no-untyped-def]
        _call(rules[k], s, p, seed, month)

    return by_address


def address_of(function: Any, arguments: tuple[Any, ...]) -> int:
    """Compile a rule for these argument types, or load it from disk, and return its address."""
    function.compile(arguments)
    compiled = function.overloads[arguments]
    return int(compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name))
