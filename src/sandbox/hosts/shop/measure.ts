/** How many days the shop has been open when it has its full size. */
export const OPEN_DAYS = 731;

/** Rows of a table at full size and scale 1, for tables that grow with time. */
const GROWING = {
  customer: 14_500,
  orders: 18_500,
  review: 4_000,
  support_ticket: 2_500,
  email_message: 7_500,
};
const FIXED = { supplier: 120, product: 2_000, coupon: 200 };

export type GrowingTable = keyof typeof GROWING;

/** What a shop is made of. The same options give the same rows, always. */
export type ShopOptions = {
  /** Chooses other people, products and orders. Default 1. */
  seed?: number;
  /** 1 is 200,000 rows in total at `fullAt`; 25 is about 1 GB. Default 1. */
  scale?: number;
  /** The moment at which the shop, open for two years by then, has its full size. */
  fullAt: Date;
};

/** Row number n of a growing table exists from a fixed moment on: a shop is the same however it got there. */
export class Measure {
  readonly seed: number;
  readonly scale: number;
  readonly fullAt: Date;

  constructor(options: ShopOptions) {
    this.seed = options.seed ?? 1;
    this.scale = options.scale ?? 1;
    this.fullAt = options.fullAt;
  }

  /** Rows at full size. */
  total(table: GrowingTable): number {
    return Math.max(20, Math.round(GROWING[table] * this.scale));
  }

  /** Rows of a table that doesn't grow. */
  fixed(table: keyof typeof FIXED): number {
    return Math.max(20, Math.round(FIXED[table] * this.scale));
  }

  /** How many rows exist at a moment. */
  countAt(table: GrowingTable, moment: Date): number {
    const openedFor = moment.getTime() - this.openedAt().getTime();
    const share = openedFor / (OPEN_DAYS * 86_400_000);
    return Math.max(0, Math.floor(this.total(table) * share));
  }

  openedAt(): Date {
    return new Date(this.fullAt.getTime() - OPEN_DAYS * 86_400_000);
  }

  /** SQL: a whole number from 0 to `size - 1`, chosen by row number and the name of what is chosen. */
  pick(n: string, what: number, size: number | string): string {
    const salt = this.seed * 1000 + what;
    return `((hashint8extended((${n})::int8, ${salt}) & 9223372036854775807) % (${size}))::int`;
  }

  /** SQL: the moment at which row `n` of a growing table came to be; grows with n. */
  momentOf(table: GrowingTable, n: string): string {
    const spacing = (OPEN_DAYS * 86_400) / this.total(table);
    // Rows are spaced by a second at most away from evenly: people don't order by the clock.
    const jitter = `${this.pick(n, 900, 1000)} * ${(spacing / 1000).toFixed(6)}`;
    return (
      `(timestamptz '${this.openedAt().toISOString()}' ` +
      `+ make_interval(secs => (${n}) * ${spacing.toFixed(6)} - ${jitter}))`
    );
  }
}

/** A SQL string literal of one of our own words. */
export function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
