"""Made-up identifiers."""

from random import Random

UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def words(rng: Random, count: int) -> str:
    return " ".join(rng.choices(["blue", "order", "invoice", "draft", "final", "north", "set"], k=count))


def hexadecimal(rng: Random, length: int) -> str:
    return f"{rng.getrandbits(4 * length):0{length}x}"


def uuid(rng: Random) -> str:
    digits = hexadecimal(rng, 32)
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def upper(rng: Random, length: int) -> str:
    return "".join(rng.choices(UPPER, k=length))


def base64(rng: Random, length: int) -> str:
    return "".join(rng.choices(BASE64, k=length))
