/**
 * Records the answers of a real API server: `node test/conformance/record.ts <kubeconfig> [area…]`. The kubeconfig must be
 * of an administrator with a client certificate. `--compare` shows instead where the server differs from what is recorded.
 */
import { isDeepStrictEqual } from 'node:util';
import { AREAS } from './areas.ts';
import { readGolden, type Recorded, writeGolden } from './golden.ts';
import { runCase } from './run-case.ts';
import { createServerClient } from './server-client.ts';

const [path, ...words] = process.argv.slice(2);
if (path === undefined) throw new Error('usage: record.ts <kubeconfig> [--compare] [area…]');
const isComparing = words.includes('--compare');
const wanted = words.filter((word) => !word.startsWith('--'));
const client = await createServerClient({ path });
const run = Date.now().toString(36).slice(-5);
for (const { name: area, cases } of AREAS) {
  if (wanted.length > 0 && !wanted.includes(area)) continue;
  const recorded: Recorded = {};
  for (const one of cases) recorded[one.name] = await runCase(client, one, run);
  if (isComparing) compare(readGolden(area), recorded);
  else writeGolden(area, recorded);
  console.log(`${area}: ${cases.length} cases`);
}
client.close();

function compare(golden: Recorded, recorded: Recorded): void {
  for (const [name, answers] of Object.entries(recorded)) {
    for (const [index, answer] of answers.entries()) {
      const before = golden[name]?.[index];
      if (isDeepStrictEqual(before, answer)) continue;
      console.log(
        `${name}, step ${index}:\n- ${JSON.stringify(before)}\n+ ${JSON.stringify(answer)}`,
      );
    }
  }
}
