/** Fills the templates of log lines and addresses. Pure: the same arguments give the same text. */

export interface FillValues {
  env?: Readonly<Record<string, string>>;
  /** Instant of the line, milliseconds. */
  time?: number;
  error?: string;
  pod?: string;
  /** Varies `${int:a-b}` and `${pick:a|b}`. */
  seed?: number;
}

/** A number in [0, 1) that looks random and depends on nothing but `seed`. */
export function noise(seed: number): number {
  const mixed =
    Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d) ^ Math.imul(seed + 0x9e3779b9, 0x297a2d39);
  return ((mixed ^ (mixed >>> 13)) >>> 0) / 2 ** 32;
}

/** A whole number that stands for a text. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** `2026/11/23 13:41:12`, as Go's `log` and nginx print it. */
function slashTime(time: number): string {
  const date = new Date(time);
  const day = `${date.getUTCFullYear()}/${two(date.getUTCMonth() + 1)}/${two(date.getUTCDate())}`;
  return `${day} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
}

function valueOf(name: string, values: FillValues, position: number): string | undefined {
  const { time = 0, seed = 0 } = values;
  const random = noise(seed + position * 7919);
  switch (name) {
    case 'time':
      return new Date(time).toISOString();
    case 'clock':
      return slashTime(time);
    case 'epoch':
      return (time / 1000).toFixed(3);
    case 'error':
      return values.error ?? '';
    case 'pod':
      return values.pod ?? '';
    default:
  }
  const range = /^int:(\d+)-(\d+)$/.exec(name);
  if (range !== null) {
    const [low, high] = [Number(range[1]), Number(range[2])];
    return String(low + Math.floor(random * (high - low + 1)));
  }
  if (name.startsWith('pick:')) {
    const choices = name.slice('pick:'.length).split('|');
    return choices[Math.floor(random * choices.length)];
  }
  const [variable = '', fallback] = name.split(':-');
  return values.env?.[variable] ?? fallback;
}

/**
 * Replaces `${time}` (RFC 3339), `${clock}` (`2026/11/23 13:41:12`), `${epoch}`, `${error}`, `${pod}`, `${int:1-9}`,
 * `${pick:a|b}`, `${NAME}` and `${NAME:-default}` (variables of the container). What is unknown becomes empty.
 */
export function fill(template: string, values: FillValues): string {
  if (!template.includes('${')) return template;
  return template.replaceAll(
    /\$\{([^}]*)\}/g,
    (_, name: string, position: number) => valueOf(name, values, position) ?? '',
  );
}

/** 64 hexadecimal digits that look random, as identifiers of containers and images do. */
export function hexText(seed: number): string {
  let text = '';
  for (let index = 0; text.length < 64; index += 1) {
    text += Math.floor(noise(seed + index * 104_729) * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  }
  return text.slice(0, 64);
}
