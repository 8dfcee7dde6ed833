import { setMaxListeners } from 'node:events';
import { Router, type Response } from 'express';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import type { Site } from '../domain/site.ts';
import type { Figures } from '../service/health/figures.ts';
import type { Happening } from '../service/happenings.ts';
import { followFigures } from './figures.ts';
import { gaugesOf, type Known } from './gauges.ts';
import { createInstruments } from './instruments.ts';
import { watchParts, type Part, type Standing } from './parts.ts';
import { readinessOf, readinessText } from './readiness.ts';

export type { Part } from './parts.ts';

/** What is looked at, and what else is told. */
export type Looks = {
  parts: readonly Part[];
  /** Seconds of the last canary's round, in a process that sends them. */
  canarySeconds(): number | undefined;
  /** Absent where nobody reads them: the store is asked for nothing then. */
  figures?: () => Promise<Figures>;
  /** How often they are read; every ten seconds where it is not said. */
  figuresSeconds?: number;
};

/** How this process is, for balancers, monitoring and people: nothing that is read here asks anything of anybody. */
export type Health = {
  /** `GET /healthz` and a `GET /readyz` without names of hosts: fit for the port that the internet may reach. */
  open: Router;
  /** The same with names, and `GET /metrics`: for a port of one's own network. */
  own: Router;
  /** Of what this process did itself. */
  measure(happening: Happening): void;
  waited(seconds: number): void;
  /** Begins to look. Until then it is not ready. */
  start(looks: Looks): void;
  /** From now on it is not ready, and says so; ends the looking. */
  end(): void;
  /** Resolves when nothing looks any more. */
  ended(): Promise<void>;
};

export function create(site: Site, log: Logger): Health {
  const registry = new Registry();
  const instruments = createInstruments([registry], site);
  const stopping = new AbortController();
  // Each part listens to it, and there are as many as hosts.
  setMaxListeners(0, stopping.signal);
  const loops: Promise<void>[] = [];
  let standings = (): Standing[] => [];
  let seen = (): Known['seen'] => undefined;
  let canarySeconds = (): number | undefined => undefined;

  const ending = () => stopping.signal.aborted;
  const readiness = (named: boolean) =>
    readinessOf(standings(), { ending: ending() || loops.length === 0, named });

  async function metricsText(): Promise<string> {
    const [figures, seconds] = [seen(), canarySeconds()];
    const gauges = gaugesOf({
      ready: readiness(true).ready,
      standings: standings(),
      ...(figures === undefined ? {} : { seen: figures }),
      ...(seconds === undefined ? {} : { canarySeconds: seconds }),
    });
    // prom-client 15 writes "Nan" for what it has not measured yet; the format says "NaN".
    return `${await registry.metrics()}\n${await gauges.metrics()}`.replaceAll(/ Nan$/gm, ' NaN');
  }

  function routes(named: boolean): Router {
    const router = Router();
    router.get('/healthz', (_request, response) => {
      // A balancer takes this one out while it hands on what it has.
      answer(response, ending() ? 503 : 200, 'text/plain', ending() ? 'stopping\n' : 'ok\n');
    });
    router.get('/readyz', (_request, response) => {
      const found = readiness(named);
      answer(response, found.ready ? 200 : 503, 'application/json', readinessText(found));
    });
    return router;
  }

  const own = routes(true);
  own.get('/metrics', async (_request, response) => {
    answer(response, 200, registry.contentType, await metricsText());
  });

  return {
    open: routes(false),
    own,
    measure: (happening) => instruments.measure(happening),
    waited: instruments.waited,
    start(looks) {
      const watched = watchParts(looks.parts, log);
      standings = () => watched.standings();
      canarySeconds = () => looks.canarySeconds();
      loops.push(watched.watch(stopping.signal));
      if (looks.figures === undefined) return;
      const { figuresSeconds: everySeconds } = looks;
      const numbers = followFigures(looks.figures, log, everySeconds === undefined ? {} : { everySeconds });
      seen = numbers.latest;
      loops.push(numbers.follow(stopping.signal));
    },
    end: () => stopping.abort(),
    async ended() {
      await Promise.allSettled(loops);
    },
  };
}

function answer(response: Response, status: number, type: string, text: string): void {
  response.set('cache-control', 'no-store').status(status).type(type).send(text);
}
