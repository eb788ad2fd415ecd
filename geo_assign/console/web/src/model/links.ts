import { texts } from "../texts/accounts";

/** Why a link lets no password be chosen, and what to do about it; by the code that the service answers. */
export interface DeadLink {
  readonly title: string;
  readonly text: string;
}

/** What is told of a link that the service refuses with `code`; undefined when the link is not to blame. */
export function deadLink(code: string): DeadLink | undefined {
  return texts.value.links[code];
}

/** The token in the fragment of an address: no server has seen it. */
export function tokenIn(hash: string): string {
  return hash.replace(/^#/, "").trim();
}
