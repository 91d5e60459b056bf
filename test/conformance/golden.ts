/** The recorded answers, a file for each area, a line for each step so that changes can be read. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Answer } from './case.ts';

export type Recorded = Record<string, Answer[]>;

function fileOf(area: string): string {
  return fileURLToPath(new URL(`../__fixtures__/conformance/${area}.json`, import.meta.url));
}

/** Throws when the area was never recorded. */
export function readGolden(area: string): Recorded {
  return JSON.parse(readFileSync(fileOf(area), 'utf8')) as Recorded;
}

export function writeGolden(area: string, recorded: Recorded): void {
  const cases = Object.entries(recorded).map(([name, answers]) => {
    const lines = answers.map((answer) => `    ${JSON.stringify(answer)}`);
    return `  ${JSON.stringify(name)}: [\n${lines.join(',\n')}\n  ]`;
  });
  writeFileSync(fileOf(area), `{\n${cases.join(',\n')}\n}\n`);
}
