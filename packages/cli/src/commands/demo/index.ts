/** `kagent demo`: believable sick clusters, for showing and judging agents. */
import type { Command } from 'commander';
import { registerDemoCheck } from './check.ts';
import { registerDemoList } from './list.ts';
import { registerDemoStart } from './start.ts';
import { registerDemoStop } from './stop.ts';

export function registerDemo(program: Command): void {
  const demo = program.command('demo').description('sick clusters to show what agents can do');
  registerDemoList(demo);
  registerDemoStart(demo);
  registerDemoCheck(demo);
  registerDemoStop(demo);
}
