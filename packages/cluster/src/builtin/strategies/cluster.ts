/** Kinds that describe the cluster itself: priority and runtime classes, storage drivers, certificates, API services. */
import { dnsLabelProblems } from '../../api/names.ts';
import { forbidden, invalid, notSupported, required } from '../../schema/field-error.ts';
import { isObject, jsonEqual, type JsonObject } from '../../schema/json.ts';
import type { FieldError } from '../../schema/schema.ts';
import { resourceErrors } from './pods/resources.ts';
import { tolerationErrors } from './pods/scheduling.ts';
import {
  ensureObject,
  immutable,
  isUnset,
  items,
  labelsErrors,
  number,
  part,
  setDefault,
  strings,
  text,
  type Rules,
} from './rules.ts';

const SYSTEM_CLASSES: Readonly<Record<string, number>> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
};
const HIGHEST_USER_PRIORITY = 1_000_000_000;

export const priorityClass: Rules = {
  create(object) {
    // It never counts on.
    ensureObject(object, 'metadata').generation = 1;
  },
  defaults: (object) => setDefault(object, 'value', 0),
  validate(object, old) {
    const name = text(part(object, 'metadata'), 'name');
    const value = number(object, 'value') ?? 0;
    const errors: FieldError[] = [];
    if (name.startsWith('system-')) {
      if (SYSTEM_CLASSES[name] !== value) {
        const why =
          "priority class names with 'system-' prefix are reserved for system use only. error: " +
          (Object.hasOwn(SYSTEM_CLASSES, name)
            ? `value of ${name} PriorityClass must be ${SYSTEM_CLASSES[name]}`
            : `${name} is not a known system priority class`);
        errors.push(forbidden('metadata.name', why));
      }
    } else if (value > HIGHEST_USER_PRIORITY) {
      const why = `maximum allowed value of a user defined priority is ${HIGHEST_USER_PRIORITY}`;
      errors.push(forbidden('value', why));
    }
    const { preemptionPolicy: policy } = object;
    const policies = ['PreemptLowerPriority', 'Never'];
    if (policy === '') errors.push(required('preemptionPolicy'));
    else if (typeof policy === 'string' && !policies.includes(policy)) {
      errors.push(notSupported('preemptionPolicy', policy, policies));
    }
    if (old === undefined) return errors;
    const changed = (object.value ?? 0) !== (old.value ?? 0);
    return [
      ...errors,
      ...(changed ? [forbidden('value', 'may not be changed in an update.')] : []),
      ...immutable({ object, old }, '', 'preemptionPolicy'),
    ];
  },
};

export const runtimeClass: Rules = {
  validate(object, old) {
    if (old !== undefined) return immutable({ object, old }, '', 'handler');
    const handler = text(object, 'handler');
    const scheduling = part(object, 'scheduling');
    const selector = part(scheduling, 'nodeSelector');
    return [
      ...dnsLabelProblems(handler).map((problem) => invalid('handler', handler, problem)),
      ...resourceErrors({ limits: part(object, 'overhead').podFixed }, 'overhead', {
        claims: new Set(),
      }),
      ...labelsErrors(selector, 'scheduling.nodeSelector'),
      ...tolerationErrors(scheduling, 'scheduling'),
    ];
  },
};

/** Every field of a VolumeAttributesClass but its metadata is fixed. */
export const volumeAttributesClass: Rules = {
  validate(object, old) {
    if (isUnset(object.driverName)) return [required('driverName')];
    if (old === undefined) return [];
    return ['driverName', 'parameters']
      .filter((key) => !jsonEqual(object[key] ?? null, old[key] ?? null))
      .map((key) => forbidden(key, 'updates to parameters are forbidden.'));
  },
};

const SHORTEST_VALIDITY = 600;
const PEM_REQUEST =
  /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----[^-]+-----END (?:NEW )?CERTIFICATE REQUEST-----/;

export const certificateSigningRequest: Rules = {
  /** Who asks is for the server to say. */
  create(object, user) {
    const spec = ensureObject(object, 'spec');
    for (const key of ['username', 'uid', 'groups', 'extra']) delete spec[key];
    if (user === undefined) return;
    spec.username = user.name;
    if (user.uid !== undefined) spec.uid = user.uid;
    spec.groups = [...user.groups];
    if (user.extra !== undefined) spec.extra = { ...user.extra };
  },
  update(object, old) {
    object.spec = old.spec;
  },
  validate(object) {
    const spec = part(object, 'spec');
    const errors: FieldError[] = [];
    const pem = Buffer.from(text(spec, 'request'), 'base64').toString('latin1');
    if (!PEM_REQUEST.test(pem)) {
      const why = 'PEM block type must be CERTIFICATE REQUEST';
      errors.push(invalid('spec.request', text(spec, 'request'), why));
    }
    if (strings(spec, 'usages').length === 0) {
      errors.push(required('spec.usages', 'usages must be specified'));
    }
    const signer = text(spec, 'signerName');
    if (signer === '') errors.push(required('spec.signerName'));
    else if (!/^[a-z0-9.-]+\/[^/].*$/.test(signer)) {
      const why = 'must be a fully qualified domain and path of the form "example.com/signer-name"';
      errors.push(invalid('spec.signerName', signer, why));
    }
    const seconds = number(spec, 'expirationSeconds');
    if (seconds !== undefined && seconds < SHORTEST_VALIDITY) {
      const why = 'may not specify a duration less than 600 seconds (10 minutes)';
      errors.push(invalid('spec.expirationSeconds', seconds, why));
    }
    return errors;
  },
};

/** Only what this server itself serves is available: it does not pass requests on to other API servers. */
export const apiService: Rules = {
  create: setAvailability,
  validate(object) {
    const spec = part(object, 'spec');
    const name = text(part(object, 'metadata'), 'name');
    const wanted = `${text(spec, 'version')}.${text(spec, 'group')}`;
    const errors: FieldError[] = [];
    if (name !== wanted) {
      const why = `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(wanted)}`;
      errors.push(invalid('metadata.name', name, why));
    }
    for (const [key, most] of Object.entries({
      groupPriorityMinimum: 20000,
      versionPriority: 1000,
    })) {
      const value = number(spec, key) ?? 0;
      if (value > 0 && value <= most) continue;
      const why = `must be positive and less than ${most === 1000 ? '1000' : '20000'}`;
      errors.push(invalid(`spec.${key}`, value, why));
    }
    return errors;
  },
};

function setAvailability(object: JsonObject): void {
  const isLocal = !isObject(part(object, 'spec').service);
  const { creationTimestamp } = part(object, 'metadata');
  object.status = {
    conditions: [
      {
        type: 'Available',
        status: isLocal ? 'True' : 'False',
        lastTransitionTime: creationTimestamp,
        reason: isLocal ? 'Local' : 'AggregationNotSupported',
        message: isLocal
          ? 'Local APIServices are always available'
          : 'this API server does not forward requests to other API servers',
      },
    ],
  };
}

export const lease: Rules = {
  // Of coordinated elections, which are switched off.
  defaults(object) {
    const { strategy: _strategy, preferredHolder: _holder, ...spec } = part(object, 'spec');
    object.spec = spec;
  },
  validate(object) {
    const spec = part(object, 'spec');
    const errors: FieldError[] = [];
    const seconds = number(spec, 'leaseDurationSeconds');
    if (seconds !== undefined && seconds <= 0) {
      errors.push(invalid('spec.leaseDurationSeconds', seconds, 'must be greater than 0'));
    }
    const transitions = number(spec, 'leaseTransitions');
    if (transitions !== undefined && transitions < 0) {
      const why = 'must be greater than or equal to 0';
      errors.push(invalid('spec.leaseTransitions', transitions, why));
    }
    return errors;
  },
};

export const priorityLevel: Rules = {
  validate(object) {
    const spec = part(object, 'spec');
    const type = text(spec, 'type');
    if (type === 'Limited' && !isObject(spec.limited)) {
      return [required('spec.limited', 'must not be empty when type is Limited')];
    }
    if (type === 'Exempt' && isObject(spec.limited)) {
      return [forbidden('spec.limited', 'must be nil if the type is not Limited')];
    }
    return type === '' ? [required('spec.type')] : [];
  },
};

export const flowSchema: Rules = {
  validate(object) {
    const spec = part(object, 'spec');
    const errors: FieldError[] = [];
    if (text(part(spec, 'priorityLevelConfiguration'), 'name') === '') {
      const why = 'must reference a priority level';
      errors.push(required('spec.priorityLevelConfiguration.name', why));
    }
    const precedence = number(spec, 'matchingPrecedence') ?? 0;
    if (precedence <= 0) {
      const why = 'must be a positive value';
      errors.push(invalid('spec.matchingPrecedence', precedence, why));
    } else if (precedence > 10_000) {
      const why = 'must not be greater than 10000';
      errors.push(invalid('spec.matchingPrecedence', precedence, why));
    }
    for (const [rule, path] of items(spec, 'rules', 'spec.')) {
      if (items(rule, 'subjects').length > 0) continue;
      errors.push(required(`${path}.subjects`, 'subjects must contain at least one value'));
    }
    return errors;
  },
};
