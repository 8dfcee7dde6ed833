import { z } from 'zod';
import { inputError } from '../../src/domain/errors.ts';
import { parseRequestId } from '../../src/domain/ids.ts';
import { command } from '../command.ts';
import { databaseField, glassField, reasonField } from '../fields.ts';
import { glassOption } from '../wish.ts';

export const undo = command({
  words: ['refresh', 'undo'],
  summary: 'Swap back to what was there before; a request of its own',
  usage: '/refresh undo REQ-12 | uat orders [--reason "..."] [--break-glass]',
  positionals: [{ name: 'of' }, { name: 'database' }],
  options: [{ name: 'reason', value: '"..."', summary: 'why, for those who approve' }, glassOption],
  input: z.strictObject({
    of: z.string('name a request such as REQ-12, or an environment and a database').trim(),
    database: databaseField.optional(),
    reason: reasonField,
    'break-glass': glassField,
  }),
  output: 'requested',
  access: 'undo',
  async run(service, actor, input) {
    const created = await service.requestUndo(
      actor,
      { ...what(input), ...(input['break-glass'] === true ? { breakGlass: true } : {}) },
      input.reason,
    );
    return { kind: 'requested', view: await service.view(created.id) };
  },
});

function what(input: { of: string; database?: string | undefined }) {
  if (input.database !== undefined) {
    return { environment: input.of.toLowerCase(), database: input.database };
  }
  const request = parseRequestId(input.of);
  if (request !== undefined) return { request };
  throw inputError(
    'undo-unclear',
    `"${input.of.slice(0, 40)}" says not what to undo; expected a request such as REQ-12, or an environment and a database.`,
    'Usage: /refresh undo REQ-12, or /refresh undo uat orders',
    { field: 'of' },
  );
}
