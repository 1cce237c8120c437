"""Small folders, each for one thing that is easily counted wrong; the command and the reference agree on them."""

import json
import tempfile
import unittest
from pathlib import Path

from . import clock, command, exchange, summary, test_against_reference, writing
from .mixed_folder import Case, File, Question

REFUSED = "SignatureDoesNotMatch"


def at(time):
    return clock.of_rfc3339(f"2026-04-15T{time}Z")


def sent(**other):
    told = dict(
        time=at("07:20:00"), request_id="R1", method="GET", target="/k", host="b.s3.eu-west-1.amazonaws.com", bucket="b",
        region="eu-west-1", operation="REST.GET.OBJECT", remote_ip="192.0.2.1", user_agent="curl/8.5.0",
        key_id="AKIAEXAMPLE000000001", scope_region="eu-west-1", auth="AuthHeader", signature_version="SigV4", code=None,
        message=None, stated_version=None, stream=None, fields=27)
    return exchange.Exchange(**{**told, **other})


def without_request_id(line):
    record = json.loads(line)
    del record["requestID"]
    return json.dumps(record)


class SmallCases(unittest.TestCase):
    def same(self, *files, markers=(), group_by=None, stream=None):
        """Files are lists of lines; with a stream, the last one is a delivery of its log events."""
        made = [File(f"{number}", "lines", [line.encode() for line in lines]) for number, lines in enumerate(files)]
        if stream:
            made[-1].form, made[-1].stream = "delivery", stream
        question = Question(group_by or summary.ALL[:4], markers=list(markers))
        self.assertEqual(test_against_reference.of_case(Case(made, question)), [])

    def test_requests_without_an_id_are_each_one(self):
        one, other = sent(request_id=None), sent(request_id=None, time=at("07:30:00"), target="/other")
        for write in (writing.access_log_text, writing.access_log_json):
            self.same([write(one), write(other)])

    def test_a_refusal_that_only_the_captured_error_explains_is_one_request(self):
        refused = sent(code="AccessDenied", message="There were headers present in the request which were not signed")
        for write in (writing.access_log_text, writing.access_log_json, writing.cloudtrail):
            with self.subTest(write.__name__):
                self.same([write(sent(code="AccessDenied"))], [writing.captured_error(refused)])

    def test_a_refusal_that_only_the_access_log_explains_is_one_request(self):
        late = sent(code="AccessDenied", auth="QueryString", target="/k?X-Amz-Credential=AKIAEXAMPLE000000001%2F20260415"
                    "%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=20260415T060000Z&X-Amz-Expires=60&X-Amz-Signature=X")
        self.same([writing.access_log_text(late)], [writing.cloudtrail(late)])

    def test_what_both_kinds_of_log_show_is_one_of_a_clusters_requests(self):
        self.same([writing.access_log_text(sent()), writing.access_log_text(sent(request_id="R2", code=REFUSED))],
                  [writing.cloudtrail(sent()), writing.cloudtrail(sent(request_id="R3", code=REFUSED))],
                  group_by=["bucket"])

    def test_an_event_without_a_request_id_is_known_by_its_event_id(self):
        event = without_request_id(writing.cloudtrail(sent(code=REFUSED)))
        self.same([event, event])
        self.same([event], [event])

    def test_a_markers_version_begins_with_the_marker(self):
        # Traffic before the marker was of no known version, so nothing of `shop` was there for ten minutes.
        self.same([writing.access_log_text(sent(time=at("07:00:00"))),
                   writing.access_log_text(sent(time=at("07:30:30"), request_id="R2")),
                   writing.access_log_text(sent(time=at("07:35:00"), request_id="R3", user_agent="x app/shop-3"))],
                  markers=['{"time":"2026-04-15T07:30:00Z","version":"shop-2"}'])

    def test_two_logs_of_one_request_agree_on_what_it_counts_for(self):
        old = [sent(host="b.s3.amazonaws.com", fields=24, code=REFUSED),
               sent(host="b.s3.amazonaws.com", fields=24, request_id="R2")]
        self.same([*map(writing.access_log_text, old)], [*map(writing.access_log_json, old)])

    def test_the_record_that_knows_more_adds_it(self):
        for number in range(6):
            line = writing.captured_error(sent(code=REFUSED, request_id=f"R{number}"))
            self.same([line], [line], stream="2026/04/15/[42]0a1b")

    def test_a_user_agent_with_quotes_ends_at_its_last_quote(self):
        for fields in range(18, 31):
            for code in (None, REFUSED):
                with self.subTest(fields=fields, code=code):
                    line = writing.access_log_text(sent(user_agent='odd " agent" - - SigV4', fields=fields, code=code))
                    self.same([line], group_by=summary.ALL)

    def test_the_order_of_files_changes_nothing(self):
        lines = [writing.captured_error(sent(code=REFUSED, request_id=region, scope_region=region))
                 for region in ("us-east-1", "ap-southeast-4")]
        with tempfile.TemporaryDirectory() as place:
            paths = [Path(place, region) for region in ("a", "b")]
            for path, line in zip(paths, lines):
                path.write_text(line + "\n")
            self.assertEqual(command.analyze(*paths), command.analyze(*reversed(paths)))

    def test_retries_are_at_most_five_minutes_apart(self):
        for later in (0, 299, 300, 301):
            first = sent(code=REFUSED)
            again = sent(code=REFUSED, request_id="R2", time=first.time + later)
            self.same([writing.access_log_text(first), writing.access_log_text(again)])

    def test_every_form_of_host(self):
        hosts = """x.mrap.accesspoint.s3-global.amazonaws.com b--usw2-az1--x-s3.s3express-usw2-az1.us-west-2.amazonaws.com
        111122223333.s3-control.dualstack.us-west-2.amazonaws.com o-1.s3-object-lambda.us-east-1.amazonaws.com
        b.s3.us-iso-east-1.c2s.ic.gov b.s3.eusc-de-east-1.amazonaws.eu b.op-1.s3-outposts.us-west-2.amazonaws.com
        b.s3-website.cn-north-1.amazonaws.com.cn [2001:db8::1]:9000 2001:db8::1 b.s3.us-west-2.api.aws
        B.control.vpce-1-2.s3.us-west-2.vpce.amazonaws.com ap-1.accesspoint.vpce-1-2.s3.us-west-2.vpce.amazonaws.com
        s3.amazonaws.com.cn b.s3-fips.dualstack.us-east-1.amazonaws.com s3.us-east-1.amazonaws.com:443 B.Example.Com.
        b.s3.eu-west-1.amazonaws.com:8080 b.s3.eu-west-1.amazonaws.com:80 b.s3-external-1.amazonaws.com""".split()
        self.same([writing.access_log_text(sent(host=host, request_id=host, code=REFUSED)) for host in hosts],
                  [writing.captured_error(sent(host=host, request_id=f"c{host}", code=REFUSED)) for host in hosts],
                  group_by=["endpoint", "region", "bucket"])

    def test_a_copy_and_a_batch_make_several_records(self):
        operations = ["REST.COPY.OBJECT", "REST.COPY.OBJECT_GET", "BATCH.DELETE.OBJECT"]
        self.same([writing.access_log_text(sent(operation=operation, target=target)) for operation in operations
                   for target in ("/k", "/k2")])


if __name__ == "__main__":
    unittest.main()
