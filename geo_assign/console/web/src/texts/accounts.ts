import { english } from "./en/accounts";
import { textsOf } from "./language";

/** The words before and around a log-in in all languages have these keys. */
export type AccountsTexts = typeof english;

/** What is read before the console or the technician's app opens: `texts.value.logIn`. */
export const texts = textsOf<AccountsTexts>(english, {
  de: () => import("./de/accounts"),
  pt: () => import("./pt/accounts"),
});
