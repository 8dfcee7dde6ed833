/** Where the queue says what operators should know. A pino logger is one. */
export type QueueLog = {
  info(about: object, text: string): void;
  warn(about: object, text: string): void;
};

export const silent: QueueLog = { info: () => undefined, warn: () => undefined };
