import { z } from 'zod';
import { environmentNamed } from '../../src/domain/lookup.ts';
import { parseRequestId } from '../../src/domain/ids.ts';
import { command } from '../command.ts';
import { pageField } from '../fields.ts';

const pageSize = 10;

export const status = command({
  words: ['refresh', 'status'],
  summary: 'See one request, or the newest ones (of an environment)',
  usage: '/refresh status [REQ-12 | uat] [--page 2]',
  positionals: [{ name: 'of' }],
  options: [{ name: 'page', value: '2', summary: 'further back' }],
  input: z.strictObject({ of: z.string().trim().optional(), page: pageField }),
  output: 'request',
  access: 'see',
  async run(service, _actor, input) {
    const id = input.of === undefined ? undefined : parseRequestId(input.of);
    if (id !== undefined) return { kind: 'request', view: await service.view(id) };
    const environment =
      input.of === undefined ? undefined : environmentNamed(service.site, input.of.toLowerCase()).name;
    const { requests, total } = await service.listRequests(environment === undefined ? {} : { environment }, {
      limit: pageSize,
      offset: (input.page - 1) * pageSize,
    });
    const again = environment === undefined ? '/refresh status' : `/refresh status ${environment}`;
    return { kind: 'requests', requests, total, page: input.page, pageSize, again };
  },
});
