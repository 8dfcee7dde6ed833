import { command } from '../command.ts';
import { wishFrom, wishInput, wishOptions, wishPositionals } from '../wish.ts';

export const request = command({
  words: ['refresh'],
  summary: 'Ask for a refresh',
  usage:
    '/refresh uat orders [--backup BKP-12] [--reason "..."] [--at "22:00"] [--as-of "monday 03:00"] [--for SHOP-123] [--break-glass]',
  positionals: wishPositionals,
  options: wishOptions,
  input: wishInput,
  output: 'requested',
  access: 'request',
  async run(service, actor, input) {
    const created = await service.requestRefresh(actor, await wishFrom(service, input));
    return { kind: 'requested', view: await service.view(created.id) };
  },
});
