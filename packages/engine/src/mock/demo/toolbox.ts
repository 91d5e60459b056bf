/**
 * Finds among the offered tools those that list, describe, read logs … by looking at their schemas, and fills their
 * arguments, whatever the server calls them.
 */
import type { BrainTool } from '../brain.ts';
import { isRecord } from '../../models/parse-json.ts';
import type { Kind } from './vocabulary.ts';

export interface PlannedCall {
  name: string;
  args: Record<string, unknown>;
}

export interface Target {
  kind?: Kind;
  name?: string;
  namespace?: string;
  /** All namespaces; ignored for kinds without one. */
  all?: boolean;
  container?: string;
  tail?: number;
  /** The log of the run before the last restart. */
  previous?: boolean;
}

/** Each is `undefined` when no offered tool can do it. */
export interface Toolbox {
  list(target: Target): PlannedCall | undefined;
  describe(target: Target): PlannedCall | undefined;
  yaml(target: Target): PlannedCall | undefined;
  logs(target: Target): PlannedCall | undefined;
  events(target: Target): PlannedCall | undefined;
  apiResources(): PlannedCall | undefined;
  /** Logs of the run before, if the tool can tell them apart. */
  previousLogs(target: Target): PlannedCall | undefined;
  /** Tools that none of these use. */
  others: BrainTool[];
}

const PROPERTIES = {
  type: ['resource_type', 'resourcetype', 'kind', 'resource', 'type'],
  name: ['resource_name', 'resourcename', 'pod_name', 'podname', 'name', 'pod'],
  namespace: ['namespace', 'ns'],
  all: ['all_namespaces', 'allnamespaces'],
  container: ['container', 'container_name', 'containername'],
  tail: ['tail_lines', 'taillines', 'tail', 'lines'],
  previous: ['previous'],
  output: ['output', 'output_format'],
} as const;
type Slot = keyof typeof PROPERTIES;

/** Name and JSON type of the property that takes a slot. */
function propertyOf(tool: BrainTool, slot: Slot): { name: string; type: string } | undefined {
  const properties = propertiesOf(tool);
  const wanted: readonly string[] = PROPERTIES[slot];
  for (const candidate of wanted) {
    const found = Object.entries(properties).find(([name]) => name.toLowerCase() === candidate);
    if (found !== undefined) return { name: found[0], type: typeOf(found[1]) };
  }
  return undefined;
}

/** Properties of a tool's arguments. */
export function propertiesOf(tool: BrainTool): Record<string, unknown> {
  const properties = tool.schema['properties'];
  return isRecord(properties) ? properties : {};
}

/** Names of the arguments a tool insists on. */
export function requiredOf(tool: BrainTool): string[] {
  const required = tool.schema['required'];
  return Array.isArray(required) ? required.map(String) : [];
}

/** JSON type of a property; the first one of several. */
export function typeOf(schema: unknown): string {
  const type = isRecord(schema) ? schema['type'] : undefined;
  if (Array.isArray(type)) return String(type.find((one) => one !== 'null') ?? 'string');
  return typeof type === 'string' ? type : 'string';
}

/** Words of a tool name: `k8s_getPods` → k8s, get, pods. */
export function wordsOfName(name: string): string[] {
  return name
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean);
}

interface Role {
  words: RegExp;
  not?: RegExp;
  slots: Slot[];
}

const ROLES: Record<'list' | 'describe' | 'yaml' | 'logs' | 'events' | 'apiResources', Role> = {
  list: {
    words: /^(get|list)$/,
    not: /^(yaml|describe|logs?|events?|configuration|patch|available)$/,
    slots: ['type'],
  },
  describe: { words: /^describe$/, slots: ['type', 'name'] },
  yaml: {
    words: /^(yaml|manifest)$/,
    not: /^(apply|create|generate|delete)$/,
    slots: ['type', 'name'],
  },
  logs: { words: /^logs?$/, not: /^(query|stats)$/, slots: ['name'] },
  events: { words: /^events?$/, not: /^(create|send|publish|add)$/, slots: [] },
  apiResources: {
    words: /^resources?$/,
    not: /^(patch|apply|create|delete|describe|yaml)$/,
    slots: [],
  },
};

/** Reads the offered tools once. */
export function createToolbox(tools: BrainTool[]): Toolbox {
  const kubernetes = Object.fromEntries(
    Object.entries(ROLES).map(([role, wanted]) => [
      role,
      tools.find((tool) => plays(tool, role, wanted)),
    ]),
  ) as Record<keyof typeof ROLES, BrainTool | undefined>;
  const call = (role: keyof typeof ROLES, target: Target): PlannedCall | undefined => {
    const tool = kubernetes[role];
    return tool === undefined ? undefined : { name: tool.name, args: argumentsFor(tool, target) };
  };
  const used = new Set(Object.values(kubernetes));
  return {
    list: (target) => call('list', target),
    describe: (target) => call('describe', target),
    yaml: (target) => call('yaml', target),
    logs: (target) => call('logs', target),
    events: (target) => call('events', target),
    apiResources: () => call('apiResources', {}),
    previousLogs: (target) =>
      kubernetes.logs !== undefined && propertyOf(kubernetes.logs, 'previous') !== undefined
        ? call('logs', { ...target, previous: true })
        : undefined,
    others: tools.filter((tool) => !used.has(tool)),
  };
}

function plays(tool: BrainTool, role: string, wanted: Role): boolean {
  const words = wordsOfName(tool.name);
  if (!words.some((word) => wanted.words.test(word))) return false;
  if (wanted.not !== undefined && words.some((word) => wanted.not?.test(word))) return false;
  if (role === 'apiResources') return words.includes('api') && requiredOf(tool).length === 0;
  if (!wanted.slots.every((slot) => propertyOf(tool, slot) !== undefined)) return false;
  const fillable = (Object.keys(PROPERTIES) as Slot[]).map((slot) => propertyOf(tool, slot)?.name);
  return requiredOf(tool).every((name) => fillable.includes(name));
}

function argumentsFor(tool: BrainTool, target: Target): Record<string, unknown> {
  const namespaced = target.kind?.namespaced ?? true;
  const values: Partial<Record<Slot, unknown>> = {
    type: target.kind?.plural,
    name: target.name,
    namespace: namespaced ? target.namespace : undefined,
    all: namespaced && target.all && target.namespace === undefined ? true : undefined,
    container: target.container,
    tail: target.tail,
    previous: target.previous,
    output: target.kind !== undefined && target.name === undefined ? 'wide' : undefined,
  };
  const args: Record<string, unknown> = {};
  for (const [slot, value] of Object.entries(values) as [Slot, unknown][]) {
    const property = value === undefined ? undefined : propertyOf(tool, slot);
    if (property !== undefined)
      args[property.name] = property.type === 'string' ? String(value) : value;
  }
  return args;
}
