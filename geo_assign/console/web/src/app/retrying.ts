/** After how many seconds a call that failed is made again. */
const FIRST_S = 2;
const LONGEST_S = 60;

/** 2, 4, 8 … 60 s. What the service asks for by Retry-After goes first. */
export function waitAfter(failures: number, retryAfter_s: number | null = null): number {
  if (retryAfter_s !== null && retryAfter_s > 0) return Math.min(retryAfter_s, 10 * LONGEST_S);
  return Math.min(LONGEST_S, FIRST_S * 2 ** Math.max(0, failures - 1));
}
