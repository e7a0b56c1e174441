// Offsets. The server counts characters (Unicode code points), JavaScript counts UTF-16 units; this is where the one becomes the other.

/** A text that is cut by code points. */
export class Characters {
  #text;
  #starts; // UTF-16 offset of every code point, or null where both count alike

  constructor(text) {
    this.#text = text;
    this.#starts = null;
    if (/[\ud800-\udfff]/.test(text)) {
      const starts = [];
      for (let at = 0; at < text.length; at += text.codePointAt(at) > 0xffff ? 2 : 1) starts.push(at);
      this.#starts = starts;
    }
    this.length = this.#starts ? this.#starts.length : text.length;
  }

  /** UTF-16 offset of a code point. */
  unit(at) {
    if (at >= this.length) return this.#text.length;
    return this.#starts ? this.#starts[at] : Math.max(at, 0);
  }

  slice(start, end) {
    return this.#text.slice(this.unit(start), this.unit(end));
  }
}

/**
 * Cuts `[start, end)` into pieces `{start, end, marked}`: what lies in `hidden` is left out, what lies in `marked` is told apart.
 * Both lists hold `[start, end]` pairs, ascending and disjoint.
 */
export function pieces(start, end, hidden, marked) {
  const edges = new Set([start, end]);
  for (const [from, to] of [...overlapping(hidden, start, end), ...overlapping(marked, start, end)]) {
    edges.add(Math.max(from, start)).add(Math.min(to, end));
  }
  const sorted = [...edges].sort((a, b) => a - b);
  const found = [];
  for (let i = 0; i + 1 < sorted.length; i += 1) {
    const [from, to] = [sorted[i], sorted[i + 1]];
    if (covers(hidden, from)) continue;
    found.push({ start: from, end: to, marked: covers(marked, from) });
  }
  return found;
}

/** The spans that overlap `[start, end)`. Binary search: a long document has tens of thousands of markup spans. */
export function overlapping(spans, start, end) {
  let [low, high] = [0, spans.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (spans[middle][1] <= start) low = middle + 1;
    else high = middle;
  }
  const found = [];
  for (let i = low; i < spans.length && spans[i][0] < end; i += 1) found.push(spans[i]);
  return found;
}

function covers(spans, at) {
  const [span] = overlapping(spans, at, at + 1);
  return span !== undefined && span[0] <= at;
}
