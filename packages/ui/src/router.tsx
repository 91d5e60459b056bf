/** The pages and their addresses. */
import { createRootRoute, createRoute, createRouter } from '@tanstack/react-router';
import { Shell } from './components/shell.tsx';
import { AgentsPage } from './features/agents/agents-page.tsx';
import { ChatPage } from './features/chat/chat-page.tsx';

const root = createRootRoute({ component: Shell });

const agents = createRoute({ getParentRoute: () => root, path: '/', component: AgentsPage });

const newChat = createRoute({
  getParentRoute: () => root,
  path: '/agents/$namespace/$name',
  component: function NewChat() {
    const { namespace, name } = newChat.useParams();
    return <ChatPage key={`${namespace}/${name}`} namespace={namespace} name={name} />;
  },
});

const chat = createRoute({
  getParentRoute: () => root,
  path: '/agents/$namespace/$name/chats/$sessionId',
  component: function Chat() {
    const { namespace, name, sessionId } = chat.useParams();
    return <ChatPage key={sessionId} namespace={namespace} name={name} sessionId={sessionId} />;
  },
});

export function createAppRouter() {
  return createRouter({
    routeTree: root.addChildren([agents, newChat, chat]),
    defaultPreload: false,
  });
}
