import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Block, Interactive } from '../../../slack/blocks/blocks.ts';
import type { Option, OptionGroup } from '../../../slack/blocks/text.ts';
import type { Choice, StateValue, StateValues } from '../../../slack/blocks/values.ts';
import type { Place, SlackState } from '../../slack/state.ts';
import { doIt } from '../do.ts';
import { confirmed } from './dialogs/asking.ts';
import type { Names } from './markup/draw.ts';

/** What stands in a view's inputs and has not been sent yet, by block and action. */
export type Typed = Map<string, { blockId: string; actionId: string; value: Choice }>;

export type Offers = { options: Option[]; groups?: OptionGroup[]; failed: boolean };

/** A message or a view, as its blocks and elements know it. */
export type Surface = {
  state: SlackState;
  names: Names;
  values: StateValues;
  errors: Readonly<Record<string, string>>;
  /** Tells the app, by way of the confirm dialog where there is one; `onSend` comes behind it. False where the person
   *  changed their mind or it was refused. */
  act(block: Block, element: Interactive, value?: Choice, onSend?: () => void): Promise<boolean>;
  /** Fills an input in, of which the app hears at submission. */
  fill(block: Block, element: Interactive, value: Choice): Promise<void>;
  /** Keeps what is being typed for whatever is sent next. */
  type(block: Block, element: Interactive, value: Choice): void;
  options(block: Block, element: Interactive, query: string): Promise<Offers | undefined>;
};

const context = createContext<Surface | undefined>(undefined);
export const SurfaceProvider = context.Provider;

export function useSurface(): Surface {
  const surface = useContext(context);
  if (!surface) throw new Error('blocks are drawn on a surface');
  return surface;
}

function ids(block: Block, element: Interactive) {
  return { blockId: block.block_id ?? '', actionId: element.action_id ?? '' };
}

export function valueOf(surface: Surface, block: Block, element: Interactive): StateValue | undefined {
  return surface.values[block.block_id ?? '']?.[element.action_id ?? ''];
}

/** Whether the app hears of a choice at once, or only at submission. */
export function tellsAtOnce(block: Block): boolean {
  return block.type !== 'input' || block.dispatch_action === true;
}

/** What of it still belongs to an input that is there. */
export function sendable(
  typed: Typed,
  blocks: readonly Block[],
): { blockId: string; actionId: string; value: Choice }[] {
  return [...typed.values()].filter(({ blockId, actionId }) =>
    blocks.some(
      (block) => block.type === 'input' && block.block_id === blockId && block.element.action_id === actionId,
    ),
  );
}

const lasts = new Map<string, Promise<unknown>>();

/** Does it when what was begun before of the same message or view is done, so that a submission holds what was just chosen. */
export function inTurn<T>(place: Place, work: () => Promise<T>): Promise<T> {
  const key = JSON.stringify(place);
  const next = (lasts.get(key) ?? Promise.resolve()).then(work, work);
  const last = next.then(nothing, nothing);
  lasts.set(key, last);
  void last.then(() => lasts.get(key) === last && lasts.delete(key));
  return next;
}

function nothing(): void {}

/** What a message's or view's blocks do. */
export function createDeeds(place: Place, typed: Typed, blocks: () => readonly Block[]) {
  return {
    async act(block: Block, element: Interactive, value?: Choice, onSend?: () => void): Promise<boolean> {
      const dialog = 'confirm' in element ? element.confirm : undefined;
      if (dialog && !(await confirmed(dialog))) return false;
      onSend?.();
      const { ok } = await inTurn(place, () =>
        doIt('slack', 'act', {
          place,
          ...ids(block, element),
          ...(value !== undefined && { value }),
          ...(dialog && { confirm: true }),
          ...('view' in place && { typed: sendable(typed, blocks()) }),
        }),
      );
      return ok;
    },
    async fill(block: Block, element: Interactive, value: Choice): Promise<void> {
      if (!('view' in place)) return;
      const { view } = place;
      // Refused only where the view was closed meanwhile, with the field that was just left.
      await inTurn(place, () =>
        doIt('slack', 'fill', { view, typed: [{ ...ids(block, element), value }] }, { quiet: true }),
      );
    },
    type(block: Block, element: Interactive, value: Choice): void {
      const { blockId, actionId } = ids(block, element);
      typed.set(`${blockId} ${actionId}`, { blockId, actionId, value });
    },
    async options(block: Block, element: Interactive, query: string): Promise<Offers | undefined> {
      const outcome = await doIt<Offers>(
        'slack',
        'options',
        { place, ...ids(block, element), query },
        { quiet: true },
      );
      return outcome.ok ? outcome.answer : undefined;
    },
  };
}
