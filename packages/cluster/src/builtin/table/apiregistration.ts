/** Types of apiregistration.k8s.io/v1, in the notation of `notation.ts`. */
import type { TypeTable } from './notation.ts';

export const apiregistration: TypeTable = {
  APIService: `%kind # A group version and who serves it.
    1 metadata meta.ObjectMeta
    2 spec APIServiceSpec
    3 status APIServiceStatus
  `,
  APIServiceSpec: `
    1 service *ServiceReference # Who serves it; none for this server itself.
    2 group string # API group.
    3 version string # Version of the group.
    4 insecureSkipTLSVerify bool
    5 caBundle bytes @atomic
    7 groupPriorityMinimum int32 ! # Where the group stands among the groups; the greatest first.
    8 versionPriority int32 ! # Where the version stands in its group; the greatest first.
  `,
  ServiceReference: `
    1 namespace string
    2 name string
    3 port *int32 :=443
  `,
  APIServiceStatus: `
    1 conditions []APIServiceCondition @map(type) +merge(type)
  `,
  APIServiceCondition: `
    1 type string !
    2 status string !
    3 lastTransitionTime Time
    4 reason string
    5 message string
  `,
};
