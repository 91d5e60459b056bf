/** A conversation for as long as a component is there. */
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { useServices } from '../../services.tsx';
import type { AgentName } from '../agents/api.ts';
import { createChatApi, sessionsQuery } from './api.ts';
import { type Conversation, type ConversationState, createConversation } from './conversation.ts';

export interface UseConversationOptions {
  agent: AgentName;
  sessionId: string;
  exists: boolean;
  onCreated: () => void;
}

/** The options are those of the first render: another conversation needs another component (`key`). */
export function useConversation(
  options: UseConversationOptions,
): ConversationState & Pick<Conversation, 'send' | 'retry' | 'stop'> {
  const services = useServices();
  const queries = useQueryClient();
  const [conversation] = useState(() => {
    const { agent, sessionId, exists, onCreated } = options;
    const { http } = services;
    const refreshList = () =>
      void queries.invalidateQueries({ queryKey: sessionsQuery(http, agent).queryKey });
    return createConversation({
      api: createChatApi(http, agent, sessionId),
      sessionId,
      exists,
      services,
      onCreated() {
        onCreated();
        refreshList();
      },
      onRest: refreshList,
    });
  });
  useEffect(() => conversation.open(), [conversation]);
  const state = useSyncExternalStore(conversation.subscribe, conversation.getState);
  return {
    ...state,
    send: conversation.send,
    retry: conversation.retry,
    stop: conversation.stop,
  };
}
