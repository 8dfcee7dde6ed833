import { useMemo, useRef } from 'preact/hooks';
import type { OpenView, SlackState } from '../../../slack/state.ts';
import { Blocks } from '../blocks/block.tsx';
import { namesIn } from '../names.ts';
import { createDeeds, SurfaceProvider, type Typed } from '../surface.ts';

/** The blocks of a modal or of the Home tab. `typed` keeps what stands in its inputs. */
export function ViewBlocks({ state, view, typed }: { state: SlackState; view: OpenView; typed?: Typed }) {
  const blocks = useRef(view.blocks);
  blocks.current = view.blocks;
  const deeds = useMemo(
    () => createDeeds({ view: view.id }, typed ?? new Map(), () => blocks.current),
    [view.id, typed],
  );
  const names = useMemo(() => namesIn(state), [state]);
  return (
    <SurfaceProvider value={{ state, names, values: view.values, errors: view.errors, ...deeds }}>
      <Blocks blocks={view.blocks} />
    </SurfaceProvider>
  );
}
