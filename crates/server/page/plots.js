// Small plots of what was seen while the page was open: one line, its last value in words, its range for who hears the page.
import { el, svg } from './dom.js';
import { number, t } from './i18n.js';

const [WIDTH, HEIGHT] = [240, 64];
const rounded = (value) => number(value >= 100 ? Math.round(value) : Math.round(value * 10) / 10);

/** A plot of `values`, `[time, value]` pairs in order of time; what is null is not known. */
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
      svg('polyline', { points: line(values, most), 'vector-effect': 'non-scaling-stroke' })));
}

/** A line through what is known. The ground is nought, so that a line's height means something. */
function line(values, most) {
  const [first, last] = [values[0]?.[0] ?? 0, values.at(-1)?.[0] ?? 1];
  const x = (time) => ((time - first) / Math.max(last - first, 1)) * WIDTH;
  const y = (value) => HEIGHT - 2 - (most > 0 ? value / most : 0) * (HEIGHT - 8);
  const points = values.filter(([, value]) => value != null).map(([time, value]) => [x(time), y(value)]);
  // A point alone is no line: it is drawn as a short one.
  if (points.length === 1) points.push([points[0][0] + 2, points[0][1]]);
  return points.map((point) => point.map((at) => at.toFixed(1)).join()).join(' ');
}
