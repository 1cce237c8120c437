"""Failures whose cause is known, made with real and deliberately wrong signers, and a judge of `sigdrift explain`.

Nothing here shares code with what it judges: signing, verifying and the expectations are written again in Python.
"""
