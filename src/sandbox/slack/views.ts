import { randomBytes } from 'node:crypto';
import { interactives, type ViewContent } from './blocks/surfaces.ts';
import type { Changed } from './change.ts';
import { initialValues, type StateValues } from './state-values.ts';
import type { Workspace } from './workspace.ts';

/** A view that a user has open, or the Home tab they were shown. */
export interface View {
  id: string;
  user: string;
  content: ViewContent;
  /** What is filled in, by block_id and action_id. */
  values: StateValues;
  /** Changes with each update; `views.update` with another one is refused. */
  hash: string;
  rootId: string;
  previousId?: string;
  /** What Slack shows under inputs after `response_action: errors`. */
  errors: Record<string, string>;
}

const mostStacked = 3;

function newId(): string {
  return `V${randomBytes(5).toString('hex').toUpperCase()}`;
}

export type Views = ReturnType<typeof createViews>;

/** Modals, as stacks of at most three for each user, and Home tabs. */
export function createViews(workspace: Workspace, changed: Changed) {
  const stacks = new Map<string, View[]>();
  const homes = new Map<string, View>();

  const newHash = (): string => `${Math.floor(workspace.now() / 1000)}.${randomBytes(4).toString('hex')}`;
  const stackOf = (user: string): View[] => stacks.get(user) ?? [];

  function make(user: string, content: ViewContent, below?: View): View {
    const id = newId();
    return {
      id,
      user,
      content,
      values: initialValues(content.blocks),
      hash: newHash(),
      rootId: below?.rootId ?? id,
      ...(below && { previousId: below.id }),
      errors: {},
    };
  }

  function set(user: string, stack: View[]): void {
    stacks.set(user, stack);
    changed({ kind: 'view', user });
  }

  /** Opens it alone: whatever modal the user had open is gone. */
  function open(user: string, content: ViewContent): View {
    const view = make(user, content);
    set(user, [view]);
    return view;
  }

  /** Puts it on top; undefined where three are open already. */
  function push(user: string, content: ViewContent): View | undefined {
    const stack = stackOf(user);
    if (stack.length >= mostStacked) return undefined;
    const view = make(user, content, stack.at(-1));
    set(user, [...stack, view]);
    return view;
  }

  /** New content; what the user has filled in stays wherever block_id and action_id are still there. */
  function update(view: View, content: ViewContent): void {
    const fresh = initialValues(content.blocks);
    for (const block of content.blocks)
      for (const { element } of interactives(block)) {
        const kept = view.values[block.block_id ?? '']?.[element.action_id ?? ''];
        const slot = fresh[block.block_id ?? ''];
        if (kept && slot && kept.type === element.type) slot[element.action_id ?? ''] = kept;
      }
    Object.assign(view, { content, values: fresh, hash: newHash(), errors: {} });
    touched(view);
  }

  function publish(user: string, content: ViewContent): View {
    const shown = homes.get(user);
    if (shown) {
      update(shown, content);
      return shown;
    }
    const view = make(user, content);
    homes.set(user, view);
    changed({ kind: 'home', user });
    return view;
  }

  function close(view: View): void {
    set(
      view.user,
      stackOf(view.user).filter((one) => one !== view),
    );
  }

  /** What stands under the inputs now. */
  function complain(view: View, errors: Record<string, string>): void {
    view.errors = errors;
    touched(view);
  }

  /** To be told after the user has filled something in. */
  function touched(view: View): void {
    changed({ kind: view.content.type === 'home' ? 'home' : 'view', user: view.user });
  }

  function find(by: { view_id?: string; external_id?: string }): View | undefined {
    return [...stacks.values(), [...homes.values()]]
      .flat()
      .find((one) =>
        by.view_id === undefined
          ? one.content.external_id === by.external_id && by.external_id !== undefined
          : one.id === by.view_id,
      );
  }

  /** The view as Slack describes it to the app. */
  function describe(view: View): Record<string, unknown> {
    const { content } = view;
    return {
      id: view.id,
      team_id: workspace.team.id,
      type: content.type,
      blocks: content.blocks,
      private_metadata: content.private_metadata ?? '',
      callback_id: content.callback_id ?? '',
      state: { values: view.values },
      hash: view.hash,
      title: content.type === 'modal' ? content.title : { type: 'plain_text', text: 'View Title' },
      clear_on_close: content.type === 'modal' && (content.clear_on_close ?? false),
      notify_on_close: content.type === 'modal' && (content.notify_on_close ?? false),
      close: content.type === 'modal' ? (content.close ?? null) : null,
      submit: content.type === 'modal' ? (content.submit ?? null) : null,
      previous_view_id: view.previousId ?? null,
      root_view_id: view.rootId,
      app_id: workspace.app.id,
      external_id: content.external_id ?? '',
      app_installed_team_id: workspace.team.id,
      bot_id: workspace.app.botId,
    };
  }

  return {
    open,
    push,
    update,
    publish,
    close,
    closeAll: (user: string) => set(user, []),
    find,
    complain,
    touched,
    describe,
    /** The modal on top of a user's screen. */
    top: (user: string): View | undefined => stackOf(user).at(-1),
    stack: (user: string): readonly View[] => stackOf(user),
    home: (user: string): View | undefined => homes.get(user),
    reset: () => {
      stacks.clear();
      homes.clear();
    },
  };
}
