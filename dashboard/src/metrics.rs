//! What is counted for those who run the server, in the text format of Prometheus. No name and no figure stands in it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use ingest::report::{Report, SliceOutcome};

/// Upper bounds of the durations' buckets, in seconds.
const BOUNDS: [f64; 8] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.0, 10.0];

/// Counts since the server started.
#[derive(Debug, Default)]
pub struct Metrics {
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    requests: BTreeMap<(String, String, u16), u64>,
    durations: BTreeMap<String, Durations>,
    uploads: BTreeMap<&'static str, u64>,
    slices: BTreeMap<&'static str, u64>,
}

#[derive(Debug, Default)]
struct Durations {
    buckets: [u64; BOUNDS.len()],
    count: u64,
    seconds: f64,
}

/// What is told besides the counts.
#[derive(Debug, Clone, Copy, Default)]
pub struct Now {
    /// The number of the release that pages show; 0 before the first.
    pub release: u64,
    /// How many releases this server made.
    pub made: u64,
    /// Whether its last run failed.
    pub has_failed: bool,
    /// How often something was told before a release told it.
    pub revision: u64,
    /// How many log-ins are in force.
    pub sessions: u64,
}

impl Metrics {
    /// Counts an answered request by the route that answered it, never by its address: those are without end.
    pub fn request(&self, route: &str, method: &str, status: u16, took: Duration) {
        let seconds = took.as_secs_f64();
        let mut counts = self.lock();
        *counts.requests.entry((route.to_owned(), method.to_owned(), status)).or_default() += 1;
        let durations = counts.durations.entry(route.to_owned()).or_default();
        durations.count += 1;
        durations.seconds += seconds;
        for (bucket, _) in durations.buckets.iter_mut().zip(BOUNDS).filter(|(_, bound)| seconds <= *bound) {
            *bucket += 1;
        }
    }

    /// Counts an upload and what became of its slices.
    pub fn upload(&self, report: &Report) {
        let mut counts = self.lock();
        let outcome = if report.all_accepted() { "accepted" } else { "with_faults" };
        *counts.uploads.entry(outcome).or_default() += 1;
        for slice in report.files.iter().flat_map(|file| &file.slices) {
            let state = match slice.state {
                SliceOutcome::Accepted => "accepted",
                SliceOutcome::Zero => "zero",
                SliceOutcome::Rejected => "rejected",
                SliceOutcome::Replaced => "replaced",
                SliceOutcome::Unchanged => "unchanged",
            };
            *counts.slices.entry(state).or_default() += 1;
        }
    }

    /// Counts an upload that could not be taken in.
    pub fn upload_failed(&self) {
        *self.lock().uploads.entry("failed").or_default() += 1;
    }

    /// The text.
    pub fn render(&self, now: Now) -> String {
        let counts = self.lock();
        let mut out = String::new();
        let mut head = |name: &str, kind: &str, help: &str, lines: String| {
            write!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n{lines}").expect("text grows");
        };
        let lines = |parts: Vec<String>| parts.into_iter().map(|line| line + "\n").collect::<String>();
        let requests = counts.requests.iter().map(|((route, method, status), count)| {
            format!("kehou_requests_total{{route=\"{route}\",method=\"{method}\",status=\"{status}\"}} {count}")
        });
        head("kehou_requests_total", "counter", "Answered requests.", lines(requests.collect()));
        let durations = counts.durations.iter().flat_map(|(route, one)| {
            let buckets = one.buckets.iter().zip(BOUNDS).map(move |(count, bound)| {
                format!("kehou_request_seconds_bucket{{route=\"{route}\",le=\"{bound}\"}} {count}")
            });
            buckets.chain([
                format!("kehou_request_seconds_bucket{{route=\"{route}\",le=\"+Inf\"}} {}", one.count),
                format!("kehou_request_seconds_sum{{route=\"{route}\"}} {}", one.seconds),
                format!("kehou_request_seconds_count{{route=\"{route}\"}} {}", one.count),
            ])
        });
        head("kehou_request_seconds", "histogram", "Time until the answer began.", lines(durations.collect()));
        let by = |name: &str, label: &str, counts: &BTreeMap<&str, u64>| {
            lines(counts.iter().map(|(value, count)| format!("{name}{{{label}=\"{value}\"}} {count}")).collect())
        };
        let uploads = by("kehou_uploads_total", "outcome", &counts.uploads);
        head("kehou_uploads_total", "counter", "Uploads by outcome, checks included.", uploads);
        let slices = by("kehou_upload_slices_total", "state", &counts.slices);
        head("kehou_upload_slices_total", "counter", "Uploaded slices by what became of them.", slices);
        let one = |name: &str, value: u64| format!("{name} {value}\n");
        head("kehou_release", "gauge", "The release that pages show.", one("kehou_release", now.release));
        head(
            "kehou_releases_made_total",
            "counter",
            "Releases that this server made.",
            one("kehou_releases_made_total", now.made),
        );
        head(
            "kehou_release_failed",
            "gauge",
            "1 where the last run failed and changes wait.",
            one("kehou_release_failed", now.has_failed.into()),
        );
        head(
            "kehou_revisions_total",
            "counter",
            "Steps, declarations and comparisons that pages told before a release did.",
            one("kehou_revisions_total", now.revision),
        );
        head("kehou_sessions", "gauge", "Log-ins in force.", one("kehou_sessions", now.sessions));
        out
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_come_out_as_prometheus_reads_them() {
        let metrics = Metrics::default();
        metrics.request("/city", "GET", 200, Duration::from_millis(7));
        metrics.request("/city", "GET", 200, Duration::from_millis(70));
        metrics.upload_failed();
        let text = metrics.render(Now { release: 7, sessions: 3, ..Now::default() });
        for line in [
            "# TYPE kehou_requests_total counter",
            "kehou_requests_total{route=\"/city\",method=\"GET\",status=\"200\"} 2",
            "kehou_request_seconds_bucket{route=\"/city\",le=\"0.005\"} 0",
            "kehou_request_seconds_bucket{route=\"/city\",le=\"0.01\"} 1",
            "kehou_request_seconds_bucket{route=\"/city\",le=\"+Inf\"} 2",
            "kehou_request_seconds_count{route=\"/city\"} 2",
            "kehou_uploads_total{outcome=\"failed\"} 1",
            "kehou_release 7",
            "kehou_sessions 3",
        ] {
            assert!(text.lines().any(|one| one == line), "{line} is not in\n{text}");
        }
    }
}
