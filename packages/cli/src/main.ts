/** Entry of the `kagent` executable. Commands load what they need when they run. */
import { Command, CommanderError } from 'commander';
import { registerCommands } from './commands/index.ts';
import { exitCodeOf, printError } from './terminal/errors.ts';
import { VERSION } from './version.ts';

const program = new Command('kagent')
  .description('Kubernetes-native AI agents')
  .version(VERSION, '-V, --version', 'print the version of this program')
  .showHelpAfterError('(add --help for what is possible)')
  .enablePositionalOptions()
  .exitOverride();

registerCommands(program);

// `kagent … | head` closes the pipe early; that is no failure
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

try {
  await program.parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode;
  else {
    printError(error);
    process.exitCode = exitCodeOf(error);
  }
}
