//! What the engine behind the generator counts, by the names monitoring knows.

use pinakes_engine::engine::EngineStats;

/// One number for monitoring.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure {
    /// Prometheus' name.
    pub name: &'static str,
    /// Labels, as in `reason="evicted"`; may be empty.
    pub labels: &'static str,
    /// What it means; the same for all labels of a name.
    pub help: &'static str,
    /// Whether it only goes up.
    pub counter: bool,
    /// The number.
    pub value: u64,
}

/// All of them; those of one name stand together.
pub(crate) fn figures(stats: &EngineStats) -> Vec<Figure> {
    let gauge = |name, help, value| Figure { name, labels: "", help, counter: false, value };
    let counter = |name, help, value| Figure { name, labels: "", help, counter: true, value };
    let cache = &stats.cache;
    let mut all = vec![
        gauge("pinakes_engine_weights_bytes", "Bytes of the model's weights.", stats.weights_bytes),
        gauge("pinakes_engine_waiting", "Requests that wait for a place in the engine.", stats.waiting as u64),
        gauge("pinakes_engine_running", "Requests that have one.", stats.running as u64),
        gauge("pinakes_engine_state_bytes", "Bytes set aside for them.", stats.reserved_bytes),
        counter("pinakes_engine_requests_total", "Requests that ended.", stats.ended),
        counter("pinakes_engine_completion_tokens_total", "Tokens written.", stats.completion_tokens),
        counter("pinakes_engine_drafted_tokens_total", "Tokens put forward as drafts.", stats.drafted_tokens),
        counter("pinakes_engine_accepted_tokens_total", "Drafted tokens that the model said too.", stats.accepted_tokens),
        gauge("pinakes_cache_bytes", "Bytes of snapshots in memory.", cache.bytes),
        gauge("pinakes_cache_snapshots", "Snapshots in memory.", cache.snapshots),
        counter("pinakes_cache_hits_total", "Prompts that went on from a snapshot.", cache.hits),
        counter("pinakes_cache_disk_hits_total", "Of which from the disk.", cache.hits_disk),
        counter("pinakes_cache_misses_total", "Prompts that found none.", cache.misses),
        counter("pinakes_cache_reused_tokens_total", "Tokens of prompts that were not computed again.", cache.tokens_reused),
        counter("pinakes_cache_computed_tokens_total", "Tokens of prompts that were computed.", cache.tokens_computed),
        counter("pinakes_cache_evicted_total", "Snapshots let go to make room.", cache.evicted),
        counter("pinakes_cache_checks_total", "Reuses that were computed again to compare.", cache.checks),
        counter("pinakes_cache_mismatches_total", "Of which differed: an alarm.", cache.check_mismatches),
    ];
    let ends = [
        (r#"reason="no_entry""#, cache.ended_no_entry),
        (r#"reason="forked_at""#, cache.ended_forked),
        (r#"reason="evicted""#, cache.ended_evicted),
        (r#"reason="domain""#, cache.ended_domain),
        (r#"reason="fingerprint""#, cache.ended_fingerprint),
        (r#"reason="disk""#, cache.ended_disk),
        (r#"reason="defect""#, cache.ended_defect),
        (r#"reason="complete""#, cache.ended_complete),
    ];
    let (name, help) = ("pinakes_cache_ended_total", "Prompts by why reuse went no further.");
    all.extend(ends.map(|(labels, value)| Figure { name, labels, help, counter: true, value }));
    let defects = [
        (r#"place="memory""#, cache.defects),
        (r#"place="disk""#, cache.defects_tier),
        (r#"place="disk_thread""#, stats.tier.map_or(0, |tier| tier.defects)),
    ];
    let (name, help) = ("pinakes_cache_defects_total", "Panics in what keeps snapshots, which cost what was kept: an alarm.");
    all.extend(defects.map(|(labels, value)| Figure { name, labels, help, counter: true, value }));
    if let Some(tier) = &stats.tier {
        all.extend([
            gauge("pinakes_cache_disk_bytes", "Bytes of snapshots on the disk.", tier.bytes),
            gauge("pinakes_cache_disk_waiting_bytes", "Bytes that wait to be written.", tier.bytes_waiting),
            counter("pinakes_cache_disk_damaged_total", "Files that were not as they had been written.", tier.damaged),
            counter("pinakes_cache_disk_write_failures_total", "Snapshots that could not be written.", tier.write_failures),
        ]);
    }
    all
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_figure_stands_twice() {
        let stats = EngineStats { tier: Some(pinakes_engine::cache::TierStats::default()), ..EngineStats::default() };
        let all = figures(&stats);
        let names: HashSet<_> = all.iter().map(|figure| (figure.name, figure.labels)).collect();
        assert_eq!(names.len(), all.len());
        assert!(all.iter().all(|figure| figure.counter == figure.name.ends_with("_total")));
    }
}
