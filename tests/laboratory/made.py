"""Cases of hand-written signers: every bug, change and situation against the strict verifier, without a network."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone

from . import access_log, client_log, compose
from .bases import BASES, Base
from .bugs import BUGS, Bug
from .case import Case
from .changes import CHANGES, Change
from .law import Facts
from .message import Request
from .sigv4 import NOTHING, Rules, percent, unpercent
from .situations import SITUATIONS, Situation
from .steps import Identity, Signed, Steps
from .verifier.answers import Answer, answer
from .verifier.check import TIME, Refusal, Service, check
from .wrong_steps import OK

NOW = datetime(2026, 4, 15, 7, 42, 13, tzinfo=timezone.utc)
USER = Identity("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
ROLE = Identity(
    "ASIAIOSFODNN7EXAMPLE", "je7MtGbClwBF/2Zp9Utk+h3yCo8nvbEXAMPLEKEY", "AQoDYXdzEJr//example+session/token=="
)
# The parts of a request that bodies without `…Bytes` show less of.
_BODIES = {
    "s3": (True, True, True),
    "r2": (True, True, True),
    "gcs": (True, True, False),
    "minio": (False, False, False),
    "json": (True, True, False),
    "rest-json": (True, True, False),
    "query": (True, True, False),
}


_HASH = "x-amz-content-sha256:"


def service_of(base: Base, who: Identity = USER) -> Service:
    """The endpoint that the base's request is meant for."""
    return Service(
        base.service,
        base.region,
        {USER.key_id: USER.secret, ROLE.key_id: ROLE.secret} | {who.key_id: who.secret},
        base.flavour,
        timedelta(minutes=15 if base.service == "s3" else 5),
        {ROLE.key_id: ROLE.token},
    )


def sign(base: Base, steps: Steps = OK, who: Identity = USER, at: datetime = NOW, expires: int = 3600) -> Signed:
    sign_with = steps.presign if base.presigned else steps.sign
    more = {"expires": expires} if base.presigned else {}
    return sign_with(
        base.request, who, at.strftime(TIME), base.region, base.service, extra_names=base.extra_names, **more
    )


def cases(bases: int | None = None) -> list[Case]:
    """`bases`: on how many requests a bug or change is shown."""
    made = [*_of_bugs(bases), *_of_changes(bases), *_of_situations()]
    names = [case.name for case in made]
    assert len(names) == len(set(names)), "two cases have one name"
    return made


def _of_bugs(bases: int | None) -> Iterator[Case]:
    for number, bug in enumerate(BUGS.values()):
        for at, name in enumerate(bug.bases[:bases]):
            base = BASES[name]
            who = ROLE if (number + at) % 7 == 3 and base.flavour not in ("r2", "gcs", "minio") else USER
            signed = sign(base, bug.steps, who)
            yield _case(
                f"signer/{bug.name}/{name}",
                f"a signer with the bug {bug.name} signed {name}",
                base,
                bug_facts(bug, signed, base),
                signed,
                signed.request,
                signed.request,
                number + at,
                who,
            )


def bug_facts(bug: Bug, signed: Signed, base: "Base | object") -> Facts:
    """`base` is anything with a region and a service."""
    if bug.cause in ("wrong-region", "wrong-service", "signer-scope-date"):
        # A host that names its region or service shows that the scope does not fit it.
        told = {"wrong-region": base.region, "wrong-service": base.service + "."}.get(bug.cause, "")
        return Facts(bug.cause, bug.component, "said", shown=told in signed.request.header("host"))
    if bug.cause in ("signer-key-derivation", "secret-malformed"):
        return Facts(bug.cause, bug.component, "damaged", found=bug.found)
    either = bug.cause != "host-changed" and is_canonical(signed.canonical, Rules.of(base.service), base.service)
    return Facts(
        bug.cause,
        bug.component,
        "signer",
        either=either,
        found=bug.found,
        also=bug.also,
        needs_request=bug.needs_request,
    )


def is_canonical(text: str, rules: Rules, service: str) -> bool:
    """Whether a correct signer could have made this canonical request, of whatever request."""
    lines = text.split("\n")
    if len(lines) < 6 or "" not in lines[3:]:
        return False
    end = len(lines) - 3
    if lines[end] != "":
        return False
    names = [line.partition(":")[0] for line in lines[3:end]]
    declared = next((line[len(_HASH) :] for line in lines[3:end] if line.startswith(_HASH)), lines[-1])
    values = [line.partition(":")[2] for line in lines[3:end]]
    pairs = [part.partition("=") for part in lines[2].split("&") if part]
    return (
        percent(unpercent(lines[1]), "/") == lines[1]
        and declared == lines[-1]
        and not (rules.normalized and not _is_normalized(lines[1]))
        and all(equals and percent(unpercent(part)) == part for name, equals, value in pairs for part in (name, value))
        and pairs == sorted(pairs)
        and names == sorted(set(names))
        and all(name == name.lower() for name in names)
        and all(value == " ".join(value.split()) for value in values)
        and lines[end + 1] == ";".join(names)
        and (
            len(lines[-1]) == 64
            and lines[-1] == lines[-1].lower()
            or (service == "s3" and lines[-1] == "UNSIGNED-PAYLOAD")
        )
    )


def _is_normalized(path: str) -> bool:
    """Dots are resolved wherever they stand; nothing is empty but before the first and behind the last slash."""
    segments = path.split("/")
    return not {".", ".."} & set(segments) and "" not in segments[1:-1]


def _of_changes(bases: int | None) -> Iterator[Case]:
    for number, change in enumerate(CHANGES.values()):
        for at, name in enumerate(change.bases[:bases]):
            base = BASES[name]
            who = ROLE if (number + at) % 7 == 5 and base.flavour not in ("r2", "gcs", "minio") else USER
            signed = sign(base, who=who)
            received = change.apply(signed.request)
            sent = received if change.once == "use" else signed.request
            yield _case(
                f"{change.once}/{change.name}/{name}",
                f"{name} was signed rightly, then: {change.name}",
                base,
                change_facts(change, received),
                signed,
                sent,
                received,
                number + at,
                who,
            )


def change_facts(change: Change, received: Request) -> Facts:
    header = received.header(change.component) if change.cause == "header-changed" else "present"
    return Facts(
        change.cause,
        change.component,
        change.once,
        either=change.either,
        found=change.found,
        also=change.also,
        telltale=header is None or (change.cause == "payload-changed" and not received.body),
    )


def _of_situations() -> Iterator[Case]:
    for number, situation in enumerate(SITUATIONS.values()):
        for at, name in enumerate(situation.bases):
            base = BASES[name]
            who = situation.who(ROLE if situation.temporary else USER)
            signed = situation.sign(base, who, NOW)
            sent = situation.finish(signed.request)
            facts = situation_facts(situation, base)
            service = situation.endpoint(service_of(base), who)
            for given, secret in situation.secrets(USER if not situation.temporary else ROLE, who).items():
                label = f"{name}-{given}" if given else name
                yield _case(
                    f"other/{situation.name}/{label}",
                    situation.how,
                    base,
                    replace(facts, secret_of=given or "signer"),
                    signed,
                    sent,
                    sent,
                    number + at,
                    who,
                    service,
                    secret,
                    situation.refusal,
                )


def situation_facts(situation: Situation, base: Base) -> Facts:
    return Facts(
        situation.cause,
        situation.component,
        situation.side,
        shown=situation.shown,
        also=situation.also,
        client_texts=situation.texts,
    )


def _case(
    name: str,
    how: str,
    base: Base,
    facts: Facts,
    signed: Signed,
    sent: Request,
    received: Request,
    number: int,
    who: Identity,
    service: Service | None = None,
    secret: str | None = None,
    refusal: Refusal | None = None,
) -> Case:
    service = service or service_of(base)
    refused = refusal or check(received, service, NOW + timedelta(seconds=2))
    if refused is None:
        raise AssertionError(f"{name}: the verifier lets it in")
    told: Answer = answer(refused, service, number)
    shapes = [one for one in client_log.SHAPES.values() if not (one.sdk and facts.cause == "signer-key-derivation")]
    shape = shapes[number % len(shapes)]
    text, sts, provided = _BODIES[base.flavour] if refused.kind == "mismatch" else (False, False, False)
    if refused.kind == "content-mismatch":
        facts = replace(facts, telltale=NOTHING in refused.told.values())
    facts = replace(
        facts,
        refusal=refused.kind,
        code=told.code,
        presigned=base.presigned,
        temporary=who.key_id.startswith("ASIA"),
        body_text=text,
        body_sts=sts,
        body_signature=provided,
        client_sent=shape.sent and facts.side not in ("use", "said"),
        client_canonical=shape.canonical,
        client_sts=shape.string_to_sign,
        client_signature=shape.signature,
    )
    aws = base.service == "s3" and base.flavour == "s3"
    given = compose.Evidence(
        error=b"" if received.method == "HEAD" else told.body,
        client=shape.write(signed) if facts.client_texts else None,
        sent=sent,
        received=received,
        secret=secret or who.secret,
        url=base.presigned and not base.extra_names,
        access_log=access_log.line(received, told.status, told.code, told.body, told.request_id, NOW, base.region)
        if aws
        else None,
    )
    return compose.compose(name, how, facts, given)
