"""A strict verifying server, for the answers that no local emulator gives.

What it says is rebuilt from documentation and from public error bodies, not recorded from AWS: it shows how AWS is
documented to answer, and agreement with it is no agreement of AWS.
"""
