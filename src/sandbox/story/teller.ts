import { columns, wrap } from '../slack/plain-text.ts';

/** No line of a story takes more columns of the terminal. */
const most = 100;
/** Columns that are left for what is shown beside its frame. */
export const textWidth = most - columns('   │ ');

/** Tells a story to a terminal, and counts what it claims. */
export type Teller = {
  scene(title: string): void;
  /** What somebody typed or pressed. */
  deed(who: string, what: string): void;
  /** Something shown, indented: a card, an issue, rows. */
  shown(title: string, text: string): void;
  line(text: string): void;
  /** A claim: told as kept or broken, and counted. */
  claim(what: string, holds: boolean, detail?: string): void;
  result(): { passed: number; failed: number };
};

export type TellerOptions = { write: (line: string) => void; colour: boolean };

export function createTeller({ write, colour }: TellerOptions): Teller {
  const paint = (code: number, text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  /** `text` after `first`, folded where it is too long; further lines begin with `next`, which is as wide. */
  const folded = (first: string, text: string, next = ' '.repeat(columns(first)), look = first) => {
    const lines = wrap(text, most - columns(first));
    for (const [at, line] of lines.entries()) write(`${at === 0 ? look : next}${line}`);
  };
  let scenes = 0;
  let passed = 0;
  let failed = 0;
  return {
    scene(title) {
      scenes++;
      write('');
      write(paint(1, `${scenes}. ${title}`));
    },
    deed(who, what) {
      folded(`   ${who} > `, what, undefined, `   ${paint(36, who)} ${paint(2, '>')} `);
    },
    shown(title, text) {
      write(paint(2, `   ┌ ${title}`));
      const frame = `${paint(2, '   │')} `;
      folded('   │ ', text.trimEnd(), frame, frame);
      write(paint(2, '   └'));
    },
    line(text) {
      folded('   ', text);
    },
    claim(what, holds, detail) {
      if (holds) passed++;
      else failed++;
      folded('   ✓ ', what, undefined, `   ${holds ? paint(32, '✓') : paint(31, '✗')} `);
      if (!holds && detail !== undefined) folded('       ', detail);
    },
    result: () => ({ passed, failed }),
  };
}
