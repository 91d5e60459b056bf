/** Macros that run over lists and maps. */
import type { Macro } from './ast.ts';
import { sortByKeys } from './collections.ts';
import { fieldsOf, type Frame, isTrue, type Program } from './frame.ts';
import { ValueSet } from './value-set.ts';
import {
  ArrayList,
  CelError,
  List,
  LiteralMap,
  type MapValue,
  Uint,
  type Value,
} from './values.ts';

export interface Loop {
  range: Program;
  body: Program;
  filter: Program | undefined;
  /** Where its variables live. */
  depth: number;
  isPair: boolean;
  /** Cost of one round beside the body, and of the whole beside the rounds. */
  round: number;
  base: number;
}

/** The program of a macro other than those of optionals and bindings. */
export function loopProgram(name: Macro['name'], loop: Loop): Program {
  switch (name) {
    case 'all':
      return quantifier(loop, false);
    case 'exists':
      return quantifier(loop, true);
    case 'existsOne':
      return (frame) => {
        let count = 0;
        eachRound(loop, frame, () => {
          if (isTrue(loop.body(frame))) count++;
        });
        return count === 1;
      };
    case 'filter':
      return (frame) => {
        const kept: Value[] = [];
        eachRound(loop, frame, (item) => {
          if (isTrue(loop.body(frame))) kept.push(item);
        });
        return new ArrayList(kept);
      };
    case 'sortBy':
      return (frame) => {
        const items: Value[] = [];
        const keys: Value[] = [];
        eachRound(loop, frame, (item) => {
          items.push(item);
          keys.push(loop.body(frame));
        });
        return sortByKeys(items, keys);
      };
    case 'transformMap':
    case 'transformMapEntry':
      return mapTransform(name, loop);
    default:
      return (frame) => {
        const results: Value[] = [];
        eachRound(loop, frame, () => {
          if (loop.filter === undefined || isTrue(loop.filter(frame))) {
            results.push(loop.body(frame));
          }
        });
        return new ArrayList(results);
      };
  }
}

/** `all` and `exists`: the value that decides ends the loop; errors count only when none decides. */
function quantifier(loop: Loop, decides: boolean): Program {
  return (frame) => {
    let error: CelError | undefined;
    let isDecided = false;
    eachRound(loop, frame, () => {
      try {
        isDecided = isTrue(loop.body(frame)) === decides;
      } catch (caught) {
        if (!(caught instanceof CelError)) throw caught;
        error ??= caught;
      }
      return isDecided;
    });
    if (isDecided) return decides;
    if (error !== undefined) throw error;
    return !decides;
  };
}

function mapTransform(name: 'transformMap' | 'transformMapEntry', loop: Loop): Program {
  return (frame) => {
    const entries: [Value, Value][] = [];
    const seen = new ValueSet();
    eachRound(loop, frame, (key) => {
      if (loop.filter !== undefined && !isTrue(loop.filter(frame))) return;
      const result = loop.body(frame);
      if (name === 'transformMap') entries.push([key, result]);
      else {
        const map = fieldsOf(result);
        for (const inner of map.keys()) {
          if (!seen.add(inner))
            throw new CelError(`insert failed: key ${keyText(inner)} already exists`);
          entries.push([inner, map.get(inner)!]);
        }
      }
    });
    return new LiteralMap(entries);
  };
}

function keyText(key: Value): string {
  return key instanceof Uint ? String(key.value) : String(key);
}

/** Runs `round` for every item with the variables set; gets the item, or the key of two. Returning true ends the loop. */
function eachRound(loop: Loop, frame: Frame, round: (item: Value) => boolean | void): void {
  const range = loop.range(frame);
  frame.charge(loop.base);
  const { depth, isPair, round: cost } = loop;
  if (range instanceof List) {
    for (let i = 0; i < range.size; i++) {
      frame.charge(cost);
      const item = range.at(i);
      frame.locals[depth] = isPair ? BigInt(i) : item;
      if (isPair) frame.locals[depth + 1] = item;
      if (round(isPair ? BigInt(i) : item) === true) return;
    }
    return;
  }
  for (const key of fieldsOf(range).keys()) {
    frame.charge(cost);
    frame.locals[depth] = key;
    if (isPair) frame.locals[depth + 1] = (range as MapValue).get(key)!;
    if (round(key) === true) return;
  }
}
