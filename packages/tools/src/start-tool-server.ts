/** The tool server with a socket. */
import { createToolServer, type ToolServerOptions } from './create-tool-server.ts';
import { listen, type Listening } from './listen.ts';

export interface StartToolServerOptions extends ToolServerOptions {
  host: string;
  /** 0 picks a free one. */
  port: number;
}

export interface RunningToolServer {
  /** `http://host:port`, without a path; clients use `/mcp`. */
  url: string;
  port: number;
  /** Stops taking requests; running ones are cut after 5 s. Idempotent. */
  stop(): Promise<void>;
}

/** Rejects when the address can't be used. */
export async function startToolServer(options: StartToolServerOptions): Promise<RunningToolServer> {
  const server = createToolServer(options);
  const listening: Listening = await listen(server.handler, options);
  options.logger.info(
    {
      url: listening.url,
      tools: server.registry.tools.length,
      readOnly: options.readOnly === true,
    },
    'tool server is listening',
  );
  return {
    url: listening.url,
    port: listening.port,
    async stop() {
      await listening.stop();
      await server.close();
    },
  };
}
