import type { Rule } from './policy.ts';

type Index = { elsewhere: readonly Rule[]; places: ReadonlyMap<string, readonly Rule[]> };

/** By the list itself: it never changes, and the sites that people are resolved into all hold the same one. */
const indices = new WeakMap<readonly Rule[], Index>();

/** Of a list, the rules about the environment of this name, in their order. The list is gone through once, however often it is asked. */
export function rulesAbout(rules: readonly Rule[], environment: string): readonly Rule[] {
  let index = indices.get(rules);
  if (index === undefined) indices.set(rules, (index = indexed(rules)));
  return index.places.get(environment) ?? index.elsewhere;
}

/** Environments that the same rules name share a list: a rule for thousands of them costs little more than one for all. */
function indexed(rules: readonly Rule[]): Index {
  const elsewhere: Rule[] = [];
  const lists = new Set([elsewhere]);
  const places = new Map<string, Rule[]>();
  for (const rule of rules) {
    if (rule.environments === 'all') {
      for (const list of lists) list.push(rule);
      continue;
    }
    const longer = new Map<Rule[], Rule[]>();
    // Named twice it is still one rule.
    for (const name of new Set(rule.environments)) {
      const before = places.get(name) ?? elsewhere;
      const after = longer.get(before) ?? [...before, rule];
      longer.set(before, after);
      places.set(name, after);
    }
    for (const list of longer.values()) lists.add(list);
  }
  return { elsewhere, places };
}
