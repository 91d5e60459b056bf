/** Types of networking.k8s.io/v1, in the notation of `notation.ts`. */
import type { TypeTable } from './notation.ts';

export const networking: TypeTable = {
  NetworkPolicy: `%kind # Which traffic pods may receive and send.
    1 metadata meta.ObjectMeta
    2 spec NetworkPolicySpec
  `,
  NetworkPolicySpec: `
    1 podSelector meta.LabelSelector ? # Pods the policy is about; empty for all of the namespace.
    2 ingress []NetworkPolicyIngressRule @atomic
    3 egress []NetworkPolicyEgressRule @atomic
    4 policyTypes []string @atomic {Egress|Ingress}
  `,
  NetworkPolicyIngressRule: `
    1 ports []NetworkPolicyPort @atomic
    2 from []NetworkPolicyPeer @atomic
  `,
  NetworkPolicyEgressRule: `
    1 ports []NetworkPolicyPort @atomic
    2 to []NetworkPolicyPeer @atomic
  `,
  NetworkPolicyPort: `
    1 protocol *string :=TCP {SCTP|TCP|UDP}
    2 port *IntOrString
    3 endPort *int32
  `,
  IPBlock: `
    1 cidr string !
    2 except []string @atomic
  `,
  NetworkPolicyPeer: `
    1 podSelector *meta.LabelSelector
    2 namespaceSelector *meta.LabelSelector
    3 ipBlock *IPBlock
  `,
  Ingress: `%kind # HTTP routes from outside to services.
    1 metadata meta.ObjectMeta
    2 spec IngressSpec
    3 status IngressStatus
  `,
  IngressSpec: `
    4 ingressClassName *string # IngressClass that serves the routes.
    1 defaultBackend *IngressBackend
    2 tls []IngressTLS @atomic # Certificates by host.
    3 rules []IngressRule @atomic # Routes by host.
  `,
  IngressTLS: `
    1 hosts []string @atomic
    2 secretName string
  `,
  IngressStatus: `
    1 loadBalancer IngressLoadBalancerStatus
  `,
  IngressLoadBalancerStatus: `
    1 ingress []IngressLoadBalancerIngress @atomic
  `,
  IngressLoadBalancerIngress: `
    1 ip string
    2 hostname string
    4 ports []IngressPortStatus @atomic
  `,
  IngressPortStatus: `
    1 port int32 !
    2 protocol string ! {SCTP|TCP|UDP}
    3 error *string
  `,
  IngressRule: `
    1 host string
    2 ~ IngressRuleValue
  `,
  IngressRuleValue: `
    1 http *HTTPIngressRuleValue
  `,
  HTTPIngressRuleValue: `
    1 paths []HTTPIngressPath ! @atomic
  `,
  HTTPIngressPath: `
    1 path string
    3 pathType *string ! <Exact|ImplementationSpecific|Prefix>
    2 backend IngressBackend !
  `,
  IngressBackend: `
    4 service *IngressServiceBackend
    3 resource *core.TypedLocalObjectReference
  `,
  IngressServiceBackend: `
    1 name string !
    2 port ServiceBackendPort
  `,
  ServiceBackendPort: `%atomic
    1 name string
    2 number int32
  `,
  IngressClass: `%kind # A kind of ingress controller.
    1 metadata meta.ObjectMeta
    2 spec IngressClassSpec
  `,
  IngressClassSpec: `
    1 controller string
    2 parameters *IngressClassParametersReference
  `,
  IngressClassParametersReference: `
    1 apiGroup *string
    2 kind string !
    3 name string !
    4 scope *string ? :=Cluster
    5 namespace *string
  `,
  IPAddress: `%kind # An address that is in use.
    1 metadata meta.ObjectMeta
    2 spec IPAddressSpec
  `,
  IPAddressSpec: `
    1 parentRef *ParentReference !
  `,
  ParentReference: `
    1 group string
    2 resource string !!
    3 namespace string
    4 name string !!
  `,
  ServiceCIDR: `%kind # Addresses that Services get theirs from.
    1 metadata meta.ObjectMeta
    2 spec ServiceCIDRSpec
    3 status ServiceCIDRStatus
  `,
  ServiceCIDRSpec: `
    1 cidrs []string @atomic
  `,
  ServiceCIDRStatus: `
    1 conditions []meta.Condition @map(type) +merge(type)
  `,
};
