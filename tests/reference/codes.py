"""Which failed requests are signature failures: by their code, their message, or the request itself.

https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from . import query

ALWAYS = """SignatureDoesNotMatch InvalidSignatureException InvalidSignature AuthorizationHeaderMalformed
AuthorizationQueryParametersError RequestTimeTooSkewed InvalidAccessKeyId InvalidClientTokenId
UnrecognizedClientException ExpiredToken ExpiredTokenException InvalidToken RequestExpired
XAmzContentSHA256Mismatch IncompleteSignature IncompleteSignatureException MissingAuthenticationToken
MissingAuthenticationTokenException MissingSecurityHeader""".split()

DENIED = ("AccessDenied", "AccessDeniedException")
OBSOLETE = ("InvalidRequest", "InvalidArgument")

# The service says that the clock of the signer is wrong.
OF_A_CLOCK = ("RequestTimeTooSkewed", "RequestExpired")
NOT_YET_VALID = "Request is not yet valid"

# Codes, and the words of a message that makes a signature failure of them.
BY_MESSAGE = [
    (DENIED, "Request has expired"),
    (DENIED, NOT_YET_VALID),
    (DENIED, "There were headers present in the request which were not signed"),
    (DENIED, "requires a valid Date or x-amz-date"),
    (DENIED + ("AuthFailure",), "signature we calculated does not match"),
    (OBSOLETE, "authorization mechanism you have provided is not supported"),
    (OBSOLETE, "x-amz-content-sha256"),
    (("AuthFailure",), "not able to validate the provided access credentials"),
]

EARLIEST_USE = 15 * 60


def plain(code):
    """Without EC2's prefix and the name spaces of JSON protocols."""
    return code.rsplit("#", 1)[-1].split(":", 1)[0].removeprefix("Client.")


def is_signature_failure(record):
    code = record.code
    if code in ALWAYS:
        return True
    if record.message is not None:
        return any(code in codes and words.lower() in record.message.lower() for codes, words in BY_MESSAGE)
    if code in OBSOLETE:
        return (record.signature_version or "").lower() == "sigv2"
    return code in DENIED and _out_of_time(record)


def says_that_the_clock_is_wrong(record):
    if record.message is not None:
        return NOT_YET_VALID.lower() in record.message.lower() or record.code in OF_A_CLOCK
    return record.code in OF_A_CLOCK or record.code in DENIED and _is_early(record)


def _out_of_time(record):
    """An access log has no message, but a presigned URL shows when it may be used."""
    signed = query.signature(record.target)
    if signed is None or record.time is None:
        return False
    return signed.expires_at is not None and record.time > signed.expires_at or _is_early(record)


def _is_early(record):
    signed = query.signature(record.target)
    dates = signed is not None and None not in (signed.date, record.time)
    return dates and signed.date - record.time > EARLIEST_USE
