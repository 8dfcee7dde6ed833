import { z } from 'zod';
import { standingText } from '../src/domain/policy/words.ts';
import { command, type Command } from './command.ts';
import { reasonField, requestField } from './fields.ts';

/** `/refresh approve` and `/refresh reject`: the same words, the other answer. */
export function decision(
  verb: 'approve' | 'reject',
  decided: 'approved' | 'rejected',
  summary: string,
): Command {
  return command({
    words: ['refresh', verb],
    summary,
    usage: `/refresh ${verb} REQ-12 [--reason "..."]`,
    positionals: [{ name: 'request' }],
    options: [{ name: 'reason', value: '"..."', summary: 'why, kept with the decision' }],
    input: z.strictObject({
      request: requestField,
      reason: reasonField,
      /** What the decider saw; a button carries it, a typed line means the newest. */
      digest: z.string().optional(),
    }),
    output: 'changed',
    access: 'decide',
    async run(service, actor, input) {
      const request = await service.decide(actor, {
        request: input.request,
        decision: decided,
        ...(input.reason === '' ? {} : { reason: input.reason }),
        ...(input.digest === undefined ? {} : { digest: input.digest }),
      });
      if (decided === 'rejected' || request.state !== 'pending')
        return { kind: 'changed', did: decided, request };
      const { approval } = await service.view(request.id);
      return { kind: 'changed', did: decided, request, needs: standingText(approval) };
    },
  });
}
