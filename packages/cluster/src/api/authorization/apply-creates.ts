/** A server-side apply of an object that is not there creates it, which `patch` alone does not allow. */
import type { AdmissionPlugin } from '../admission/admission.ts';
import { refusal } from './access.ts';
import type { Authorizer } from './authorizer.ts';

/**
 * Asks for `create` on every object that is about to be created. A POST has been asked the same already and passes. Last
 * before the write, as in kube-apiserver (`withAuthorization` around the create of a patch).
 */
export function authorizedCreates(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: 'CreateAuthorization',
    commit({ operation, resource, namespace, name, subresource, user }) {
      if (operation !== 'CREATE' || subresource !== undefined) return;
      const { group, plural } = resource;
      const isNamespace = group === '' && plural === 'namespaces';
      const access = {
        user,
        verb: 'create',
        group,
        resource: plural,
        namespace: isNamespace ? name : namespace,
        name,
      };
      const { allowed, reason } = authorizer.authorize(access);
      if (!allowed) throw refusal(access, reason);
    },
  };
}
