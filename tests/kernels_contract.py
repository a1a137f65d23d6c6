"""The import-linter contract for kernels: numbers in, numbers out, so they import numbers only."""

from __future__ import annotations

from typing import Any

from importlinter import Contract, ContractCheck, fields, output


def is_kernels(module: str) -> bool:
    """Whether a dotted module name is that of a kernels module."""
    return module.rsplit(".", 1)[-1].endswith("kernels")


class KernelsContract(Contract):
    """Every module named ``kernels`` or ``*_kernels`` imports other kernels modules, ``armillary.jit`` and the ``allowed`` packages, nothing else."""

    allowed = fields.SetField(subfield=fields.StringField())

    def check(self, graph: Any, verbose: bool) -> ContractCheck:
        wrong = [
            (importer, imported)
            for importer in sorted(m for m in graph.modules if m.startswith("armillary.") and is_kernels(m))
            for imported in sorted(graph.find_modules_directly_imported_by(importer))
            if not is_kernels(imported) and imported != "armillary.jit" and imported.split(".")[0] not in {*self.allowed, "__future__"}
        ]
        return ContractCheck(kept=not wrong, metadata={"wrong": wrong})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, imported in check.metadata["wrong"]:
            output.print_error(f"{importer} imports {imported}")
