/** The variables of admission expressions that ask the server instead of the request: `authorizer`. */
import { authorizerValue, resourceCheckValue } from '../../schema/cel-expression.ts';
import type { Activation, Decide } from '../../schema/cel-expression.ts';
import type { Authorizer } from '../authorization/authorizer.ts';
import type { User } from '../request.ts';
import type { AdmissionRequest } from './admission.ts';

/** Gives `authorizer` and `authorizer.requestResource` for the user of a request. */
export type ExpressionVariables = (request: AdmissionRequest) => Activation;

export function authorizerVariables(authorizer: Authorizer): ExpressionVariables {
  return ({ user, resource, subresource, namespace, name }) => {
    const decide: Decide = ({ serviceAccount, ...question }) =>
      authorizer.authorize({
        user: serviceAccount ? accountUser(serviceAccount) : user,
        verb: question.verb,
        ...(question.path === undefined
          ? {
              group: question.group ?? '',
              resource: question.resource ?? '',
              subresource: question.subresource,
              namespace: question.namespace,
              name: question.name,
            }
          : { path: question.path }),
      });
    const asked = {
      group: resource.group,
      resource: resource.plural,
      subresource,
      namespace,
      name,
    };
    return {
      authorizer: authorizerValue(decide),
      'authorizer.requestResource': resourceCheckValue(decide, asked),
    };
  };
}

function accountUser({ namespace, name }: { namespace: string; name: string }): User {
  return {
    name: `system:serviceaccount:${namespace}:${name}`,
    groups: [
      'system:serviceaccounts',
      `system:serviceaccounts:${namespace}`,
      'system:authenticated',
    ],
  };
}
