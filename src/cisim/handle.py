"""Pass the whole state to rules as one pointer.

A State has more than a hundred arrays. Passed as a tuple, every call of a rule would copy them all (twenty times
slower, and minutes to compile). `as_handle` puts the tuple on the stack of the calling compiled function and
passes its address under a type of its own, whose attributes are the fields; `rule` compiles functions that take
it. The arrays belong to Python for the whole call, so rules need no reference counting and may not allocate.
Without compilation the State itself is the handle.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import numba
from numba.core import cgutils, types
from numba.core.datamodel import models
from numba.core.imputils import lower_getattr_generic
from numba.core.typing.templates import AttributeTemplate
from numba.extending import infer_getattr, intrinsic, overload, register_model

from cisim.state import State

P = ParamSpec("P")
R = TypeVar("R")


def rule(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function that only compiled code calls; see the module's docstring."""
    compiled = numba.njit(
        nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False
    )
    return cast("Callable[P, R]", compiled(function))


class StateHandle(types.Type):  # type: ignore[misc]  # numba is untyped
    """Numba type of the address of a State."""

    def __init__(self, state: Any) -> None:
        self.state = state
        super().__init__(name=f"StateHandle({state})")


@register_model(StateHandle)
class _StateHandleModel(models.PrimitiveModel):  # type: ignore[misc]  # numba is untyped
    """In machine code the handle is an address."""

    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, cgutils.voidptr_t)


@infer_getattr
class _StateHandleFields(AttributeTemplate):  # type: ignore[misc]  # numba is untyped
    """Fields of the State are attributes of its handle."""

    key = StateHandle

    def generic_resolve(self, handle: Any, name: str) -> Any:
        """Return the type of a field."""
        fields = handle.state.fields
        return handle.state.types[fields.index(name)] if name in fields else None


@lower_getattr_generic(StateHandle)
def _load_field(context: Any, builder: Any, handle: Any, value: Any, name: str) -> Any:
    """Load one array (its descriptor, not its data) through the address."""
    layout = context.get_value_type(handle.state).as_pointer()
    pointer = builder.bitcast(value, layout)
    return builder.load(cgutils.gep_inbounds(builder, pointer, 0, handle.state.fields.index(name)))


@intrinsic
def _address_of(typing_context: Any, state: Any) -> Any:
    """Put a State on the stack of the calling function and return its address."""

    def put(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        slot = cgutils.alloca_once_value(builder, arguments[0])
        return builder.bitcast(slot, cgutils.voidptr_t)

    return StateHandle(state)(state), put


def as_handle(s: State) -> State:
    """Return `s` behind one address (in compiled code) or `s` itself (in Python)."""
    return s


@overload(as_handle, strict=False, inline="always")  # type: ignore[misc]  # numba is untyped
def _as_handle(s: Any) -> Any:
    """Use the address; inlined, because it is good only while the caller's stack lives."""

    def address(s):  # type: ignore[no-untyped-def]
        return _address_of(s)

    return address
