//! Who asks for what, and what goes wrong.

use std::collections::VecDeque;

use super::cast::{App, Cast, OBJECTS_PER_APP, PUBLIC_ADDRESSES, Version};
use super::clock;
use super::line::{Auth, Object, Presigning, Request, Target};
use crate::random::Random;

/// The app whose third version signs wrongly until it is rolled back.
const BROKEN_APP: usize = 1;
/// The second at which that version is replaced by the one before.
const ROLLBACK: i64 = 15 * 3600 + 40 * 60;
/// Lines are written in the order of delivery, which is this many seconds from that of the requests.
const DISORDER: usize = 20;

/// The requests of the day, one after the other.
pub struct Traffic<'a> {
    cast: &'a Cast,
    random: Random,
    /// Failed requests that their clients will send again, the soonest first.
    repeats: VecDeque<Request<'a>>,
}

impl<'a> Traffic<'a> {
    /// Nothing has failed yet.
    pub fn new(cast: &'a Cast, random: Random) -> Self {
        Self { cast, random, repeats: VecDeque::new() }
    }

    /// The next line's request, at about the second `now` of the day.
    pub fn next(&mut self, now: i64) -> Request<'a> {
        if let Some(request) = self.repeats.pop_front_if(|request| request.second <= now) {
            return request;
        }
        let second = (now - self.random.below(DISORDER) as i64).max(0);
        let request = match self.random.below(100) {
            0..64 => self.sdk_call(second),
            64..78 => self.presigned(second),
            78..88 => self.anonymous(second),
            88..93 => self.tool(second),
            93..95 => self.website(second),
            _ => self.service(second),
        };
        if request.code == "SignatureDoesNotMatch" && self.random.below(4) == 0 {
            let second = (second + 5).min(clock::DAY - 1);
            self.repeats.push_back(Request { second, ..request });
        }
        request
    }

    /// A request that succeeds, from an app's own machine.
    fn request(&mut self, second: i64) -> (usize, Request<'a>) {
        let number = self.random.popular(self.cast.apps.len());
        let app = &self.cast.apps[number];
        let bucket = &app.buckets[self.random.popular(app.buckets.len())];
        let instance = u8::try_from(self.random.below(64)).unwrap_or_default();
        let request = Request {
            second,
            bucket,
            address: Some([10, 0, u8::try_from(number).unwrap_or_default(), instance]),
            requester: "-",
            operation: "REST.GET.OBJECT",
            method: "GET",
            target: Target::Rest,
            object: Some(self.object(app)),
            parameters: "",
            auth: Auth::None,
            status: 200,
            code: "-",
            sent: Some(self.random.below(900_000)),
            size: None,
            referer: "",
            agent: "",
            old_tls: self.random.below(20) == 0,
        };
        (number, Request { size: request.sent, ..request })
    }

    fn object(&mut self, app: &'a App) -> Object<'a> {
        let number = self.random.popular(OBJECTS_PER_APP);
        Object { folder: app.folder, suffix: app.suffix, number }
    }

    fn sdk_call(&mut self, second: i64) -> Request<'a> {
        let (number, mut request) = self.request(second);
        let app = &self.cast.apps[number];
        let (version, is_third) = version(app, number, second);
        let [.., instance] = request.address.unwrap_or_default();
        request.agent = &version.agents[usize::from(instance) % version.agents.len()];
        request.requester = &app.requester;
        request.auth = Auth::Header;
        self.choose_operation(&mut request);
        let broken = is_third && number == BROKEN_APP && request.method == "PUT";
        if broken && self.random.below(2) == 0 {
            return self.refused(request, "SignatureDoesNotMatch");
        }
        self.go_wrong(request)
    }

    fn choose_operation(&mut self, request: &mut Request<'a>) {
        match self.random.below(20) {
            0..9 => {}
            9..14 => {
                (request.operation, request.method) = ("REST.PUT.OBJECT", "PUT");
                request.sent = None;
            }
            14..17 => {
                (request.operation, request.method) = ("REST.HEAD.OBJECT", "HEAD");
                request.sent = None;
            }
            17 => {
                (request.operation, request.method) = ("REST.PUT.PART", "PUT");
                request.parameters =
                    "partNumber=3&uploadId=example.7Yl1fWmlCg.upload&x-id=UploadPart";
                request.sent = None;
            }
            18 => {
                (request.operation, request.object) = ("REST.GET.BUCKET", None);
                request.parameters =
                    "list-type=2&prefix=2026%2F04%2F&max-keys=500&encoding-type=url";
                request.size = None;
            }
            _ => {
                (request.operation, request.method) = ("REST.DELETE.OBJECT", "DELETE");
                (request.status, request.sent, request.size) = (204, None, None);
            }
        }
    }

    /// What happens to any signed request now and then.
    fn go_wrong(&mut self, request: Request<'a>) -> Request<'a> {
        match self.random.below(10_000) {
            0..52 => self.refused(request, "SignatureDoesNotMatch"),
            52..58 => self.refused(request, "InvalidAccessKeyId"),
            58..62 => self.refused(request, "RequestTimeTooSkewed"),
            62..66 => self.refused(request, "ExpiredToken"),
            66..68 => self.refused(request, "AuthorizationHeaderMalformed"),
            // Authorization: the signature was right and the requester is known.
            68..144 => {
                Request { requester: request.requester, ..self.refused(request, "AccessDenied") }
            }
            144..354 if request.method == "GET" && request.object.is_some() => {
                Request { status: 404, code: "NoSuchKey", sent: Some(287), size: None, ..request }
            }
            354..364 => {
                Request { status: 503, code: "SlowDown", sent: Some(291), size: None, ..request }
            }
            _ => request,
        }
    }

    /// Nobody is known to have sent a request whose signature was not accepted.
    fn refused(&mut self, request: Request<'a>, code: &'static str) -> Request<'a> {
        let status =
            if matches!(code, "ExpiredToken" | "AuthorizationHeaderMalformed") { 400 } else { 403 };
        let sent = match code {
            "SignatureDoesNotMatch" => 658 + 4 * (133 + 240 + self.random.below(400)),
            "AccessDenied" => 243,
            "InvalidAccessKeyId" => 354,
            _ => 463,
        };
        Request { status, code, sent: Some(sent), size: None, requester: "-", ..request }
    }

    /// A URL that an app signed and somebody's browser opened.
    fn presigned(&mut self, second: i64) -> Request<'a> {
        let (number, mut request) = self.request(second);
        let app = &self.cast.apps[number];
        let (_, is_third) = version(app, number, second);
        let key = &app.keys[self.random.popular(app.keys.len())];
        let expires = *self.random.pick(&[300, 900, 3600]);
        let token = (!key.tokens.is_empty()).then(|| self.random.pick(&key.tokens).as_str());
        let signed_at = second - self.random.below(expires as usize) as i64;
        let mut presigning = Presigning {
            key_id: &key.id,
            region: request.bucket.region,
            token,
            signed_at,
            expires,
        };
        request.requester = if token.is_some() {
            &app.requester
        } else {
            "arn:aws:iam::111122223333:user/url-signer"
        };
        self.visit(&mut request);
        if self.random.below(3) == 0 {
            request.parameters = "response-content-disposition=attachment";
        }
        if self.random.below(6) == 0 {
            (request.operation, request.method) = ("REST.PUT.OBJECT", "PUT");
            request.sent = None;
        }
        if self.random.below(80) == 0 {
            // Opened after its time. The log says AccessDenied, the URL says why.
            presigning.signed_at = second - expires - 1 - self.random.below(7200) as i64;
            request.auth = Auth::Query(presigning);
            return Request { sent: Some(368), ..self.refused(request, "AccessDenied") };
        }
        request.auth = Auth::Query(presigning);
        let broken = is_third && number == BROKEN_APP;
        if broken && self.random.below(3) == 0 {
            return self.refused(request, "SignatureDoesNotMatch");
        }
        self.go_wrong(request)
    }

    /// Makes a request one of a browser.
    fn visit(&mut self, request: &mut Request<'a>) {
        let visitor = self.random.popular(PUBLIC_ADDRESSES);
        let [.., high, low] = (visitor as u64).to_be_bytes();
        request.address = Some([198, 18, high, low]);
        request.agent = &self.cast.browsers[visitor % self.cast.browsers.len()];
        request.referer = *self.random.pick(&[
            "",
            "https://www.example.com/",
            "https://app.example.com/orders?page=2",
        ]);
    }

    fn anonymous(&mut self, second: i64) -> Request<'a> {
        let (_, mut request) = self.request(second);
        self.visit(&mut request);
        match self.random.below(12) {
            0 => self.refused(request, "AccessDenied"),
            1..4 => Request { status: 304, sent: None, ..request },
            4 => Request { status: 206, sent: Some(65_536), ..request },
            _ => request,
        }
    }

    /// Signed by a person's or a service's tool, which names no app.
    fn tool(&mut self, second: i64) -> Request<'a> {
        let (number, mut request) = self.request(second);
        request.agent = self.random.pick::<String>(&self.cast.tools);
        request.requester = &self.cast.apps[number].requester;
        request.auth = Auth::Header;
        self.choose_operation(&mut request);
        self.go_wrong(request)
    }

    fn website(&mut self, second: i64) -> Request<'a> {
        let (_, mut request) = self.request(second);
        self.visit(&mut request);
        Request { operation: "WEBSITE.GET.OBJECT", target: Target::Website, ..request }
    }

    /// Lines without a request line: batch deletes, copies, expiry, log delivery.
    fn service(&mut self, second: i64) -> Request<'a> {
        let (number, request) = self.request(second);
        let requester = self.cast.apps[number].requester.as_str();
        let signed = Request { target: Target::Service, auth: Auth::Header, sent: None, ..request };
        match self.random.below(5) {
            0 => Request { operation: "REST.COPY.OBJECT_GET", requester, ..signed },
            1 => Request {
                operation: "S3.EXPIRE.OBJECT",
                requester: "AmazonS3",
                address: None,
                auth: Auth::None,
                status: 0,
                ..signed
            },
            2 => Request {
                operation: "REST.PUT.OBJECT",
                requester: "svc:delivery.logs.amazonaws.com",
                address: None,
                ..signed
            },
            _ => Request {
                operation: "BATCH.DELETE.OBJECT",
                requester,
                status: 204,
                agent: "-",
                referer: "-",
                ..signed
            },
        }
    }
}

/// The version of an app in force, and whether it is the third.
fn version(app: &App, number: usize, second: i64) -> (&Version, bool) {
    let share = second as f64 / clock::DAY as f64;
    let rolled_back = number == BROKEN_APP && second >= ROLLBACK;
    let at = app.versions.iter().rposition(|version| version.from <= share).unwrap_or_default();
    let at = if rolled_back { at.min(1) } else { at };
    (&app.versions[at], at == 2)
}
