/** Nodes: taints, ranges of pod addresses, amounts; what may not change once it is set. */
import { isIPv6 } from 'node:net';
import { labelValueProblems } from '../../api/names.ts';
import { duplicate, forbidden, invalid, required } from '../../schema/field-error.ts';
import { jsonEqual, type JsonObject } from '../../schema/json.ts';
import type { FieldError } from '../../schema/schema.ts';
import { rangeProblem } from './addresses.ts';
import { choiceErrors, qualifiedNameErrors } from './pods/checks.ts';
import { printedStruct } from './pods/go-struct.ts';
import { amountErrors } from './pods/resources.ts';
import { isUnset, items, part, strings, text, type Rules } from './rules.ts';

export const node: Rules = {
  defaults(object) {
    const { spec } = object;
    if (spec === undefined) object.spec = {};
    const own = part(object, 'spec');
    if (!isUnset(own.podCIDR) && strings(own, 'podCIDRs').length === 0)
      own.podCIDRs = [own.podCIDR];
  },
  keepsNewStatus: true,
  create: defaultAllocatable,
  prepareStatus: defaultAllocatable,
  validate(object, old) {
    const errors = old === undefined ? [] : changeErrors(object, old);
    const spec = part(object, 'spec');
    return [
      ...errors,
      ...taintErrors(spec),
      ...capacityErrors(object),
      ...(old === undefined ? rangeErrors(spec) : []),
    ];
  },
  status: (object) => [...capacityErrors(object), ...addressErrors(object)],
  fields: (object) => ({
    'spec.unschedulable': String(part(object, 'spec').unschedulable === true),
  }),
};

/** All that a node has may be given to pods, unless it says otherwise. */
function defaultAllocatable(object: JsonObject): void {
  const status = part(object, 'status');
  if (status.capacity === undefined || status.allocatable !== undefined) return;
  object.status = { ...status, allocatable: status.capacity };
}

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** A real server tells these as if they were metadata. */
function taintErrors(spec: JsonObject): FieldError[] {
  const seen = new Set<string>();
  return items(spec, 'taints', 'metadata.').flatMap(([taint, path]) => {
    const [key, value, effect] = [text(taint, 'key'), text(taint, 'value'), text(taint, 'effect')];
    const errors = qualifiedNameErrors(key, `${path}.key`);
    const problems = labelValueProblems(value);
    if (problems.length > 0) errors.push(invalid(`${path}.value`, value, problems.join(';')));
    if (effect === '') errors.push(required(`${path}.effect`));
    else errors.push(...choiceErrors(effect, `${path}.effect`, EFFECTS));
    const pair = `${effect}/${key}`;
    if (seen.has(pair)) {
      const error = duplicate(path, printedStruct(taint, 'Taint'));
      const detail = `${error.detail}: taints must be unique by key and effect pair`;
      errors.push({ ...error, detail });
    }
    seen.add(pair);
    return errors;
  });
}

function capacityErrors(object: JsonObject): FieldError[] {
  return ['capacity', 'allocatable'].flatMap((list) =>
    Object.entries(part(part(object, 'status'), list)).flatMap(([name, amount]) =>
      amountErrors(name, amount, `status.${list}.${name}`),
    ),
  );
}

function addressErrors(object: JsonObject): FieldError[] {
  const list = items(part(object, 'status'), 'addresses', 'status.');
  return list
    .filter(([address], index) => list.slice(0, index).some(([other]) => jsonEqual(other, address)))
    .map(([address, path]) => duplicate(path, printedStruct(address, 'NodeAddress')));
}

function rangeErrors(spec: JsonObject): FieldError[] {
  const ranges = strings(spec, 'podCIDRs');
  const errors = ranges.flatMap((range, index) => rangeProblem(range, `spec.podCIDRs[${index}]`));
  const six = ranges.filter((range) => isIPv6(range.replace(/\/.*/, ''))).length;
  if (ranges.length <= 1 || (ranges.length === 2 && six === 1)) return errors;
  const why = 'may specify no more than one CIDR for each IP family';
  return [...errors, invalid('spec.podCIDRs', ranges, why)];
}

function changeErrors(object: JsonObject, old: JsonObject): FieldError[] {
  const [spec, before] = [part(object, 'spec'), part(old, 'spec')];
  const errors: FieldError[] = [];
  const [now, known] = [strings(spec, 'podCIDRs'), strings(before, 'podCIDRs')];
  if (known.length > 0 && !jsonEqual(now, known)) {
    const why = 'node updates may not change podCIDR except from "" to valid';
    errors.push(forbidden('spec.podCIDRs', why));
  }
  const provider = text(before, 'providerID');
  if (provider !== '' && provider !== text(spec, 'providerID')) {
    const why = 'node updates may not change providerID except from "" to valid';
    errors.push(forbidden('spec.providerID', why));
  }
  return errors;
}
