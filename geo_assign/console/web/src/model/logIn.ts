import type { ApiProblem } from "../api/client";
import { texts } from "../texts/accounts";

/** What a person is told whose log-in the service refused. */
export function logInProblem({ code, status, message }: Pick<ApiProblem, "code" | "status" | "message">): string {
  const said = status === 401 ? "bad_credentials" : status === 429 ? "too_many_log_ins" : "";
  const told = texts.value.refused;
  return own(told, code) ?? own(told, said) ?? message;
}

/** A text of that key; nothing that every object has. */
const own = (words: Record<string, string>, key: string) => (Object.hasOwn(words, key) ? words[key] : undefined);

/** What went wrong at the identity provider, from the address that the service sent the browser to; null for nothing. */
export function signOnProblem(search: string): string | null {
  const asked = new URLSearchParams(search);
  const code = asked.get("sign_on");
  if (code === null) return null;
  const { signOnRefused, signOnReasons, signOnFailed } = texts.value;
  const told = own(signOnRefused, code) ?? signOnFailed;
  const reason = own(signOnReasons, asked.get("reason") ?? "");
  return reason ? `${told} ${reason}` : told;
}

/** The address that sends a browser to the identity provider of an organization. */
export function signOnAddress(organization: string): string {
  return `/v1/single-sign-on/${encodeURIComponent(organization)}/start`;
}

/** Whether it can be an organization's name: others are not asked for. */
export function isSlug(text: string): boolean {
  return /^[a-z0-9][a-z0-9-]{0,62}$/.test(text);
}
