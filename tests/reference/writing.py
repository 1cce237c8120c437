"""How each kind of log writes a request."""

import json
import uuid

from . import clock, codes

HOST_ID = "Jf2w9mD8sT0a6b4EXAMPLE/hostid0123456789+abcdefghijklmnopqrstuvwxyzABCDEFGHIJ="


def access_log_text(exchange):
    def told(name, value):
        return "-" if value is None or name in exchange.missing else value

    def quoted(name, value):
        return "-" if told(name, value) == "-" else f'"{value}"'

    fields = [
        "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be", exchange.bucket,
        f"[{clock.access_log(exchange.time)}]", told("remote_ip", exchange.remote_ip), "-",
        told("request_id", exchange.request_id), exchange.operation, _key(exchange),
        quoted("uri", f"{exchange.method} {exchange.target} HTTP/1.1"), _status(exchange.code), exchange.code or "-",
        "243", "-", "7", "-", '"-"', quoted("user_agent", exchange.user_agent), "-", HOST_ID,
        told("signature_version", exchange.signature_version), "ECDHE-RSA-AES128-GCM-SHA256",
        told("auth", exchange.auth), told("host", exchange.host), "TLSv1.2", "-", "-", exchange.region, "new", "newer",
        "newest",
    ]
    return " ".join(fields[:exchange.fields])


def access_log_json(exchange):
    members = {
        "schema_version_id": "V_1_0", "bucket_name": exchange.bucket,
        "request_time": clock.rfc3339(exchange.time).replace("Z", ".000Z"), "remote_ip": exchange.remote_ip,
        "request_id": exchange.request_id, "operation": exchange.operation, "key_name": _key(exchange),
        "uri": f"{exchange.method} {exchange.target} HTTP/1.1", "http_status": int(_status(exchange.code)),
        "error_code": exchange.code, "bytes_sent_size": 243, "user_agent": exchange.user_agent, "host_id": HOST_ID,
        "signature_version": exchange.signature_version, "auth": exchange.auth, "host": exchange.host,
        "tls_version": "TLSv1.3", "acl_required": False, "source_region": exchange.region,
    }
    names = {"uri": "request_uri", "auth": "authentication_type", "host": "host_header"}
    return json.dumps({names.get(name, name): value for name, value in members.items()
                       if value is not None and name not in exchange.missing})


def cloudtrail(exchange):
    record = {
        "eventVersion": "1.11", "eventTime": clock.rfc3339(exchange.time), "eventSource": "s3.amazonaws.com",
        "eventName": {"REST.GET.OBJECT": "GetObject", "REST.PUT.OBJECT": "PutObject", "REST.HEAD.OBJECT": "HeadObject"}
        .get(exchange.operation, "CreateMultipartUpload"),
        "awsRegion": exchange.region, "sourceIPAddress": exchange.remote_ip, "userAgent": f"[{exchange.user_agent}]",
        "requestParameters": {"bucketName": exchange.bucket, "key": "k", "Host": exchange.host},
        "responseElements": None, "requestID": exchange.request_id,
        "eventID": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{exchange.request_id} {exchange.time}")),
        "readOnly": exchange.method != "PUT", "eventType": "AwsApiCall", "eventCategory": "Data",
        "additionalEventData": {"SignatureVersion": exchange.signature_version, "AuthenticationMethod": exchange.auth},
        "userIdentity": {"type": "IAMUser", "accountId": "111122223333", "accessKeyId": exchange.key_id,
                         "arn": "arn:aws:iam::111122223333:user/shop"},
        "tlsDetails": {"clientProvidedHostHeader": exchange.host},
    }
    if exchange.auth is None:
        record["userIdentity"] = {"type": "AWSAccount", "accountId": "anonymous", "accessKeyId": ""}
        record["additionalEventData"] = {}
    if exchange.code:
        record["errorCode"] = exchange.code
        record["errorMessage"] = exchange.message or "Something else"
    for name, member in (("request_id", "requestID"), ("user_agent", "userAgent"), ("remote_ip", "sourceIPAddress"),
                         ("host", "tlsDetails")):
        if name in exchange.missing:
            del record[member]
    if "host" in exchange.missing:
        del record["requestParameters"]["Host"]
    return json.dumps(record)


def captured_error(exchange):
    scope = exchange.scope_region or "eu-west-1"
    text = f"AWS4-HMAC-SHA256\n20260415T074200Z\n20260415/{scope}/s3/aws4_request\n{'a' * 64}"
    server = {"string_to_sign": text, "canonical_request_ok": True, "canonical_request":
              f"{exchange.method}\n/k\n\nhost:{exchange.host}\n\nhost\nUNSIGNED-PAYLOAD"}
    written = {
        "sigdrift": 1, "time": clock.rfc3339(exchange.time), "code": exchange.code, "message": exchange.message,
        "request_id": exchange.request_id, "access_key_id": exchange.key_id,
        # Who refuses a clock compares no signature.
        "server": server if exchange.signature_version == "SigV4" and exchange.code not in codes.OF_A_CLOCK else None,
        "client": {"method": exchange.method, "url": f"https://{exchange.host}{exchange.target}",
                   "user_agent": exchange.user_agent},
        "service": "s3", "operation": "PutObject", "deploy_version": exchange.stated_version,
    }
    for name in exchange.missing & {"request_id", "user_agent"}:
        written.pop(name, None)
        written["client"].pop(name, None)
    return json.dumps({name: value for name, value in written.items() if value is not None})


def change(chance, time):
    """A record of a call that may have changed something."""
    source, name, parameters, read_only = chance.choice([
        ("lambda", "UpdateFunctionCode20150331v2", {"functionName": "shop"}, False),
        ("lambda", "UpdateFunctionConfiguration20150331v2", {"functionName": "shop"}, False),
        ("lambda", "GetFunction20150331v2", {"functionName": "shop"}, True),
        ("secretsmanager", "PutSecretValue", {"secretId": "shop"}, False),
        ("secretsmanager", "GetSecretValue", {"secretId": "shop"}, True),
        ("iam", "CreateAccessKey", {"userName": "shop"}, False),
        ("ssm", "PutParameter", {"name": "/shop", "type": "SecureString"}, False),
        ("ssm", "PutParameter", {"name": "/shop", "type": "String"}, False),
        ("s3", "PutBucketPolicy", {"bucketName": "media"}, False),
        ("cloudfront", "UpdateDistribution2020_05_31", {"id": "E1"}, False),
        ("ecs", "UpdateService", {"service": "shop"}, False),
        ("apigateway", "CreateDeployment", {"restApiId": "a1"}, False),
        ("elasticloadbalancing", "ModifyListener", None, False),
    ])
    record = {
        "eventVersion": "1.08", "eventTime": clock.rfc3339(time), "eventSource": f"{source}.amazonaws.com",
        "eventName": name, "awsRegion": "eu-west-1", "requestParameters": parameters, "readOnly": read_only,
        "eventID": str(uuid.UUID(int=chance.getrandbits(128))), "requestID": str(uuid.UUID(int=chance.getrandbits(128))),
        "eventType": "AwsApiCall", "userIdentity": {"type": "AssumedRole", "accessKeyId": "ASIAEXAMPLE000000009"},
    }
    if chance.random() < 0.2:
        record["errorCode"] = "AccessDenied"
    return json.dumps(record)


def _key(exchange):
    return exchange.target.split("?")[0][1:].replace('"', "%2522") or "-"


def _status(code):
    return "200" if code is None else "403"
