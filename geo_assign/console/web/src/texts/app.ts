import { english } from "./en/app";
import { textsOf } from "./language";

/** The words of the technician's app in all languages have these keys. */
export type AppTexts = typeof english;

/** Every word of the technician's app: `texts.value.today.next`. */
export const texts = textsOf<AppTexts>(english, {
  de: () => import("./de/app"),
  pt: () => import("./pt/app"),
});
