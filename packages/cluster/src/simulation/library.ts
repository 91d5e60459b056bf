/** The scenarios that ship with the package, and scenarios from files. */
import { readdir, readFile } from 'node:fs/promises';

import { parseAllDocuments } from 'yaml';

import { isObject } from '../schema/json.ts';
import { SCENARIO_GROUP, SCENARIO_VERSION } from './scenario.ts';
import type { Scenario } from './scenario.ts';

const FOLDER = new URL('../../scenarios/', import.meta.url);
const SUFFIX = '.yaml';

/** Names of the shipped scenarios, sorted. */
export async function shippedScenarioNames(): Promise<string[]> {
  const files = await readdir(FOLDER);
  return files
    .filter((file) => file.endsWith(SUFFIX))
    .map((file) => file.slice(0, -SUFFIX.length))
    .toSorted();
}

/** A shipped scenario; undefined when there is none of that name. */
export async function readShippedScenario(name: string): Promise<Scenario | undefined> {
  const names = await shippedScenarioNames();
  if (!names.includes(name)) return undefined;
  return parseScenario(
    await readFile(new URL(`${name}${SUFFIX}`, FOLDER), 'utf8'),
    `${name}${SUFFIX}`,
  );
}

/** @throws Error that names `source` and what is wrong with the text */
export function parseScenario(text: string, source: string): Scenario {
  const documents = parseAllDocuments(text, { merge: true });
  const [document] = documents;
  if (document === undefined || documents.length !== 1)
    throw new Error(`${source}: expected one YAML document, found ${documents.length}`);
  const problem = document.errors[0];
  if (problem !== undefined) throw new Error(`${source}: ${problem.message}`);
  const value: unknown = document.toJS();
  const apiVersion = `${SCENARIO_GROUP}/${SCENARIO_VERSION}`;
  if (!isObject(value) || value['apiVersion'] !== apiVersion || value['kind'] !== 'Scenario')
    throw new Error(`${source}: expected kind Scenario of ${apiVersion}`);
  const { metadata, spec } = value;
  if (!isObject(metadata) || typeof metadata['name'] !== 'string')
    throw new Error(`${source}: metadata.name is missing`);
  if (!isObject(spec) || !Array.isArray(spec['objects']))
    throw new Error(`${source}: spec.objects is missing`);
  return value as unknown as Scenario;
}

/**
 * The scenario without criteria and solution: what is sent to a cluster, where whoever repairs it could read them.
 */
export function withoutAnswers(scenario: Scenario): Scenario {
  const { verify: _verify, solution: _solution, ...spec } = scenario.spec;
  return {
    apiVersion: scenario.apiVersion,
    kind: scenario.kind,
    metadata: { name: scenario.metadata.name },
    spec,
  };
}
