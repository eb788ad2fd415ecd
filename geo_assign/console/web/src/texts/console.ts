import { english } from "./en/console";
import { textsOf } from "./language";

/** The console's words in all languages have these keys. */
export type ConsoleTexts = typeof english;

/** Every word of the console: `texts.value.frame.logOut`. */
export const texts = textsOf<ConsoleTexts>(english, {
  de: () => import("./de/console"),
  pt: () => import("./pt/console"),
});
