import type { ModalView } from '@slack/types';

/** Views that the tests open. */

export const plain = (text: string) => ({ type: 'plain_text' as const, text });
export const refresh = { command: '/refresh' };

export const form: ModalView = {
  type: 'modal',
  callback_id: 'ask',
  title: plain('Refresh'),
  submit: plain('Ask'),
  notify_on_close: true,
  private_metadata: 'draft 1',
  blocks: [
    {
      type: 'input',
      block_id: 'environment',
      label: plain('Environment'),
      element: {
        type: 'static_select',
        action_id: 'environment',
        options: ['uat', 'ci'].map((one) => ({ text: plain(one), value: one })),
      },
    },
    {
      type: 'input',
      block_id: 'backup',
      label: plain('Backup'),
      optional: true,
      element: { type: 'external_select', action_id: 'backup', min_query_length: 2 },
    },
    {
      type: 'input',
      block_id: 'reason',
      label: plain('Reason'),
      element: { type: 'plain_text_input', action_id: 'reason', min_length: 3, max_length: 10 },
    },
  ],
};
export const loading: ModalView = { type: 'modal', title: plain('Loading'), blocks: [] };

export const page = (title: string, callback = 'page'): ModalView => ({
  ...loading,
  title: plain(title),
  submit: plain('Next'),
  callback_id: callback,
});
