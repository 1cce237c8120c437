"""A slow, simple reference of what `sigdrift analyze --json` counts, and random logs to compare both on.

The reference follows the documented formats and the words of the summary, not the Rust code: it keeps every
record in memory and counts by looking at all of them.
"""
