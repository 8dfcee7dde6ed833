import { z } from 'zod';
import type { Actor } from '../src/domain/person.ts';
import type { Service } from '../src/service/service.ts';
import { command, type Command } from './command.ts';
import { scheduleField } from './fields.ts';

/** `/refresh schedule pause nightly-ci` and its like: the name of a schedule, and one thing that is done to it. */
export function tending(
  verb: 'pause' | 'resume' | 'skip',
  did: 'paused' | 'resumed' | 'skipped',
  summary: string,
  work: (service: Service, actor: Actor, name: string) => Promise<void>,
): Command {
  return command({
    words: ['refresh', 'schedule', verb],
    summary,
    usage: `/refresh schedule ${verb} nightly-ci`,
    positionals: [{ name: 'name' }],
    options: [],
    input: z.strictObject({ name: scheduleField }),
    output: 'schedule',
    access: 'schedule',
    async run(service, actor, { name }) {
      await work(service, actor, name);
      return { kind: 'schedule', did, view: await service.showSchedule(name) };
    },
  });
}
