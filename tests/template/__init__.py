"""Tests of `template.yaml` and `infra/`: linters, roles, rules, alarms. What a deploy does is tested in tests/stack."""
