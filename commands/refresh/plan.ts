import { command } from '../command.ts';
import { wishFrom, wishInput, wishOptions, wishPositionals } from '../wish.ts';

export const plan = command({
  words: ['refresh', 'plan'],
  summary: 'See what a refresh would do; touches nothing',
  usage:
    '/refresh plan uat orders [--backup BKP-12] [--at "22:00"] [--as-of "monday 03:00"] [--for SHOP-123]',
  positionals: wishPositionals,
  options: wishOptions,
  input: wishInput,
  output: 'preview',
  access: 'request',
  async run(service, actor, input) {
    const preview = await service.previewRefresh(actor, await wishFrom(service, input));
    return { kind: 'preview', preview, reason: input.reason };
  },
});
