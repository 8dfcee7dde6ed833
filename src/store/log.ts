/** Where the store says what operators should know. A pino logger is one. */
export type StoreLog = {
  info(about: object, text: string): void;
  warn(about: object, text: string): void;
};

export const silent: StoreLog = { info: () => undefined, warn: () => undefined };
