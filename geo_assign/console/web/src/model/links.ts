/** Why a link lets no password be chosen, and what to do about it; by the code that the service answers. */
export interface DeadLink {
  readonly title: string;
  readonly text: string;
}

const ASK = "Ask the person who invited you, or an administrator, for a new one.";

const DEAD: Record<string, DeadLink> = {
  link_used: {
    title: "This link was used already",
    text: "A link works once. Log in with the password that was chosen with it. If it was not you who chose it, tell an administrator at once.",
  },
  link_expired: { title: "This link has expired", text: ASK },
  link_replaced: {
    title: "There is a newer link",
    text: "This one was replaced. Open the link that you were sent last.",
  },
  link_ended: { title: "This link works no more", text: `It was revoked, or the account has changed since. ${ASK}` },
  link_not_found: {
    title: "This is not a link that works",
    text: `Part of it may be missing: open it from the message again, or copy the whole line. Otherwise: ${ASK.charAt(0).toLowerCase()}${ASK.slice(1)}`,
  },
};

/** What is told of a link that the service refuses with `code`; undefined when the link is not to blame. */
export function deadLink(code: string): DeadLink | undefined {
  return DEAD[code];
}

/** The token in the fragment of an address: no server has seen it. */
export function tokenIn(hash: string): string {
  return hash.replace(/^#/, "").trim();
}
