"""What an honest explanation may say of a failure, given only some of its evidence.

This is the text of the cause catalogue ("Signed wrong, or changed on the way?", "A secret that is given") turned into
rules. A match fixes the signed text; who made the difference shows only if the request as sent is known, or if one side
alone can make it. Evidence that decides nothing may be answered `undetermined`, or with the true cause short of proof.
"""

from dataclasses import dataclass, field, replace

UNDETERMINED = "undetermined"
# The cause on the other side that makes the same difference.
OTHER_SIDE = {
    "path-changed": "signer-path-encoding",
    "query-changed": "signer-query-encoding",
    "header-changed": "signer-header-canonicalization",
    "payload-changed": "signer-payload-hash",
    "host-changed": "signer-header-canonicalization",
    "signer-path-encoding": "path-changed",
    "signer-query-encoding": "query-changed",
    "signer-query-order": "query-changed",
    "signer-header-canonicalization": "header-changed",
    "signer-payload-hash": "payload-changed",
}


@dataclass(frozen=True)
class Facts:
    """What is known of a case because it was made, and what its evidence holds.

    `side`: `way` (changed by a hop), `use` (changed by the sender after signing), `signer` (signed wrong), `secret`
    (another secret), `damaged` (secret or key derivation), `said` (the service names it, or the request shows it).
    """

    cause: str
    component: str | None
    side: str
    either: bool = False  # the other side could make the same difference
    found: bool = True  # a search can be expected to undo it without being told the signed text
    also: tuple[str, ...] = ()  # another name that the catalogue allows for the same thing
    needs_request: bool = False  # a search finds it only on the request as it stood on the wire
    shown: bool = False  # the request itself shows the cause, as a scope that does not fit its host does
    telltale: bool = False  # the server's view alone points at the cause, as an empty signed header does
    temporary: bool = False  # the key id is one of temporary credentials
    refusal: str = "mismatch"  # a kind of `verifier.check.Refusal`
    code: str = ""  # as the service answered
    presigned: bool = False
    body_text: bool = True  # the body shows the server's canonical request
    body_sts: bool = True  # the body shows the server's string to sign
    body_signature: bool = True
    client_texts: bool = True  # the client's log shows what it signed
    client_canonical: bool = True  # the canonical request too, not only the string to sign
    client_sts: bool = True  # the string to sign too, whose hash fixes the canonical request
    client_signature: bool = True  # the client's log shows the signature
    client_sent: bool = False  # the client's log shows the request as sent
    client_answer: bool = False  # the client's log holds the error body too
    secret_of: str = "signer"  # whose secret the user believes in, if the two differ


@dataclass(frozen=True)
class Expectation:
    """`also`: right as well. `behind`: right if the expected cause stands among the alternatives."""

    cause: str
    may_be_proven: bool
    also: tuple[str, ...] = ()
    behind: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Seen:
    """What a set of evidence shows, derived once."""

    secret: bool
    signature: bool
    texts: bool  # the client's own
    canonical: bool  # the client's own canonical request, not only its hash
    fixed: bool  # cryptography fixes the signed text, once it is found
    verified: bool  # the request as the server took it
    verified_sts: bool
    sent: bool
    wire: bool  # the request as bytes, somewhere on its way
    answer: bool


def seen(facts: Facts, evidence: frozenset[str]) -> Seen:
    client = "client" in evidence
    answer = "error" in evidence or (client and facts.client_answer)
    # A URL shows no headers and no body.
    url = "url" in evidence and facts.cause not in ("header-changed", "payload-changed")
    sent = "sent" in evidence or url or (client and facts.client_sent)
    received = "received" in evidence
    whole = {"sent", "url", "received"} & evidence
    signature = bool(whole) or (answer and facts.body_signature) or (client and facts.client_signature)
    return Seen(
        secret="secret" in evidence,
        signature=signature,
        fixed=(client and facts.client_texts and facts.client_sts) or ("secret" in evidence and signature),
        texts=client and facts.client_texts,
        canonical=client and facts.client_texts and facts.client_canonical,
        verified=received or (answer and facts.body_text),
        verified_sts=received or (answer and facts.body_sts),
        sent=sent,
        wire=sent or received,
        answer=answer,
    )


def expect(facts: Facts, evidence: frozenset[str]) -> Expectation | None:
    """`None`: what these pieces show depends on the clock of the reader, or they show no failure at all."""
    found = _expect(facts, evidence)
    return found and replace(found, also=(*found.also, *facts.also))


def _expect(facts: Facts, evidence: frozenset[str]) -> Expectation | None:
    view = seen(facts, evidence)
    if evidence == {"access_log"}:
        return _from_log(facts)
    if facts.refusal != "mismatch" and view.answer:
        return _from_message(facts, evidence, view)
    if facts.side == "said":
        if not facts.shown or not (view.sent or "received" in evidence):
            return None
        return Expectation(facts.cause, view.fixed)
    if facts.side in ("secret", "damaged"):
        return _of_key(facts, view)
    return _of_difference(facts, view)


def _undecided(facts: Facts) -> Expectation:
    other = OTHER_SIDE.get(facts.cause)
    return Expectation(UNDETERMINED, False, (facts.cause,), (other,) if other and facts.either else ())


def _of_key(facts: Facts, view: Seen) -> Expectation:
    # The key differs, not the text, once both strings to sign are there.
    same_text = view.texts and view.verified_sts
    usable = view.secret and view.signature
    if facts.side == "damaged":
        behind = ("wrong-secret",) if same_text else ()
        if usable and (view.verified or view.verified_sts or view.sent or view.texts):
            return Expectation(facts.cause, True, () if facts.found else (UNDETERMINED,), () if facts.found else behind)
        return Expectation(facts.cause, False, behind=behind) if same_text else _undecided(facts)
    if usable and facts.secret_of == "signer" and view.verified_sts:
        return Expectation(facts.cause, not facts.temporary)
    return Expectation(facts.cause, False) if same_text else _undecided(facts)


def _of_difference(facts: Facts, view: Seen) -> Expectation:
    signed = (view.texts or (view.secret and view.signature)) and (view.verified or view.sent)
    # The signed text itself, not only its hash; some bugs can only be repeated on the request as it stood on the wire.
    known = view.canonical or (facts.found and signed and (view.wire or not facts.needs_request))
    other = OTHER_SIDE.get(facts.cause)
    behind = (other,) if other else ()
    if facts.side == "way":
        if view.sent and view.verified:
            return Expectation(facts.cause, view.fixed)
        ideal = Expectation(facts.cause, view.fixed and not facts.either, behind=behind if facts.either else ())
        possible = signed and view.verified
    else:
        decided = view.sent or not facts.either
        # A body may have been set after signing, which is a change too.
        plain = decided and facts.side == "signer" and facts.cause != "signer-payload-hash"
        ideal = Expectation(facts.cause, decided and view.fixed, behind=() if plain else behind)
        possible = signed
    if possible and known:
        return ideal
    if facts.telltale and view.verified:
        return Expectation(facts.cause, possible and ideal.may_be_proven, behind=behind)
    if possible:  # nobody need find it, but who does is right
        return replace(ideal, also=(UNDETERMINED,))
    # What no correct signer writes is a signer's bug, whoever the verifier was.
    alone = facts.side == "signer" and not facts.either and view.canonical
    return replace(_undecided(facts), may_be_proven=alone and view.fixed)


# The refusals whose message names a cause: the cause, and whether the message may prove it.
SAYS = {
    "wrong-region": ("wrong-region", True),
    "wrong-service": ("wrong-service", True),
    "scope-date": ("signer-scope-date", True),
    "skewed": ("clock-skew", True),
    "not-yet-valid": ("clock-skew", True),
    "url-expired": ("url-expired", True),
    "expired-token": ("expired-token", True),
    "invalid-token": ("expired-token", True),
    "unknown-key": ("unknown-access-key", True),
    "headers-not-signed": ("header-changed", False),
    "sigv2": ("legacy-sigv2", False),
    "three-components": ("malformed-authorization", True),
    "malformed-credential": ("malformed-authorization", True),
    "missing-parameters": ("malformed-authorization", True),
    "bad-expires": ("malformed-authorization", True),
    "no-date": ("malformed-authorization", False),
    "no-authorization": ("malformed-authorization", False),
    "no-content-sha256": ("signer-payload-hash", False),
    "bad-content-sha256": ("signer-payload-hash", False),
    "redirect": ("endpoint-mismatch", True),
}


def _from_message(facts: Facts, evidence: frozenset[str], view: Seen) -> Expectation:
    both = {"sent", "received"} <= evidence
    if facts.refusal == "content-mismatch":
        if facts.telltale or both:
            return Expectation(
                facts.cause, view.sent, behind=() if both and facts.side == "way" else (OTHER_SIDE[facts.cause],)
            )
        if view.sent:  # whether its body has the declared hash shows in it
            return Expectation(facts.cause, True, (UNDETERMINED,), (OTHER_SIDE[facts.cause],))
        return Expectation(UNDETERMINED, False, ("payload-changed", "signer-payload-hash"))
    said, provable = SAYS[facts.refusal]
    if facts.refusal == "unknown-key":
        return _from_unknown_key(facts, view)
    if facts.code in ("UnrecognizedClientException", "InvalidClientTokenId"):
        return Expectation("unknown-access-key", False, behind=("expired-token",))
    if facts.refusal == "sigv2":
        return Expectation(said, view.sent or "received" in evidence)
    if said != facts.cause:  # the message tells what is missing, the requests show who lost it
        return (
            Expectation(facts.cause, provable or view.secret, (said,))
            if both
            else Expectation(said, provable, (facts.cause,))
        )
    other = OTHER_SIDE.get(said)
    # An unsigned header in the request as sent was added by the signer's side, if nothing shows that a hop did it.
    behind = (other,) if facts.refusal == "headers-not-signed" and other and not both else ()
    return Expectation(said, provable or (both and view.secret), behind=behind)


def _from_unknown_key(facts: Facts, view: Seen) -> Expectation:
    weak = facts.code in ("UnrecognizedClientException", "InvalidClientTokenId")
    if facts.cause == "secret-malformed":  # key id and secret swapped
        return Expectation(facts.cause, view.secret, () if view.secret else ("unknown-access-key",))
    if facts.cause == "expired-token":  # a temporary key without its token
        return Expectation("unknown-access-key", False, ("expired-token",))
    return Expectation("unknown-access-key", not weak and not facts.temporary)


_LOG_SAYS = {
    "RequestTimeTooSkewed": ("clock-skew", True),
    "ExpiredToken": ("expired-token", True),
    "InvalidToken": ("expired-token", True),
    "InvalidAccessKeyId": ("unknown-access-key", True),
    "PermanentRedirect": ("endpoint-mismatch", True),
    "TemporaryRedirect": ("endpoint-mismatch", True),
}


def _from_log(facts: Facts) -> Expectation:
    if facts.code in _LOG_SAYS:
        said, provable = _LOG_SAYS[facts.code]
        # A line of a header-signed request does not show the key id, so not its kind either.
        provable = provable and (said != "unknown-access-key" or (facts.presigned and not facts.temporary))
        return Expectation(said, provable, () if said == facts.cause else (facts.cause,))
    if facts.refusal == "content-mismatch":
        return Expectation(UNDETERMINED, False, ("payload-changed", "signer-payload-hash"))
    if facts.refusal == "sigv2" or (
        facts.presigned and facts.refusal in ("url-expired", "wrong-region", "wrong-service", "scope-date")
    ):
        return Expectation(facts.cause, False)
    return _undecided(facts)
