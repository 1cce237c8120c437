//! x
use sigdrift_telemetry::summary::Summary;
pub fn render(summary: &Summary, _w: usize) -> String {
    format!("{:?}\n", summary.totals)
}
