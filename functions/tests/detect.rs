//! `detect` as it is scheduled: given this store, expect these alerts, metrics and rollups.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sigdrift_aws::Fault;
use sigdrift_aws::topic::{Error, Message, Publish, Reason};
use sigdrift_functions::detect::{Answer, Detect, Failure};
use sigdrift_functions::runtime::Moment;
use sigdrift_telemetry::incident::{Settings, State};

use crate::common::{Capability, Emitted, Store, at, line_at};

const STATE: &str = "state/detect.json";

/// A topic in memory, which may be down, and at which something may happen with each message.
#[derive(Clone, Default)]
struct Topic {
    messages: Arc<Mutex<Vec<Message>>>,
    is_down: Arc<Mutex<bool>>,
    /// What it refuses, by a text in the subject.
    refuses: Option<&'static str>,
    meanwhile: Option<Arc<dyn Fn() + Send + Sync>>,
}

impl fmt::Debug for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Topic").field("messages", &self.messages).finish_non_exhaustive()
    }
}

impl Publish for Topic {
    fn publish(&self, message: &Message) -> Result<(), Error> {
        let is_refused = self.refuses.is_some_and(|text| message.subject.contains(text));
        if *self.is_down.lock().unwrap() || is_refused {
            let reason = Reason::Service(Fault::Throttled { code: "Throttling".to_owned() });
            return Err(Error { topic: "alerts".to_owned(), reason });
        }
        self.messages.lock().unwrap().push(message.clone());
        if let Some(meanwhile) = &self.meanwhile {
            meanwhile();
        }
        Ok(())
    }
}

impl Topic {
    fn subjects(&self) -> Vec<String> {
        self.messages.lock().unwrap().iter().map(|message| message.subject.clone()).collect()
    }
}

type Function = Detect<Store, Topic, Emitted>;

fn function(store: &Store, alerts: &Topic) -> Function {
    Detect {
        store: store.clone(),
        alerts: alerts.clone(),
        metrics: Emitted::default(),
        settings: Settings::default(),
        link: Some("https://api.example".to_owned()),
        threads: 2,
    }
}

fn moment(now: &str) -> Moment {
    Moment { now: at(now), deadline: Instant::now() + Duration::from_secs(60) }
}

/// Ten requests a minute from 07:00 to 07:46, all of which fail from `from` on.
fn log(from: usize) -> String {
    let mut log = String::new();
    for minute in 0..46 {
        let code = if minute < from { "-" } else { "SignatureDoesNotMatch" };
        for number in 0..10 {
            let time = format!("15/Apr/2026:07:{minute:02}:{number:02}");
            log += &line_at(&time, &format!("R{minute}-{number}"), code);
        }
    }
    log
}

const NOW: &str = "2026-04-15T07:46:30Z";
const A_MINUTE_LATER: &str = "2026-04-15T07:47:30Z";

/// A store with a spike that began at 07:42, and a topic.
fn spike() -> (Store, Topic) {
    let store = Store::default();
    store.deliver("spike", &log(42), at("2026-04-15T07:46:10Z"));
    (store, Topic::default())
}

#[test]
fn an_incident_is_opened_and_told_once() {
    let (store, topic) = spike();
    let first = function(&store, &topic);
    assert_eq!(first.run(moment(NOW)).unwrap(), Answer::Done);
    let subjects = topic.subjects();
    assert_eq!(subjects.len(), 1, "{subjects:?}");
    assert!(subjects[0].contains("OPEN") && subjects[0].contains("media.s3"), "{subjects:?}");
    assert_eq!(first.metrics.sum("OpenIncidents"), 1);
    assert_eq!(first.metrics.sum("Heartbeat"), 1);
    // The newest minute ended at 07:46:00.
    assert_eq!(first.metrics.sum("DetectionLag"), 30);
    let second = function(&store, &topic);
    assert_eq!(second.run(moment(A_MINUTE_LATER)).unwrap(), Answer::Done);
    assert_eq!(topic.subjects().len(), 1);
    assert_eq!((second.metrics.sum("OpenIncidents"), second.metrics.sum("Heartbeat")), (1, 1));
}

#[test]
fn quiet_traffic_is_a_heartbeat_and_nothing_else() {
    let (store, topic) = (Store::default(), Topic::default());
    store.deliver("quiet", &log(46), at("2026-04-15T07:46:10Z"));
    let noisy = function(&store, &topic);
    noisy.run(moment(NOW)).unwrap();
    assert!(topic.subjects().is_empty());
    assert_eq!(noisy.metrics.last("OpenIncidents"), Some(0.into()));
    assert_eq!(noisy.metrics.sum("Heartbeat"), 1);
    // A record from the future tells nothing of how late detection is.
    let future = line_at("15/Apr/2027:07:00:00", "R-future", "-");
    store.deliver("future", &future, at("2026-04-15T07:46:20Z"));
    let told = function(&store, &topic);
    told.run(moment(NOW)).unwrap();
    assert_eq!(told.metrics.sum("DetectionLag"), 30);
    let silent = function(&Store::default(), &topic);
    silent.run(moment(NOW)).unwrap();
    assert_eq!(silent.metrics.count("DetectionLag"), 0, "of nothing there is no lag");
}

#[test]
fn two_detections_at_once_tell_it_once() {
    for _ in 0..20 {
        let (store, topic) = spike();
        let run = || function(&store, &topic).run(moment(NOW)).unwrap();
        let answers: Vec<Answer> = std::thread::scope(|scope| {
            let both = [scope.spawn(run), scope.spawn(run)];
            both.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert!(answers.contains(&Answer::Done), "{answers:?}");
        assert_eq!(topic.subjects().len(), 1, "{answers:?}");
    }
}

#[test]
fn who_comes_while_another_publishes_leaves_it_to_that_one() {
    let (store, mut topic) = spike();
    let (other_topic, answers) = (topic.clone(), Arc::new(Mutex::new(Vec::new())));
    let (other_store, others) = (store.clone(), Arc::clone(&answers));
    topic.meanwhile = Some(Arc::new(move || {
        let other = function(&other_store, &other_topic);
        others.lock().unwrap().push(other.run(moment("2026-04-15T07:47:00Z")).unwrap());
        assert_eq!(other.metrics.count("Heartbeat"), 0);
    }));
    assert_eq!(function(&store, &topic).run(moment(NOW)).unwrap(), Answer::Done);
    assert_eq!(*answers.lock().unwrap(), [Answer::Overtaken]);
    assert_eq!(topic.subjects().len(), 1);
    let state = State::read(&store.bytes(STATE).unwrap()).unwrap();
    assert!(state.pending().is_empty());
}

#[test]
fn an_alert_that_could_not_be_published_is_published_by_the_next_run() {
    let (store, topic) = spike();
    *topic.is_down.lock().unwrap() = true;
    let first = function(&store, &topic);
    let failure = first.run(moment(NOW)).unwrap_err();
    assert!(matches!(failure, Failure::Alerts { pending: 1, .. }), "{failure}");
    assert_eq!(first.metrics.sum("OpenIncidents"), 1);
    assert_eq!(first.metrics.count("Heartbeat"), 0, "who cannot alert is not well");
    *topic.is_down.lock().unwrap() = false;
    let second = function(&store, &topic);
    assert_eq!(second.run(moment(A_MINUTE_LATER)).unwrap(), Answer::Done);
    assert_eq!(topic.subjects().len(), 1);
    assert_eq!(second.metrics.sum("Heartbeat"), 1);
}

#[test]
fn an_alert_that_is_refused_is_in_no_other_ones_way() {
    let store = Store::default();
    store.deliver("media", &log(41), at("2026-04-15T07:46:10Z"));
    let thumbs =
        log(42).replace("media", "thumbs").replace("shop-1", "resize-1").replace(" R", " T");
    store.deliver("thumbs", &thumbs, at("2026-04-15T07:46:10Z"));
    let mut topic = Topic { refuses: Some("media"), ..Topic::default() };
    let failure = function(&store, &topic).run(moment(NOW)).unwrap_err();
    assert!(matches!(failure, Failure::Alerts { pending: 2, .. }), "{failure}");
    let next = function(&store, &topic);
    let failure = next.run(moment(A_MINUTE_LATER)).unwrap_err();
    assert!(matches!(failure, Failure::Alerts { pending: 1, .. }), "{failure}");
    assert_eq!(next.metrics.count("Heartbeat"), 0, "somebody has to look after it");
    assert!(topic.subjects()[0].contains("thumbs"), "{:?}", topic.subjects());
    topic.refuses = None;
    function(&store, &topic).run(moment("2026-04-15T07:48:30Z")).unwrap();
    assert_eq!(topic.subjects().len(), 2);
}

#[test]
fn nobody_has_a_lease_for_longer_than_an_invocation_lasts() {
    for until in ["9223372036854775807", "1776243600", "-9223372036854775808"] {
        let (store, topic) = spike();
        store.set("state/publishing.json", format!("{{\"until\":{until}}}").as_bytes());
        assert_eq!(function(&store, &topic).run(moment(NOW)).unwrap(), Answer::Done, "{until}");
        assert_eq!(topic.subjects().len(), 1, "{until}");
    }
}

#[test]
fn a_state_of_a_clock_that_was_ahead_blinds_nobody() {
    let (store, topic) = spike();
    let now = at(NOW) / 60;
    for (number, ahead) in [("a day", now + 1440), ("the last minute", 4_294_967_295)] {
        let state =
            format!(r#"{{"version":1,"begin":{now},"newest":{ahead},"settled":{}}}"#, ahead - 180);
        let (store, topic) = (store.clone(), Topic { refuses: topic.refuses, ..Topic::default() });
        store.set(STATE, state.as_bytes());
        let function = function(&store, &topic);
        function.run(moment(NOW)).unwrap();
        assert_eq!(topic.subjects().len(), 1, "{number}");
        assert_eq!(function.metrics.sum("OpenIncidents"), 1, "{number}");
    }
    assert_eq!(store.names("state/unreadable-").len(), 2);
}

#[test]
fn a_crash_after_publishing_may_repeat_an_alert_and_loses_none() {
    let (store, mut topic) = spike();
    let breaking = store.clone();
    topic.meanwhile = Some(Arc::new(move || breaking.breaks(Some(Capability::Replace))));
    let first = function(&store, &topic);
    assert!(matches!(first.run(moment(NOW)).unwrap_err(), Failure::Store(_)));
    assert_eq!(first.metrics.count("Heartbeat"), 0);
    store.breaks(None);
    topic.meanwhile = None;
    // As long as the one that crashed could still be publishing, nobody else does.
    let early = function(&store, &topic).run(moment("2026-04-15T07:46:50Z")).unwrap();
    assert_eq!((early, topic.subjects().len()), (Answer::Overtaken, 1));
    let late = function(&store, &topic).run(moment("2026-04-15T07:48:30Z")).unwrap();
    assert_eq!((late, topic.subjects().len()), (Answer::Done, 2));
    function(&store, &topic).run(moment("2026-04-15T07:49:30Z")).unwrap();
    assert_eq!(topic.subjects().len(), 2);
}

#[test]
fn a_replay_of_old_logs_pages_nobody() {
    for delivered in ["2026-04-15T07:46:10Z", "2026-04-16T07:46:10Z"] {
        let (store, topic) = (Store::default(), Topic::default());
        store.deliver("old", &log(42), at(delivered));
        let function = function(&store, &topic);
        function.run(moment("2026-04-16T07:46:30Z")).unwrap();
        assert!(topic.subjects().is_empty(), "{:?}", topic.subjects());
        assert_eq!(function.metrics.sum("Heartbeat"), 1);
    }
}

#[test]
fn a_store_that_cannot_be_asked_fails_the_run_without_a_heartbeat() {
    for broken in [Capability::List, Capability::Get, Capability::Replace] {
        let (store, topic) = spike();
        store.breaks(Some(broken));
        let function = function(&store, &topic);
        let failure = function.run(moment(NOW)).unwrap_err();
        assert!(matches!(failure, Failure::Store(_)), "{broken:?}: {failure}");
        assert_eq!(function.metrics.count("Heartbeat"), 0, "{broken:?}");
        assert!(topic.subjects().is_empty(), "{broken:?}");
    }
}

#[test]
fn a_state_that_cannot_be_read_is_kept_and_pages_nobody_again() {
    let newer = br#"{"version":99,"incidents":[]}"#.to_vec();
    let (store, topic) = spike();
    function(&store, &topic).run(moment(NOW)).unwrap();
    let half = store.bytes(STATE).unwrap();
    let half = half[..half.len() / 2].to_vec();
    for (number, damaged) in [half, newer].into_iter().enumerate() {
        store.set(STATE, &damaged);
        let function = function(&store, &topic);
        // It began 14 minutes ago.
        function.run(moment("2026-04-15T07:56:30Z")).unwrap();
        assert_eq!(topic.subjects().len(), 1, "told before: {:?}", topic.subjects());
        assert_eq!(function.metrics.sum("Heartbeat"), 1);
        let kept = store.names("state/unreadable-");
        assert_eq!(kept.len(), number + 1);
        assert!(kept.iter().any(|name| store.bytes(name).as_ref() == Some(&damaged)));
        assert!(State::read(&store.bytes(STATE).unwrap()).unwrap().incidents().count() == 1);
    }
}

#[test]
fn what_logs_tell_late_is_told_even_if_the_state_was_lost_before() {
    let (store, topic) = (Store::default(), Topic::default());
    store.set(STATE, b"{");
    let at_0800 = "2026-04-15T08:00:30Z";
    function(&store, &topic).run(moment(at_0800)).unwrap();
    store.deliver("late", &log(42), at(at_0800));
    function(&store, &topic).run(moment("2026-04-15T08:01:30Z")).unwrap();
    assert_eq!(topic.subjects().len(), 1);
}

#[test]
fn an_incident_that_is_new_is_told_even_if_nothing_else_is_known() {
    let (store, topic) = spike();
    store.set(STATE, b"{");
    function(&store, &topic).run(moment(NOW)).unwrap();
    assert_eq!(topic.subjects().len(), 1);
}

#[test]
fn closed_hours_are_rolled_up_one_at_a_time_beside_detection() {
    let (store, topic) = (Store::default(), Topic::default());
    for number in 0..3 {
        let name = format!("log-{number}");
        store.deliver(
            &name,
            &line_at("15/Apr/2026:07:00:00", &name, "-"),
            at("2026-04-15T07:10:00Z"),
        );
    }
    let rollups = || store.names("segments/dt=2026-04-15/hour=07/replacing-").len();
    let run = |now: &str| function(&store, &topic).run(moment(now)).unwrap();
    run("2026-04-15T09:59:10Z");
    assert_eq!(rollups(), 0, "it closed less than two hours ago");
    let hurried = Moment {
        deadline: Instant::now() + Duration::from_secs(5),
        ..moment("2026-04-15T10:00:10Z")
    };
    function(&store, &topic).run(hurried).unwrap();
    assert_eq!(rollups(), 0, "there is no time left");
    run("2026-04-15T10:00:10Z");
    assert_eq!(rollups(), 1);
    let names = store.names("segments/");
    run("2026-04-15T10:00:20Z");
    assert_eq!(store.names("segments/"), names, "once");
}

#[test]
fn a_segment_that_cannot_be_read_stops_no_detection() {
    let (store, topic) = spike();
    let damaged = format!("segments/dt=2026-04-15/hour=07/{}.json.gz", "09".repeat(32));
    store.set(&damaged, b"no gzip");
    let function = function(&store, &topic);
    assert_eq!(function.run(moment(NOW)).unwrap(), Answer::Done);
    assert_eq!((topic.subjects().len(), function.metrics.sum("Heartbeat")), (1, 1));
}

#[test]
fn a_rollup_that_fails_stops_no_detection() {
    let (store, topic) = spike();
    let damaged = format!("segments/dt=2026-04-15/hour=04/{}.json.gz", "09".repeat(32));
    store.set(&damaged, b"no gzip");
    store.deliver("beside", "", at("2026-04-15T04:10:00Z"));
    let function = function(&store, &topic);
    assert_eq!(function.run(moment("2026-04-15T07:46:30Z")).unwrap(), Answer::Done);
    // 04:00 to 05:00 has its turn at the full hour.
    assert_eq!(function.run(moment("2026-04-15T07:00:30Z")).unwrap(), Answer::Done);
    assert_eq!(function.metrics.sum("Heartbeat"), 2);
}
