"""Measures the speed of sigdrift against other programs; started by `tests/bench/run`."""
