// Small plots of what was seen while the page was open: one line, its last value in words, its range for who hears the page.
import { el, svg } from './dom.js';
import { number, t } from './i18n.js';

const [WIDTH, HEIGHT] = [240, 64];
const rounded = (value) => number(value >= 100 ? Math.round(value) : Math.round(value * 10) / 10);

/** A plot of `values`, `[time, value]` pairs in order of time; a value that is null is a gap. */
export function plot(title, unit, values) {
  const known = values.filter(([, value]) => value != null);
  const last = known.at(-1)?.[1];
  const said = last == null ? t('plot_none') : `${rounded(last)} ${unit}`;
  const most = Math.max(...known.map(([, value]) => value), 0);
  const least = Math.min(...known.map(([, value]) => value), most);
  const label = known.length ? t('plot_range', { title, last: said, least: rounded(least), most: rounded(most) }) : `${title}: ${said}`;
  return el('figure', { class: 'plot' },
    el('figcaption', {}, el('span', {}, title), el('strong', {}, said)),
    svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': label },
      svg('path', { class: 'ground', d: `M0 ${HEIGHT - 1}H${WIDTH}` }),
      lines(values, most).map((points) => svg('polyline', { points, 'vector-effect': 'non-scaling-stroke' }))));
}

/** One line for each stretch without a gap. The ground is nought, so that a line's height means something. */
function lines(values, most) {
  const [first, last] = [values[0]?.[0] ?? 0, values.at(-1)?.[0] ?? 1];
  const x = (time) => ((time - first) / Math.max(last - first, 1)) * WIDTH;
  const y = (value) => HEIGHT - 2 - (most > 0 ? value / most : 0) * (HEIGHT - 8);
  const found = [[]];
  for (const [time, value] of values) {
    if (value == null) found.push([]);
    else found.at(-1).push(`${x(time).toFixed(1)},${y(value).toFixed(1)}`);
  }
  // A point alone is no line: it is drawn as a short one.
  return found.filter((points) => points.length).map((points) => (points.length > 1 ? points : [points[0], points[0].replace(/^[\d.]+/, (at) => Number(at) + 2)]).join(' '));
}
