"""Tests of the whole: functions built as they are deployed, run by AWS's own emulator of the runtime, and in a stack.

The stack is deployed into an emulator of AWS, which is not AWS: docs/operations.md says what was tried against what.
"""
