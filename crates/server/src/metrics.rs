//! Counters in Prometheus' text format. By hand: a few counters, one histogram a route; a registry crate would be more code than this.
//! Every label is from a fixed set (our route patterns, known methods, status codes), so the memory is bounded.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use actix_web::http::Method;
use pinakes_answer::Figure;
use pinakes_api::IndexStatus;

use crate::gate::Gate;

/// Upper ends of the histogram's buckets, in seconds.
const BUCKETS: [f64; 12] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0, 120.0];

#[derive(Debug, Default, Clone)]
struct Histogram {
    buckets: [u64; BUCKETS.len()],
    count: u64,
    seconds: f64,
}

/// What the server counts.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    requests: Mutex<BTreeMap<(&'static str, String, u16), u64>>,
    seconds: Mutex<BTreeMap<String, Histogram>>,
    streams_open: AtomicI64,
    upload_bytes: AtomicU64,
}

/// An event stream that is open; closed when dropped.
pub(crate) struct OpenStream<'a>(&'a AtomicI64);

impl Drop for OpenStream<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Metrics {
    pub(crate) fn request(&self, method: &Method, route: &str, status: u16, took: Duration) {
        let method = match method.as_str() {
            "GET" => "GET",
            "POST" => "POST",
            "DELETE" => "DELETE",
            "HEAD" => "HEAD",
            _ => "other",
        };
        *self.requests.lock().unwrap_or_else(PoisonError::into_inner).entry((method, route.to_owned(), status)).or_default() += 1;
        let mut all = self.seconds.lock().unwrap_or_else(PoisonError::into_inner);
        let histogram = all.entry(route.to_owned()).or_default();
        let seconds = took.as_secs_f64();
        histogram.count += 1;
        histogram.seconds += seconds;
        if let Some(bucket) = BUCKETS.iter().position(|&end| seconds <= end) {
            histogram.buckets[bucket] += 1;
        }
    }

    pub(crate) fn open_stream(&self) -> OpenStream<'_> {
        self.streams_open.fetch_add(1, Ordering::Relaxed);
        OpenStream(&self.streams_open)
    }

    pub(crate) fn uploaded(&self, bytes: u64) {
        self.upload_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Everything as text; `status` is left out when the store cannot be asked.
    pub(crate) fn render(&self, gates: &[&Gate], status: Option<&IndexStatus>, engine: &[Figure]) -> String {
        let mut page = Page(String::new());
        page.family("pinakes_http_requests_total", "counter", "Requests by route and status.");
        for ((method, route, status), count) in &*self.requests.lock().unwrap_or_else(PoisonError::into_inner) {
            page.sample("pinakes_http_requests_total", &format!(r#"method="{method}",route="{route}",status="{status}""#), count);
        }
        self.render_seconds(&mut page);
        page.family("pinakes_http_streams_open", "gauge", "Event streams that are open.");
        page.sample("pinakes_http_streams_open", "", &self.streams_open.load(Ordering::Relaxed));
        page.family("pinakes_upload_bytes_total", "counter", "Bytes of uploads received whole.");
        page.sample("pinakes_upload_bytes_total", "", &self.upload_bytes.load(Ordering::Relaxed));
        render_gates(&mut page, gates);
        if let Some(status) = status {
            render_store(&mut page, status);
        }
        render_engine(&mut page, engine);
        page.0
    }

    fn render_seconds(&self, page: &mut Page) {
        page.family("pinakes_http_request_seconds", "histogram", "Time to the first byte of the response, by route.");
        for (route, histogram) in &*self.seconds.lock().unwrap_or_else(PoisonError::into_inner) {
            let mut below = 0;
            for (end, count) in BUCKETS.iter().zip(histogram.buckets) {
                below += count;
                page.sample("pinakes_http_request_seconds_bucket", &format!(r#"route="{route}",le="{end}""#), &below);
            }
            page.sample("pinakes_http_request_seconds_bucket", &format!(r#"route="{route}",le="+Inf""#), &histogram.count);
            page.sample("pinakes_http_request_seconds_sum", &format!(r#"route="{route}""#), &histogram.seconds);
            page.sample("pinakes_http_request_seconds_count", &format!(r#"route="{route}""#), &histogram.count);
        }
    }
}

fn render_gates(page: &mut Page, gates: &[&Gate]) {
    page.family("pinakes_work_running", "gauge", "Requests at work, by kind.");
    for gate in gates {
        page.sample("pinakes_work_running", &format!(r#"kind="{}""#, gate.name), &gate.running());
    }
    page.family("pinakes_work_waiting", "gauge", "Requests that wait for a place, by kind.");
    for gate in gates {
        page.sample("pinakes_work_waiting", &format!(r#"kind="{}""#, gate.name), &gate.waiting());
    }
    page.family("pinakes_work_refused_total", "counter", "Requests turned away because too many waited, by kind.");
    for gate in gates {
        page.sample("pinakes_work_refused_total", &format!(r#"kind="{}""#, gate.name), &gate.refused());
    }
}

fn render_engine(page: &mut Page, figures: &[Figure]) {
    for named in figures.chunk_by(|a, b| a.name == b.name) {
        page.family(named[0].name, if named[0].counter { "counter" } else { "gauge" }, named[0].help);
        named.iter().for_each(|figure| page.sample(figure.name, figure.labels, &figure.value));
    }
}

fn render_store(page: &mut Page, status: &IndexStatus) {
    page.family("pinakes_documents", "gauge", "Files known, by state.");
    let documents = status.documents;
    for (state, count) in
        [("indexed", documents.indexed), ("partial", documents.partial), ("skipped", documents.skipped), ("failed", documents.failed)]
    {
        page.sample("pinakes_documents", &format!(r#"state="{state}""#), &count);
    }
    page.family("pinakes_chunks", "gauge", "Passages searchable.");
    page.sample("pinakes_chunks", "", &status.chunks);
    page.family("pinakes_store_bytes", "gauge", "Bytes on disk.");
    page.sample("pinakes_store_bytes", "", &status.bytes);
    page.family("pinakes_jobs_active", "gauge", "Jobs that wait or run.");
    page.sample("pinakes_jobs_active", "", &status.jobs_active);
}

struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    fn sample(&mut self, name: &str, labels: &str, value: &dyn std::fmt::Display) {
        let _ = if labels.is_empty() { writeln!(self.0, "{name} {value}") } else { writeln!(self.0, "{name}{{{labels}}} {value}") };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_add_up() {
        let metrics = Metrics::default();
        for ms in [1, 7, 7, 400, 500_000] {
            metrics.request(&Method::GET, "/x", 200, Duration::from_millis(ms));
        }
        let text = metrics.render(&[&Gate::new("search", 1, 1, Duration::ZERO)], None, &[]);
        assert!(text.contains("pinakes_http_requests_total{method=\"GET\",route=\"/x\",status=\"200\"} 5\n"), "{text}");
        assert!(text.contains("le=\"0.005\"} 1\n") && text.contains("le=\"0.01\"} 3\n") && text.contains("le=\"0.5\"} 4\n"), "{text}");
        assert!(text.contains("le=\"120\"} 4\n") && text.contains("le=\"+Inf\"} 5\n"), "{text}");
        assert!(text.contains("pinakes_work_running{kind=\"search\"} 0\n"), "{text}");
    }
}
