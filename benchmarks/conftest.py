"""Benchmarks find the real data set as tests do."""

from tests.conftest import data_dir

__all__ = ["data_dir"]
