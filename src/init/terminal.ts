import {
  confirm,
  isCancel,
  log,
  select,
  text,
  updateSettings,
  type CANCEL_SYMBOL,
  type CommonOptions,
} from '@clack/prompts';
import type { Readable, Writable } from 'node:stream';
import { ended, faultOf, type Asking, type Question } from './asking.ts';

/** Asks a person at a terminal. Ctrl-C, Escape, Ctrl-D and the end of input end it: its methods reject with `Config` (`init-ended`). */
export function atTerminal(input: Readable, output: Writable): Asking {
  updateSettings({ aliases: { '\u0004': 'cancel' } });

  /** Clack itself leaves a question open for ever when its input ends. */
  async function answered<T>(
    prompt: (common: CommonOptions) => Promise<T | typeof CANCEL_SYMBOL>,
  ): Promise<T> {
    if (input.readableEnded) throw ended();
    const over = new AbortController();
    const end = () => over.abort();
    input.once('end', end);
    const answer = await prompt({ input, output, signal: over.signal });
    input.off('end', end);
    if (isCancel(answer)) throw ended();
    return answer;
  }

  async function ask(question: Question): Promise<string> {
    const { message, fallback, choices } = question;
    if (choices !== undefined) {
      const options = fallback === '' ? [{ value: '', label: 'Leave it open' }, ...choices] : [...choices];
      return answered((common) => select({ ...common, message, options, initialValue: fallback ?? '' }));
    }
    const meant = (typed = '') => typed.trim() || (fallback ?? '');
    const validate = (typed?: string) => faultOf(question, meant(typed));
    return meant(
      await answered((common) => text({ ...common, message, placeholder: fallback ?? '', validate })),
    );
  }

  function fault(flag: string, sentence: string): void {
    log.error(`${flag}: ${sentence}`, { output });
  }

  return {
    interactive: true,
    async text(question) {
      const { flag, given } = question;
      if (given === undefined) return ask(question);
      const wrong = faultOf(question, given);
      if (wrong === undefined) return given;
      fault(flag, wrong);
      return ask(question);
    },
    more: (message, fallback) =>
      answered((common) => confirm({ ...common, message, initialValue: fallback })),
    say: (sentence) => log.message(sentence, { output }),
    // Said at once; what stands wrong in the end, the site file's own checks refuse.
    fault,
    finish: () => undefined,
  };
}
