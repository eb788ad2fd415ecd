import { texts } from "../texts/accounts";

/** Whether `code`, as the service answers it, says that a link lets no password be chosen. */
export function isDeadLink(code: string): boolean {
  return code in texts.peek().links;
}

/** The token in the fragment of an address: no server has seen it. */
export function tokenIn(hash: string): string {
  return hash.replace(/^#/, "").trim();
}
