"""Tests of `sigdrift analyze s3://…` against an AWS emulator that verifies signatures."""
