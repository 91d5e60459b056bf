/** The difference of two states of a core type, as messages about forbidden updates show it. */
import type { JsonObject } from '../../schema/json.ts';
import { unifiedDiff } from '../unified-diff.ts';
import { asGoStruct } from './pods/go-struct.ts';

const ESCAPES: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
};

/** `type` is the name of a type in `table/go-structs.ts`, e.g. `PodSpec`. */
export function structDiff(before: JsonObject, after: JsonObject, type: string): string {
  return unifiedDiff(print(before, type), print(after, type));
}

function print(value: JsonObject, type: string): string {
  return JSON.stringify(asGoStruct(value, type), null, 1).replaceAll(
    /[<>&]/g,
    (character) => ESCAPES[character] ?? character,
  );
}
