/** All that is compared with a real API server. */
import type { Area } from './case.ts';
import { CEL } from './cases/cel.ts';
import { CRD } from './cases/crd.ts';
import { CUSTOM_RESOURCES } from './cases/custom-resources.ts';
import { APPS } from './cases/apps.ts';
import { BATCH } from './cases/batch.ts';
import { APPLY_AREA } from './cases/apply.ts';
import { MANAGED_FIELDS } from './cases/managed-fields.ts';
import { PATCH } from './cases/patch.ts';
import { CONTROLLERS_CLUSTER } from './cases/controllers-cluster.ts';
import { CONTROLLERS_JOBS } from './cases/controllers-jobs.ts';
import { CONTROLLERS_WORKLOADS } from './cases/controllers-workloads.ts';
import { DISCOVERY } from './cases/discovery.ts';
import { BOOTSTRAP } from './cases/bootstrap.ts';
import { OPENAPI } from './cases/openapi.ts';
import { TABLES } from './cases/tables.ts';
import { TABLES_PODS } from './cases/tables-pods.ts';
import { TABLES_WORKLOADS } from './cases/tables-workloads.ts';
import { NETWORKING } from './cases/networking.ts';
import { OTHER_KINDS } from './cases/other-kinds.ts';
import { RBAC_KINDS } from './cases/rbac-kinds.ts';
import { REVIEWS_AND_EVICTIONS } from './cases/reviews-and-evictions.ts';
import { STATUS_METADATA } from './cases/status-metadata.ts';
import { STRICT_YAML } from './cases/strict-yaml.ts';
import { AUTH } from './cases/auth.ts';
import { DELETES } from './cases/deletes.ts';
import { LISTS } from './cases/lists.ts';
import { QUOTA } from './cases/quota.ts';
import { REQUESTS } from './cases/requests.ts';
import { WATCHES } from './cases/watches.ts';
import { WEBHOOK_KINDS } from './cases/webhook-kinds.ts';
import { CORE_DEFAULTS, CORE_VALIDATION, CORE_VALIDATION_PODS } from './cases/core-objects.ts';
import { CORE_UPDATES } from './cases/core-updates.ts';

export const AREAS: readonly Area[] = [
  CEL,
  CRD,
  CUSTOM_RESOURCES,
  DISCOVERY,
  BOOTSTRAP,
  OPENAPI,
  TABLES,
  TABLES_PODS,
  TABLES_WORKLOADS,
  APPS,
  BATCH,
  NETWORKING,
  RBAC_KINDS,
  OTHER_KINDS,
  WEBHOOK_KINDS,
  STATUS_METADATA,
  STRICT_YAML,
  REVIEWS_AND_EVICTIONS,
  CONTROLLERS_WORKLOADS,
  CONTROLLERS_JOBS,
  CONTROLLERS_CLUSTER,
  AUTH,
  DELETES,
  LISTS,
  QUOTA,
  REQUESTS,
  WATCHES,
  CORE_DEFAULTS,
  CORE_VALIDATION,
  CORE_VALIDATION_PODS,
  CORE_UPDATES,
  APPLY_AREA,
  MANAGED_FIELDS,
  PATCH,
];
