"""Tests of `template.yaml`: the linters find nothing, and what it deploys works in an AWS emulator."""
