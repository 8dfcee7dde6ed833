import { signal } from '@preact/signals';
import type { ConfirmDialog } from '../../../../slack/blocks/text.ts';

export type Question = { dialog: ConfirmDialog; answer: (yes: boolean) => void };

/** The confirm dialog that is open. */
export const question = signal<Question | undefined>();

/** Asks, and resolves with the answer. A second question answers the first with no. */
export function confirmed(dialog: ConfirmDialog): Promise<boolean> {
  question.peek()?.answer(false);
  return new Promise((resolve) => {
    question.value = {
      dialog,
      answer: (yes) => {
        question.value = undefined;
        resolve(yes);
      },
    };
  });
}
