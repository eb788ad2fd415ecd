import type { ApiProblem } from "../api/client";

const BY_CODE = new Map(
  Object.entries({
    second_factor_required: "",
    second_factor_wrong: "This code is wrong or was used already. Wait for the next one.",
    second_factor_code: "This code is wrong or was used already. Wait for the next one.",
    password_log_in_off: "Your organization takes no passwords here. Log in with single sign-on.",
    too_many_log_ins: "Too many tries; wait a minute and try again.",
    bad_credentials: "Organization, e-mail or password is not right.",
  }),
);

/** What a person is told whose log-in the service refused. */
export function logInProblem({ code, status, message }: Pick<ApiProblem, "code" | "status" | "message">): string {
  const said = status === 401 ? "bad_credentials" : status === 429 ? "too_many_log_ins" : "";
  return BY_CODE.get(code) ?? BY_CODE.get(said) ?? message;
}

const BY_REASON = new Map(
  Object.entries({
    access_denied: "You did not allow it, or are not allowed to.",
    email_missing: "It tells no e-mail address.",
    email_not_verified: "Your e-mail address there is not verified.",
    email_domain: "Your e-mail address is of a domain that your organization does not allow.",
  }),
);

const BY_SIGN_ON = new Map(
  Object.entries({
    single_sign_on_missing: "This organization has no single sign-on.",
    sign_on_expired: "This log-in took too long, or was begun elsewhere. Begin again.",
    sign_on_refused: "Your identity provider did not let you in.",
    sign_on_untrusted: "The answer of your identity provider cannot be trusted. Tell your administrator.",
    sign_on_provider_unavailable: "Your identity provider does not answer. Try again, or use your password.",
    sign_on_email_refused: "The e-mail address from your identity provider does not let you in.",
    sign_on_no_account: "There is no account for you here. Ask your administrator for one.",
    sign_on_other_identity: "This account belongs to another identity. Ask your administrator.",
  }),
);

/** What went wrong at the identity provider, from the address that the service sent the browser to; null for nothing. */
export function signOnProblem(search: string): string | null {
  const asked = new URLSearchParams(search);
  const code = asked.get("sign_on");
  if (code === null) return null;
  const told = BY_SIGN_ON.get(code) ?? "The log-in with single sign-on did not work.";
  const reason = BY_REASON.get(asked.get("reason") ?? "");
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
