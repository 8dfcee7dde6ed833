import type { EngineBench } from './engine-bench.ts';
import { mysqlBench } from './mysql/bench.ts';
import { postgresBench } from './postgres/bench.ts';

/** A bench for each engine: the contract runs on every one of them. */
export const benches: readonly EngineBench[] = [mysqlBench, postgresBench];
