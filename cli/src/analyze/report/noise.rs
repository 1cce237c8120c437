//! What scanners and AWS's own writers make, in one line.

use sigdrift_telemetry::summary::{Cluster, Context};

use super::numbers::things;
use crate::page::{FAINT, Page};

/// The clusters that are nobody's incident, added up.
#[derive(Default)]
pub struct Noise {
    clusters: u64,
    failures: u64,
    of_scanners: bool,
    of_aws: bool,
}

impl Noise {
    /// Adds a cluster.
    pub fn add(&mut self, cluster: &Cluster) {
        self.clusters += 1;
        self.failures += cluster.failures;
        self.of_scanners |= cluster.contexts.contains(&Context::Scanner);
        self.of_aws |= cluster.contexts.contains(&Context::AwsInternal);
    }

    /// Writes it, if there is any.
    pub fn write(&self, page: &mut Page) {
        if self.clusters == 0 {
            return;
        }
        let who = match (self.of_scanners, self.of_aws) {
            (true, true) => "scanners and AWS's own writers",
            (true, false) => "scanners",
            _ => "AWS's own writers",
        };
        page.gap();
        let told = format!(
            "Noise: {} by {who} in {}.",
            things(self.failures, "more failure", "more failures"),
            things(self.clusters, "cluster", "clusters"),
        );
        page.paragraph(FAINT, &told);
    }
}
