import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { ended, faultOf, type Asking, type Question } from './asking.ts';

/** Asks a person at a terminal; Ctrl-C and Ctrl-D end it with nothing written. The caller closes it. */
export function atTerminal(input: Readable, output: Writable): Asking & { close(): void } {
  const lines = createInterface({ input, output, terminal: true });
  /** Typed ahead, or pasted with several lines at once. */
  const typed: string[] = [];
  let waiting: { take(answer: string): void; end(error: Error): void } | undefined;
  let closed = false;
  lines.on('line', (answer) => {
    const one = waiting;
    waiting = undefined;
    if (one === undefined) typed.push(answer);
    else one.take(answer.trim());
  });
  lines.on('SIGINT', () => {
    output.write('\n');
    lines.close();
  });
  lines.on('close', () => {
    closed = true;
    waiting?.end(ended());
  });

  function line(prompt: string): Promise<string> {
    lines.setPrompt(prompt);
    lines.prompt();
    const early = typed.shift();
    if (early !== undefined) return Promise.resolve(early.trim());
    if (closed) return Promise.reject(ended());
    return new Promise((take, end) => {
      waiting = { take, end };
    });
  }

  async function ask(question: Question): Promise<string> {
    const { message, fallback, choices } = question;
    if (choices !== undefined) {
      const offered = Math.max(
        0,
        choices.findIndex(({ value }) => value === fallback),
      );
      say(message);
      for (const [at, { label }] of choices.entries()) say(`  ${at + 1}) ${label}`);
      const open = fallback === '';
      const answer = await line(
        `  1-${choices.length} ${open ? '(empty: left open)' : `[${offered + 1}]`}: `,
      );
      if (answer === '') return open ? '' : (choices[offered]?.value ?? '');
      return choices[Number(answer) - 1]?.value ?? answer;
    }
    const shown = fallback === undefined || fallback === '' ? '' : ` [${fallback}]`;
    const answer = await line(`${message}${shown}: `);
    return answer === '' ? (fallback ?? '') : answer;
  }

  function say(sentence: string): void {
    output.write(`${sentence}\n`);
  }

  return {
    interactive: true,
    async text(question) {
      let answer = question.given ?? (await ask(question));
      for (;;) {
        const fault = await faultOf(question, answer);
        if (fault === undefined) return answer;
        say(question.given === answer ? `${question.flag}: ${fault}` : fault);
        answer = await ask(question);
      }
    },
    async more(message, fallback) {
      for (;;) {
        const answer = (await line(`${message} (${fallback ? 'Y/n' : 'y/N'}) `)).toLowerCase();
        if (answer === '') return fallback;
        if (['y', 'yes'].includes(answer)) return true;
        if (['n', 'no'].includes(answer)) return false;
      }
    },
    say,
    // Said at once; what stands wrong in the end, the site file's own checks refuse.
    fault: (flag, sentence) => say(`${flag}: ${sentence}`),
    finish: () => undefined,
    close: () => lines.close(),
  };
}
