// The server's counters (Prometheus' text format) as numbers, and what two looks at them say of the time between.

/** Reads the text: a list of `{ name, labels, value }`. */
export function parse(text) {
  const samples = [];
  for (const line of text.split('\n')) {
    const found = /^(\w+)(?:\{(.*)\})? ([-+.\deE]+)$/.exec(line);
    if (!found) continue;
    const labels = Object.fromEntries([...(found[2] ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
    samples.push({ name: found[1], labels, value: Number(found[3]) });
  }
  return samples;
}

/** The sum of what has this name and, where given, these labels. */
export function sum(samples, name, labels = {}) {
  const fits = (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value);
  return samples.filter(fits).reduce((total, { value }) => total + value, 0);
}

export const has = (samples, name) => samples.some((sample) => sample.name === name);

/** One point of the plots: what happened between two looks, `{ at, samples }` each. Nothing where the server was started anew between. */
export function point(before, now) {
  const seconds = (now.at - before.at) / 1000;
  const grown = (name, labels) => sum(now.samples, name, labels) - sum(before.samples, name, labels);
  const requests = grown('pinakes_http_request_seconds_count');
  if (seconds <= 0 || requests < 0) return null;
  const took = (route) => {
    const count = grown('pinakes_http_request_seconds_count', { route });
    return count > 0 ? (1000 * grown('pinakes_http_request_seconds_sum', { route })) / count : null;
  };
  const [computed, reused] = [grown('pinakes_cache_computed_tokens_total'), grown('pinakes_cache_reused_tokens_total')];
  return {
    at: now.at,
    latency: took('/api/v1/search'),
    throughput: requests / seconds,
    read: computed / seconds,
    said: grown('pinakes_engine_completion_tokens_total') / seconds,
    hits: computed + reused > 0 ? (100 * reused) / (computed + reused) : null,
    passages: sum(now.samples, 'pinakes_chunks'),
  };
}
