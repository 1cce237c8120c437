"""Host headers: the name as clusters show it, and the region and bucket that it tells.

https://docs.aws.amazon.com/general/latest/gr/s3.html
"""

import re

SUFFIX = r"(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|api\.aws|c2s\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov)"
REGION = r"(?P<region>[a-z]{1,4}(?:-[a-z]+){1,3}-\d{1,2})"
BUCKET = r"(?:(?P<bucket>.+)\.)?"

# A form of host name, and the region that it stands for where its name holds none.
FORMS = [(re.compile(pattern + r"\." + SUFFIX), region) for pattern, region in [
    (rf"(?:(?P<bucket>.+)\.(?:bucket|accesspoint)\.|.+\.)?vpce-[^.]+\.s3\.{REGION}\.vpce", None),
    (rf"{BUCKET}s3-accelerate(?:\.dualstack)?", None),
    (rf"{BUCKET}s3-global", "*"),
    (rf"{BUCKET}s3-website[.-]{REGION}", None),
    (rf"{BUCKET}s3express-[a-z0-9-]+\.{REGION}", None),
    (rf"{BUCKET}s3(?:-fips)?(?:\.dualstack)?\.{REGION}", None),
    (rf"{BUCKET}s3-{REGION}", None),
    (rf"{BUCKET}s3-(?:accesspoint|control|object-lambda|outposts)(?:-fips)?(?:\.dualstack)?\.{REGION}", None),
    (rf"(?:.+\.)?[a-z0-9-]+\.{REGION}", None),
]]
GLOBAL = re.compile(rf"{BUCKET}(?:s3|s3-external-1)\.{SUFFIX}")
GLOBAL_REGION = "us-east-1"


def normal(host):
    """In lower case, without a default port and without the dot at the end."""
    name = host.strip().lower()
    if name.count(":") == 1:
        name = re.sub(r":(443|80)$", "", name)
    return name.removesuffix(".") or None


def _without_port(name):
    return name.rsplit(":", 1)[0]


def region(name, logged):
    """The region of the endpoint: as its name says; else as the log says; else that of a global name."""
    if name is None:
        return logged
    bare = _without_port(name)
    if GLOBAL.fullmatch(bare):
        return logged or GLOBAL_REGION
    for form, stands_for in FORMS:
        if found := form.fullmatch(bare):
            return found.groupdict().get("region") or stands_for or logged
    return logged


def is_global(host):
    """Whether a Host header is one of S3's global names, whose bucket may live in any region."""
    name = normal(host) if host else None
    return bool(name and GLOBAL.fullmatch(_without_port(name)))


def bucket(name):
    if name is None:
        return None
    for form in [GLOBAL] + [form for form, _ in FORMS]:
        if found := form.fullmatch(_without_port(name)):
            return found.groupdict().get("bucket")
    return None
