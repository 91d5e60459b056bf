/** The pages and their addresses. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  type ErrorComponentProps,
  Link,
  type RouterHistory,
  useParams,
} from '@tanstack/react-router';
import { Notice } from './components/notice.tsx';
import { Shell } from './components/shell.tsx';
import { AgentsPage } from './features/agents/agents-page.tsx';
import { ChatPage } from './features/chat/chat-page.tsx';

const root = createRootRoute({
  component: Shell,
  notFoundComponent: NotFound,
});

const agents = createRoute({ getParentRoute: () => root, path: '/', component: AgentsPage });

/** Stays while its chats change, so that the first message of a new chat can change the address without a restart. */
const agent = createRoute({
  getParentRoute: () => root,
  path: '/agents/$namespace/$name',
  component: function AgentChats() {
    const { namespace, name } = agent.useParams();
    const { sessionId } = useParams({ strict: false });
    return (
      <ChatPage key={`${namespace}/${name}`} agent={{ namespace, name }} sessionId={sessionId} />
    );
  },
});

const newChat = createRoute({ getParentRoute: () => agent, path: '/' });

const chat = createRoute({ getParentRoute: () => agent, path: 'chats/$sessionId' });

export function createAppRouter(history?: RouterHistory) {
  return createRouter({
    routeTree: root.addChildren([agents, agent.addChildren([newChat, chat])]),
    defaultErrorComponent: Broken,
    ...(history ? { history } : {}),
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}

function NotFound() {
  return (
    <Notice>
      <title>kagent</title>
      There is no such page.{' '}
      <Link to="/" className="underline">
        All agents
      </Link>
    </Notice>
  );
}

function Broken({ error }: ErrorComponentProps) {
  return (
    <Notice tone="bad">
      This page failed: {error instanceof Error ? error.message : String(error)}{' '}
      <a href="/" className="underline">
        Start again
      </a>
    </Notice>
  );
}
