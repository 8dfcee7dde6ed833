import type { RequestKind } from '../src/domain/request-kinds.ts';
import type { Dumping, Engine, ItemContext } from './engine.ts';
import type { PlanItem, Step } from './plan.ts';
import { proveSteps } from './prove.ts';
import { planItemOf, undoSteps } from './steps.ts';
import { takeSteps } from './take.ts';

type Recipe = (item: ItemContext, names: PlanItem) => Step[];

/** `Engine.steps`: the recipe `refresh` is an engine's own, and the others follow from it and from what dumps its databases. */
export function recipesOf(refresh: Recipe, dumping: Dumping): Engine['steps'] {
  const recipes: Readonly<Record<RequestKind, Recipe>> = {
    refresh,
    undo: undoSteps,
    take: (item) => takeSteps(item, dumping),
    prove: (item, names) => proveSteps(item, names, refresh(item, names)),
  };
  return (item) => {
    const names = planItemOf(item);
    return { item: names, steps: recipes[item.kind](item, names) };
  };
}
