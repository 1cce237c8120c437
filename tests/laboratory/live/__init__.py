"""Failures made now: real clients, real proxies that break signatures, real verifying servers, on loopback only."""
