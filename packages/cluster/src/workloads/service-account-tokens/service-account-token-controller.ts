/**
 * Secrets of type `kubernetes.io/service-account-token`: filled with a token that does not expire, and deleted with their
 * account (https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets).
 */
import { isNotFound, keyOfObject } from '@kagent/kube';
import type { Reconciler } from '@kagent/kube';

import { controllerFor } from '../controller.ts';
import type { ControllerContext } from '../controller.ts';
import { SECRETS, SERVICE_ACCOUNTS } from '../objects.ts';
import type { Secret } from '../objects.ts';

const TYPE = 'kubernetes.io/service-account-token';
const ACCOUNT_NAME = 'kubernetes.io/service-account.name';
const ACCOUNT_UID = 'kubernetes.io/service-account.uid';
/** Index of token Secrets by `namespace/account`. */
const BY_ACCOUNT = 'service-account';

/** Signs a token for an account that is valid as long as the Secret holds it. */
export type IssueSecretToken = (subject: {
  namespace: string;
  name: string;
  uid: string;
  secretName: string;
  /** The token the Secret has: it stays when it is one of this cluster. */
  current?: string;
}) => string;

export interface ServiceAccountTokenOptions extends ControllerContext {
  issueToken: IssueSecretToken;
  /** PEM of the certificate authority of the API server. */
  rootCertificate: string;
}

export function createServiceAccountTokenController(
  options: ServiceAccountTokenOptions,
): Reconciler {
  const secrets = options.informers.get(SECRETS);
  secrets.addIndex(BY_ACCOUNT, (secret) => {
    const account = accountOf(secret);
    return account === undefined ? [] : [`${secret.metadata.namespace}/${account}`];
  });
  const controller = controllerFor(options, {
    name: 'service-account-token',
    async reconcile(key) {
      const secret = secrets.get(key);
      if (secret !== undefined) await reconcileSecret(options, secret).catch(ignoreMissing);
    },
  });
  secrets.onChange(({ object }) => {
    if (accountOf(object) !== undefined) controller.enqueue(keyOfObject(object));
  });
  options.informers.get(SERVICE_ACCOUNTS).onChange(({ object }) => {
    for (const secret of secrets.byIndex(BY_ACCOUNT, keyOfObject(object)))
      controller.enqueue(keyOfObject(secret));
  });
  return controller;
}

async function reconcileSecret(
  { client, issueToken, rootCertificate }: ServiceAccountTokenOptions,
  secret: Secret,
): Promise<void> {
  const { metadata, data = {} } = secret;
  const { namespace = '', name: secretName, annotations = {}, uid: secretUid } = metadata;
  const name = accountOf(secret);
  if (name === undefined || metadata.deletionTimestamp !== undefined) return;
  // Read from the server: the account may be newer than what the informer has seen.
  const account = await client.find(SERVICE_ACCOUNTS, { namespace, name });
  const uid = account?.metadata.uid ?? '';
  const isOfAnother = annotations[ACCOUNT_UID] !== undefined && annotations[ACCOUNT_UID] !== uid;
  if (account === undefined || isOfAnother) {
    const preconditions = { uid: secretUid };
    await client.delete(SECRETS, { namespace, name: secretName }, { preconditions });
    return;
  }
  const { token } = data;
  const current = token === undefined ? undefined : Buffer.from(token, 'base64').toString();
  const wanted: Record<string, string> = {
    'ca.crt': base64(rootCertificate),
    namespace: base64(namespace),
    token: base64(issueToken({ namespace, name, uid, secretName, current })),
  };
  const isComplete = Object.entries(wanted).every(([key, value]) => data[key] === value);
  if (isComplete && annotations[ACCOUNT_UID] === uid) return;
  const body = { data: wanted, metadata: { annotations: { [ACCOUNT_UID]: uid } } };
  await client.patch(SECRETS, { namespace, name: secretName, patch: { type: 'merge', body } });
}

/** The account a token Secret is for; undefined for every other Secret. */
function accountOf({ type, metadata }: Secret): string | undefined {
  return type === TYPE ? metadata.annotations?.[ACCOUNT_NAME] : undefined;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** The Secret is gone already, which is what its next event says. */
function ignoreMissing(error: unknown): void {
  if (!isNotFound(error)) throw error;
}
