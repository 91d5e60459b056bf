/** URLs for CEL (`url`, `isURL`), read without normalising, as Go's `url.ParseRequestURI` does. */

export class Url {
  readonly celType = 'kubernetes.URL';
  /** As written; equal texts are equal URLs. */
  readonly text: string;
  readonly scheme: string;
  /** With port; IPv6 in brackets. */
  readonly host: string;
  /** Escaped. */
  readonly path: string;
  readonly query: Record<string, string[]>;

  constructor(parts: { text: string; scheme: string; host: string; path: string; query: string }) {
    this.text = parts.text;
    this.scheme = parts.scheme;
    this.host = parts.host;
    this.path = parts.path
      .toWellFormed()
      .replaceAll(/[^\x21-\x7e]+|["<>\\^`{|}]/gu, encodeURIComponent);
    this.query = Object.create(null) as Record<string, string[]>;
    for (const [key, value] of new URLSearchParams(parts.query)) {
      (this.query[key] ??= []).push(value);
    }
  }

  equals(other: object): boolean {
    return other instanceof Url && other.text === this.text;
  }

  get hostname(): string {
    return this.host.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1');
  }

  get port(): string {
    return /:(\d+)$/.exec(this.host)?.[1] ?? '';
  }
}

const absolute =
  /^([a-zA-Z][a-zA-Z0-9+.-]*):(?:\/\/(?:[^/?#@]*@)?([^/?#@]*))?(\/[^?]*)?(?:\?(.*))?$/;
const host = /^(\[[0-9a-fA-F:.]+\]|[^:[\]\s<>"{}|\\^`]*)(:\d*)?$/;

/** Absolute URLs and paths that start with `/`; `undefined` for anything else. */
export function parseUrl(text: string): Url | undefined {
  if (hasBadCharacter(text) || /%(?![0-9a-fA-F]{2})/.test(text)) return undefined;
  if (text.startsWith('/')) {
    const [path = '', ...query] = text.split('?');
    return new Url({ text, scheme: '', host: '', path, query: query.join('?') });
  }
  const found = absolute.exec(text);
  if (found === null || !host.test(found[2] ?? '')) return undefined;
  const [, scheme = '', authority = '', path = '', query = ''] = found;
  return new Url({ text, scheme: scheme.toLowerCase(), host: authority, path, query });
}

/** Blanks and control characters. */
function hasBadCharacter(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code <= 0x20 || code === 0x7f) return true;
  }
  return false;
}
