/** Prints figures as a table: target beside figure, and the ratio to the alternative. */
import { type Figure, verdict } from './measure.ts';

const HEAD = ['what', 'figure', 'target', 'verdict', 'against'];

export function table(figures: readonly Figure[]): string {
  const rows = [HEAD, ...figures.map(cells)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === 1 || column === 2
          ? cell.padStart(widths[column] ?? 0)
          : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '─'.repeat(width)).join('  ');
  return [line(HEAD), rule, ...rows.slice(1).map(line)].join('\n');
}

function cells(figure: Figure): string[] {
  const { target, against } = figure;
  const mark = !target
    ? ''
    : 'below' in target
      ? `< ${short(target.below)}`
      : `> ${short(target.above)}`;
  return [
    figure.what,
    `${short(figure.value)} ${figure.unit}`,
    mark && `${mark} ${figure.unit}`,
    verdict(figure) ?? '',
    against
      ? `${short(figure.value / against.value)} × ${against.what} (${short(against.value)})`
      : '',
  ];
}

/** Three digits that count. */
function short(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}
