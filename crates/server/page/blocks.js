// A part of a document as elements: its blocks in order, inline markup left out, the cited words marked.
import { el } from './dom.js';
import { Characters, overlapping, pieces } from './text.js';

const TABLE_RULE = /^[\s|:+-]*-[\s|:+-]*$/; // the line under a Markdown table's header
const LIST_MARK = /^\s*(?:[-*+•]|(\d+)[.)])\s+/;
const HEADING_MARK = /^#{1,6}\s+/;

/** Renders `content` (the shape of `GET …/content`); `cited` is a span of the document or null. */
export function renderContent(content, cited) {
  const part = new Part(content, cited);
  const nodes = [];
  let list = null;
  for (const block of content.blocks) {
    if (block.kind !== 'list_item') list = null;
    if (block.kind === 'list_item') {
      if (!list) nodes.push(list = el('ul', {}));
      list.append(part.listItem(block));
    } else {
      nodes.push(part.block(block));
    }
  }
  if (!content.blocks.length) nodes.push(el('pre', {}, part.inline(...content.span)));
  return nodes.filter(Boolean);
}

class Part {
  constructor(content, cited) {
    this.text = new Characters(content.text);
    this.base = content.span[0];
    this.markup = content.markup;
    this.cited = cited ? [cited] : [];
    this.depth = 1; // of the heading before; the document's title is the first
    this.raw = content.kind === 'text' || content.kind === 'code';
  }

  slice(start, end) {
    return this.text.slice(start - this.base, end - this.base);
  }

  /** Text of a span without its markup, cited words in `mark`: one `mark` also where markup was taken out of their midst. */
  inline(start, end) {
    const runs = [];
    for (const { start: from, end: to, marked } of pieces(start, end, this.markup, this.cited)) {
      const words = this.slice(from, to);
      if (runs.at(-1)?.marked === marked) runs.at(-1).words += words;
      else runs.push({ marked, words });
    }
    return runs.map(({ marked, words }) => (marked ? el('mark', { class: 'cited' }, words) : words));
  }

  /** `[start, end)` without white space and without what `mark` matches at its beginning. */
  trim(start, end, mark = null) {
    let words = this.slice(start, end);
    const found = mark?.exec(words);
    if (found) {
      start += new Characters(found[0]).length;
      words = words.slice(found[0].length);
    }
    const lead = /^\s*/.exec(words)[0].length; // white space is never astral: units are characters here
    const trail = /\s*$/.exec(words)[0].length;
    return lead === words.length ? [start, start] : [start + lead, end - trail];
  }

  block({ kind, level, span }) {
    const [start, end] = span;
    if (kind === 'heading') return this.heading(level ?? 1, start, end);
    if (kind === 'table') return this.table(start, end);
    if (kind === 'code') return el('pre', {}, el('code', {}, this.lines(start, end)));
    if (kind === 'metadata') return el('pre', { class: 'metadata' }, this.inline(start, end));
    return el('p', { class: this.raw ? 'raw' : null }, this.inline(...this.trim(start, end)));
  }

  /** A heading looks as deep as it is; who hears the page is led there step by step, as a part may begin anywhere. */
  heading(level, start, end) {
    const deep = Math.min(6, level + 1);
    this.depth = Math.min(deep, this.depth + 1);
    return el(`h${deep}`, { 'aria-level': this.depth === deep ? null : this.depth }, this.inline(...this.trim(start, end, HEADING_MARK)));
  }

  /** An item, and the items below it where its lines begin with marks of their own. */
  listItem({ span: [start, end] }) {
    const items = [];
    let at = start;
    for (const line of this.slice(start, end).split('\n')) {
      const length = new Characters(line).length;
      const mark = LIST_MARK.exec(line);
      if (mark || !items.length) items.push({ start: at, end: at + length, number: mark?.[1] });
      else items.at(-1).end = at + length;
      at += length + 1;
    }
    const [own, ...below] = items.map(({ start: from, end: to, number }) => el('li',
      { class: number ? 'numbered' : null, 'data-number': number && `${number}.` }, this.inline(...this.trim(from, to, LIST_MARK))));
    if (below.length) own.append(el('ul', {}, below));
    return own;
  }

  /** Lines as they stand, without the empty ones that a fence leaves at both ends. */
  lines(start, end) {
    const hidden = overlapping(this.markup, start, end);
    let [from, to] = [start, end];
    for (const [begin, close] of hidden) if (begin <= from) from = Math.max(from, close);
    for (const [begin, close] of hidden.reverse()) if (close >= to && begin >= from) to = begin;
    while (from < to && this.slice(from, from + 1) === '\n') from += 1;
    while (to > from && /\s/.test(this.slice(to - 1, to))) to -= 1;
    return this.inline(from, to);
  }

  table(start, end) {
    const rows = [];
    let at = start;
    for (const line of this.slice(start, end).split('\n')) {
      const length = new Characters(line).length;
      if (line.trim() && !TABLE_RULE.test(line)) rows.push(this.cells(line, at));
      at += length + 1;
    }
    const row = (tag) => (cells) => el('tr', {}, cells.map((span) => el(tag, {}, this.inline(...this.trim(...span)))));
    const [head, ...rest] = rows;
    if (!head) return null;
    return el('div', { class: 'table', tabindex: '0', role: 'region' }, el('table', {},
      el('thead', {}, row('th')(head)), el('tbody', {}, rest.map(row('td')))));
  }

  /** Spans of the cells of a row that begins at `at`: between bars, an escaped bar being none. */
  cells(line, at) {
    const spans = [];
    let [start, here] = [at, at];
    let escaped = false;
    for (const character of line) {
      if (character === '|' && !escaped) {
        spans.push([start, here]);
        start = here + 1;
      }
      escaped = character === '\\' && !escaped;
      here += 1;
    }
    spans.push([start, here]);
    const empty = ([from, to]) => !this.slice(from, to).trim();
    if (spans.length > 1 && empty(spans[0])) spans.shift();
    if (spans.length > 1 && empty(spans.at(-1))) spans.pop();
    return spans;
  }
}

/** Whether a part holds some of a span. */
export const holds = (content, span) => overlapping([content.span], ...span).length > 0;
