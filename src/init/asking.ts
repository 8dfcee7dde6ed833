import { shown } from '../../config/faults.ts';
import { configError, inputError, oneOf } from '../domain/errors.ts';

/** Something init must know: an answer may be given on the command line, asked for, or follow from its default. */
export type Question = {
  /** How it is said on the command line: `--channel`, `--person "ada; slack=..."`. */
  flag: string;
  /** What a person is asked. */
  message: string;
  /** What was given on the command line. */
  given?: string | undefined;
  /** Taken when nothing is given or typed; empty: it may be left out. */
  fallback?: string;
  /** Only these are answers; the first is offered. */
  choices?: readonly { value: string; label: string }[];
  /** What is wrong with an answer: "expected ...". Asked of anything but the empty answer where that is allowed. */
  check?: (answer: string) => string | undefined;
};

/** Where answers come from. `text` answers the checked answer; without anybody to ask, what is missing is gathered. */
export type Asking = {
  /** Whether somebody can be asked. */
  readonly interactive: boolean;
  text(question: Question): Promise<string>;
  /** Whether there is another one of a list; only asked interactively. */
  more(message: string, fallback: boolean): Promise<boolean>;
  /** Tells a person what they should know before the next question. */
  say(sentence: string): void;
  /** Notes a fault that stands between several answers. */
  fault(flag: string, sentence: string): void;
  /** Throws `Input` with everything that is missing or wrong; nothing where all is well. */
  finish(): void;
};

/** Answers from the command line alone: nobody is asked, and all that is missing or wrong is told at once. */
export function fromFlags(): Asking {
  const missing: { flag: string; message: string }[] = [];
  const faults: string[] = [];
  return {
    interactive: false,
    text(question) {
      const { flag, given, fallback } = question;
      if (given === undefined) {
        if (fallback === undefined) missing.push({ flag, message: question.message });
        return Promise.resolve(fallback ?? '');
      }
      const fault = faultOf(question, given);
      if (fault !== undefined) faults.push(`${flag}: ${fault}`);
      return Promise.resolve(given);
    },
    more: (_message, fallback) => Promise.resolve(fallback),
    say: () => undefined,
    fault: (flag, sentence) => void faults.push(`${flag}: ${sentence}`),
    finish() {
      if (missing.length === 0 && faults.length === 0) return;
      const lines = [...missing.map(({ flag, message }) => `${flag} is missing: ${message}`), ...faults];
      throw inputError(
        'init-incomplete',
        `No site file was written; ${lines.length === 1 ? 'this is' : `these ${lines.length} are`} to be said or mended:\n${lines.map((line) => `  ${line}`).join('\n')}\n`,
        'npx freshet init --help shows the form of each; without --yes, in a terminal, init asks for what is missing.',
      );
    },
  };
}

/** The sentence about an answer that can't be taken; undefined for one that can. */
export function faultOf(question: Question, answer: string): string | undefined {
  if (answer === '' && question.fallback === '') return undefined;
  if (question.choices !== undefined) {
    const values = question.choices.map(({ value }) => value);
    return values.includes(answer)
      ? undefined
      : `${capital(shown(answer))} is not allowed; expected ${oneOf(values)}.`;
  }
  const wrong = question.check?.(answer);
  if (wrong === undefined) return answer === '' ? 'an answer is needed.' : undefined;
  return wrong.startsWith('!')
    ? wrong.slice(1)
    : `${capital(shown(answer))} is not allowed; expected ${wrong}.`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What Ctrl-C and the end of input become: nothing was written. */
export function ended(): Error {
  return configError('init-ended', 'Init was ended before the last answer; nothing was written.', '');
}
