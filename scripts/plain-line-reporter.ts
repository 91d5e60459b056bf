/** Ends a run with one plain line that any CI can read. */
import type { Reporter } from 'vitest/node';

const plainLine: Reporter = {
  onTestRunEnd(modules) {
    const states = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state));
    const count = (state: string) => states.filter((item) => item === state).length;
    const broken = modules.filter((module) => module.state() === 'failed' && module.errors().length > 0).length;
    console.log(`${count('passed')} passed, ${count('failed') + broken} failed, ${count('skipped')} skipped`);
  },
};

// oxlint-disable-next-line import/no-default-export -- vitest loads reporters by default export
export default plainLine;
