/**
 * JSON as CEL sees it through a schema: integers as int, dates as timestamps, declared properties under their escaped
 * names and nothing undeclared; of a resource's metadata only name and generateName.
 */
import { Environment } from '@marcbachmann/cel-js';
import { escapeName } from './cel-escape.ts';
import { isObject, type JsonObject } from './json.ts';
import type { SchemaNode } from './node.ts';

export interface CelValues {
  /** Forgets what earlier objects were converted to. */
  reset(): void;
  /** The same place of the same object gives the same value until `reset`. */
  convert(value: unknown, node: SchemaNode | undefined): unknown;
}

const visibleMetadata = new Set(['name', 'generateName']);

export function createCelValues(): CelValues {
  return new Converter();
}

class Converter implements CelValues {
  readonly #known = new Map<object, unknown>();
  readonly #names = new Map<string, string | null>();
  readonly #duration = new Environment().registerVariable('text', 'string').parse('duration(text)');

  reset(): void {
    this.#known.clear();
  }

  convert(value: unknown, node: SchemaNode | undefined): unknown {
    if (typeof value === 'string') return this.#text(value, node);
    if (typeof value === 'number') return convertNumber(value, node);
    if (typeof value !== 'object' || value === null) return value;
    const earlier = this.#known.get(value);
    if (earlier !== undefined) return earlier;
    const result = Array.isArray(value)
      ? value.map((item) => this.convert(item, node?.items))
      : this.#object(value as JsonObject, node);
    this.#known.set(value, result);
    return result;
  }

  #text(text: string, node: SchemaNode | undefined): unknown {
    switch (node?.schema.format) {
      case 'date-time':
      case 'datetime':
      case 'date': {
        const time = new Date(text);
        return Number.isNaN(time.getTime()) ? text : time;
      }
      case 'duration':
        try {
          return this.#duration({ text }) as unknown;
        } catch {
          return text;
        }
      case 'byte':
        return new Uint8Array(Buffer.from(text, 'base64'));
      default:
        return text;
    }
  }

  #object(object: JsonObject, node: SchemaNode | undefined): unknown {
    const entries: [string, unknown][] = [];
    const isOpen = node === undefined || (node.properties.size === 0 && node.preservesUnknown);
    for (const key of Object.keys(object)) {
      const declared = node?.properties.get(key);
      if (declared !== undefined) {
        const name = this.#name(key);
        if (name === null) continue;
        const isMetadata = key === 'metadata' && node?.isResource === true;
        const value = isMetadata ? metadataOf(object[key]) : this.convert(object[key], declared);
        entries.push([name, value]);
      } else if (node?.additional !== undefined || isOpen) {
        entries.push([key, this.convert(object[key], node?.additional)]);
      }
    }
    return fromEntries(entries);
  }

  #name(property: string): string | null {
    let name = this.#names.get(property);
    if (name === undefined) {
      name = escapeName(property) ?? null;
      this.#names.set(property, name);
    }
    return name;
  }
}

function convertNumber(value: number, node: SchemaNode | undefined): bigint | number {
  if (node?.schema.type === 'number') return value;
  return Number.isInteger(value) ? BigInt(value) : value;
}

function metadataOf(metadata: unknown): unknown {
  if (!isObject(metadata)) return metadata;
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => visibleMetadata.has(key)));
}

/** The library tells types by `constructor`; keys that would fool it need a Map. */
function fromEntries(entries: [string, unknown][]): unknown {
  const result: JsonObject = {};
  for (const [key, value] of entries) {
    if (key === 'constructor' || key === '__proto__') return new Map(entries);
    result[key] = value;
  }
  return result;
}
