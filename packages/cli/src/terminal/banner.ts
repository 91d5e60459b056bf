/** What a person sees when the platform is ready: where things are, and what to try. */
import type { Platform } from '../processes/embedded.ts';

export function banner(
  platform: Platform,
  { milliseconds, color, program }: { milliseconds: number; color: boolean; program: string },
): string {
  const bold = (text: string) => (color ? `\u001B[1m${text}\u001B[22m` : text);
  const dim = (text: string) => (color ? `\u001B[2m${text}\u001B[22m` : text);
  const { urls, kubeconfig, home, model, flags } = platform;
  return [
    '',
    `${bold('kagent is ready')} ${dim(`(${(milliseconds / 1000).toFixed(1)} s)`)}`,
    '',
    `  UI           ${urls.ui}`,
    `  API, A2A     ${urls.api}`,
    `  Kubernetes   ${urls.kubernetes}`,
    `  kubeconfig   ${kubeconfig}`,
    `  Model        ${model}`,
    `  State, log   ${home}`,
    '',
    `${bold('Try')}`,
    `  ${program} agent invoke ${flags}k8s-agent "List all namespaces"`,
    `  kubectl --kubeconfig ${kubeconfig} get agents -n kagent`,
    `  open ${urls.ui} and ask "What is wrong in my cluster?"`,
    '',
    dim('Ctrl-C stops it; what you made is kept.'),
  ].join('\n');
}
