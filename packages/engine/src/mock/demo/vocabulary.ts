/** The words the demo model knows: resource kinds with their other names, and words that carry no meaning of their own. */

export interface Kind {
  /** What a tool is asked for, e.g. `pods`. */
  plural: string;
  singular: string;
  namespaced: boolean;
}

/** plural, singular, other names; `!` marks kinds without a namespace. */
const KIND_TABLE = `
pods pod po
services service svc
deployments deployment deploy
replicasets replicaset rs replica-set
statefulsets statefulset sts stateful-set
daemonsets daemonset ds daemon-set
jobs job
cronjobs cronjob cj cron-job
configmaps configmap cm config-map
secrets secret
serviceaccounts serviceaccount sa service-account
endpoints endpoint ep
endpointslices endpointslice endpoint-slice
ingresses ingress ing
networkpolicies networkpolicy netpol network-policy
persistentvolumeclaims persistentvolumeclaim pvc persistent-volume-claim volume-claim
horizontalpodautoscalers horizontalpodautoscaler hpa horizontal-pod-autoscaler autoscaler
poddisruptionbudgets poddisruptionbudget pdb pod-disruption-budget disruption-budget
resourcequotas resourcequota quota resource-quota
limitranges limitrange limit-range
roles role
rolebindings rolebinding role-binding
leases lease
events event
agents agent
modelconfigs modelconfig model-config
remotemcpservers remotemcpserver remote-mcp-server tool-server
mcpservers mcpserver mcp-server
!namespaces namespace ns
!nodes node
!persistentvolumes persistentvolume pv persistent-volume
!storageclasses storageclass sc storage-class
!clusterroles clusterrole cluster-role
!clusterrolebindings clusterrolebinding cluster-role-binding
!customresourcedefinitions customresourcedefinition crd custom-resource-definition
!ingressclasses ingressclass ingress-class
!priorityclasses priorityclass priority-class
!validatingwebhookconfigurations validatingwebhookconfiguration validating-webhook
!mutatingwebhookconfigurations mutatingwebhookconfiguration mutating-webhook
!apiservices apiservice api-service
`;

interface Alias {
  pattern: RegExp;
  kind: Kind;
}

/** Longest names first, so that `config maps` is not read as something else. */
const ALIASES: readonly Alias[] = KIND_TABLE.trim()
  .split('\n')
  .flatMap((line) => {
    const [plural = '', singular = '', ...others] = line.replace(/^!/, '').split(' ');
    const kind = { plural, singular, namespaced: !line.startsWith('!') };
    const names = [plural, singular, ...others.flatMap((other) => [pluralOf(other), other])];
    return names.map((name) => ({ name, kind }));
  })
  .toSorted((a, b) => b.name.length - a.name.length)
  .map(({ name, kind }) => ({
    pattern: new RegExp(`(?<![\\w./-])${name.replaceAll('-', '[ -]?')}(?![\\w-])`, 'g'),
    kind,
  }));

function pluralOf(name: string): string {
  if (/(s|ss|x|ch)$/.test(name)) return `${name}es`;
  return /[^aeiou]y$/.test(name) ? `${name.slice(0, -1)}ies` : `${name}s`;
}

export interface FoundKinds {
  kinds: Kind[];
  /** The text without them. */
  rest: string;
  /** True when at least one was in the plural. */
  plural: boolean;
}

/** Kinds named in a lowercase text, in the order they appear. */
export function findKinds(text: string): FoundKinds {
  const found: { at: number; kind: Kind; plural: boolean }[] = [];
  let rest = text;
  for (const { pattern, kind } of ALIASES) {
    rest = rest.replaceAll(pattern, (match: string, at: number) => {
      found.push({
        at,
        kind,
        plural: match.endsWith('s') && match !== kind.singular && match.length > 2,
      });
      return ' '.repeat(match.length);
    });
  }
  found.sort((a, b) => a.at - b.at);
  const kinds = [...new Set(found.map((entry) => entry.kind))];
  return { kinds, rest, plural: found.some((entry) => entry.plural) };
}

/** A kind the demo model does not know; the cluster may. */
export function unknownKind(name: string): Kind {
  return { plural: name, singular: name.replace(/s$/, ''), namespaced: true };
}

/** Words that never name an object. */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  `a an the this that these those there here my our your me us you i we it its it's they them their all any some every each many much few
  more most and or but not no of in on at to from for with by as into over about is are was were be been being am do does did done has have
  had having can could would should will shall may might must please kindly just now right currently today again still also too very really
  so then than if what what's which who whose where where's when how how's why why's list show display print get give gets getting fetch tell find see view
  look looking check checking describe explain details detail info information summary overview full complete count number total exist exists existing
  existence available called named name names current state status statuses phase ready readiness running run runs up healthy health
  cluster kubernetes k8s kubectl namespace namespaces resource resources object objects thing things stuff want need like know
  hi hello hey thanks thank ok okay yaml json manifest definition spec specification output format wide table log logs line lines
  last latest recent recently tail first output outputs entry entries container containers previous event events happened happening happens
  going goes problem problems issue issues trouble wrong matter reason cause root error errors warning warnings failure failures failed failing fail fails
  crash crashes crashed crashing crashloop crashlooping crashloopbackoff crash-looping crash-loop imagepullbackoff errimagepull broken down pending stuck restart restarts restarting
  unhealthy notready oom oomkilled killed evicted terminating terminated unavailable working work works start starts starting started
  won't doesn't don't isn't aren't can't cannot keep keeps keeping degraded error-state diagnose troubleshoot debug investigate analyse analyze figure out
  fix ip ips age ages node nodes port ports type types version versions restart restarts scheduled schedule deployed living live lives
  app apps application applications workload workloads side everything anything something anybody everywhere one ones two three
  let let's completed succeeded finished say says doing die died dies dying dead exit exits exited exiting stopped stops stopping there's im i'm i'd i've lately minutes minute hours hour show-me pull up out back do`.split(
    /\s+/,
  ),
);

/** States that mean something is wrong. */
export const TROUBLE =
  /\b(fail(s|ed|ing|ures?)?|crash\w*|broken|down|pending|stuck|restart(s|ing)|unhealthy|not (yet )?(ready|running|starting|working|healthy|up|available|coming up|scheduled)|isn't (ready|running|starting|working|healthy|up)|aren't (ready|running|starting|working|healthy|up)|won't (start|run|work|come up)|doesn't (start|run|work)|don't (start|run|work)|notready|oom\w*|errors?|erroring|unavailable|unreachable|evicted|killed|killing|die[sd]?|dying|dead|stopp?(s|ed|ing)|exit(s|ed|ing)|terminating|terminated|degraded|imagepullbackoff|errimagepull|(has |have )?problems?|issues?|trouble|wrong)\b/;
