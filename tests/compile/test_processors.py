"""Code for other processors: what this one runs as well is run, the rest is made and not run."""

import numpy as np
import pytest
from llvmlite import binding as llvm

import chainrule as cr
from chainrule.compile import Program, llvm_loader, machine
from chainrule.compile.emitter import Module
from chainrule.compile.lowering import lowered
from chainrule.compile.unit import Unit, Writer
from chainrule.interpret import Plan
from chainrule.tree import flatten

rng = np.random.default_rng(0)


def step(state, x, y):
    """Of a small net, with its optimizer."""

    def loss(p):
        z = np.maximum(x @ p["W"] + p["b"], 0) @ p["V"]
        z = z - np.max(z, axis=1, keepdims=True)
        return -np.mean((z - np.log(np.sum(np.exp(z), axis=1, keepdims=True)))[np.arange(len(y)), y])

    p, m = state
    J, g = cr.value_and_grad(loss)(p)
    m = {k: 0.9 * m[k] + 0.1 * g[k] for k in p}
    return ({k: p[k] - 0.1 * m[k] / (np.sqrt(np.abs(m[k])) + 1e-3) for k in p}, m), J


def text_of(graph):
    """The module of a graph that is not loaded."""
    unit, module = Unit(lowered(graph), machine()), Module()
    Writer(module, machine()).segment(unit, unit.fusion.kernels, "segment0")
    return str(module)


def arguments(dtype):
    p = {"W": rng.normal(size=(70, 130)), "b": rng.normal(size=130), "V": rng.normal(size=(130, 10))}
    p = {k: v.astype(dtype) for k, v in p.items()}
    rows = rng.normal(size=(90, 70)).astype(dtype)
    return (p, {k: v * 0 for k, v in p.items()}), rows, rng.integers(0, 10, 90)


@pytest.fixture
def processor(monkeypatch):
    """Let code be made for another one."""

    def use(**changed):
        monkeypatch.setenv("CHAINRULE_CACHE_DIR", "")
        monkeypatch.setattr(llvm_loader, "_ready", [machine()._replace(**changed)])

    return use


X86 = {
    "AVX2": {"cpu": "haswell", "features": "", "vector_bytes": 32, "registers": 16, "has_fma": True},
    "SSE2": {"cpu": "x86-64", "features": "", "vector_bytes": 16, "registers": 16, "has_fma": False},
}


@pytest.mark.skipif(not machine().triple.startswith("x86_64"), reason="another processor")
@pytest.mark.parametrize("name", X86)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_older_ones_of_this_family(name, dtype, processor):
    processor(**X86[name])
    args = arguments(dtype)
    graph = cr.trace(step, *args).data
    leaves = [np.asarray(each) for each in flatten(args)[0]]
    for native, wanted in zip(Program(graph)(leaves), Plan(graph)(leaves), strict=True):
        tolerance = 2e-4 if dtype == np.float32 else 1e-10
        np.testing.assert_allclose(native, wanted, rtol=tolerance, atol=tolerance)


@pytest.mark.skipif(not machine().triple.startswith("x86_64"), reason="another processor")
def test_sums_of_a_tile_stay_in_registers(processor):
    """What does not fit goes to the stack and back in the innermost loop: that would be several times slower."""
    processor(**X86["AVX2"])
    for shape in ((64, 64, 64), (64, 64, 48), (64, 512, 640), (64, 64, 8)):
        a, b = (rng.normal(size=size).astype(np.float32) for size in (shape[:2], shape[1:]))
        text = text_of(cr.trace(lambda a, b: a @ b, a, b).data)
        lines = llvm_loader._target_machine().emit_assembly(llvm.parse_assembly(text)).splitlines()
        fused = [k for k, line in enumerate(lines) if "vfmadd" in line]
        assert len(fused) > 4
        spills = [line for line in lines[fused[0] : fused[5]] if "(%rsp)" in line and "vmov" in line]
        assert not spills, spills


@pytest.mark.parametrize(
    ("triple", "cpu"),
    [
        ("aarch64-unknown-linux-gnu", "neoverse-n1"),
        ("arm64-apple-macosx14.0.0", "apple-m1"),
        ("x86_64-pc-windows-msvc", "x86-64-v3"),
    ],
)
def test_code_is_made_for_others(triple, cpu, processor):
    vector_bytes = 32 if triple.startswith("x86_64") else 16
    processor(triple=triple, cpu=cpu, features="", vector_bytes=vector_bytes, registers=32, has_fma=True)
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    assert len(llvm_loader.object_code(text_of(cr.trace(step, *arguments(np.float32)).data))) > 1000
