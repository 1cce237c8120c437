//! A tally written out with its texts instead of its numbers, to compare tallies in tests.

use super::{Manner, Seen, Tally, TextId};

/// Everything that a tally holds, in a fixed order.
pub fn image(tally: &Tally) -> Vec<String> {
    let texts = tally.texts();
    let text = |id: TextId| match id {
        TextId::OVERFLOW => "(overflow)".to_owned(),
        id => format!("{:?}", texts.get(id)),
    };
    let series_text = |series: &super::Series| {
        let values = series.values.map(text).join(" ");
        let code = text(series.code);
        format!("{:?} {:?} {code} {values} {:?}", series.traffic, series.outcome, series.carrier)
    };
    let mut all: Vec<String> = Vec::new();
    for row in tally.rows() {
        let values = row.values.ids.map(text).join(" ");
        let Manner { code, signed_region, method, .. } = *row.manner;
        let rest = [code, signed_region, method, row.remote_ip, row.user_agent].map(text);
        all.push(format!(
            "row {:x} {:?} {:?} {:?} {values} {} {:x}",
            row.identity(),
            row.kind,
            row.time(),
            row.id.request_id(),
            rest.join(" "),
            row.content_hash(texts)
        ));
    }
    for (_, series, cells) in tally.series().iter().filter(|(_, _, cells)| cells.entries() > 0) {
        all.push(format!("series {} {:?}", series_text(series), cells.counts()));
    }
    for Seen { sighting: seen, traits, times } in tally.sample().sorted().iter() {
        let series = tally.series().get(seen.series).map(series_text);
        let traits =
            (traits.address, [traits.tls, traits.signature_version, traits.key_encoding].map(text));
        let (request, record, minute) = (seen.request, seen.record, seen.minute);
        all.push(format!("seen {request:x} {record:x} {minute} {times} {series:?} {traits:?}"));
    }
    all.extend(tally.changes.iter().map(|change| format!("{change:?}")));
    all.extend(tally.markers().map(|marker| format!("{marker:?}")));
    all.extend(tally.reports().iter().map(|report| format!("{report:?}")));
    all.extend(tally.principals.iter().map(|owner| format!("{owner:?}")));
    all.extend(tally.probers.iter().map(|address| format!("prober {address:x}")));
    all.push(format!("{:?} {:?}", tally.series().resolution(), tally.rows_overflowed()));
    all.push(format!("{:?}", tally.series().extent().noted()));
    all.sort();
    all
}
