import { english } from "./en/follow";
import { textsOf } from "./language";

/** The words of the customer's page in all languages have these keys. */
export type FollowTexts = typeof english;

/** Every word of the customer's page: `texts.value.moment`. */
export const texts = textsOf<FollowTexts>(english, {
  de: () => import("./de/follow"),
  pt: () => import("./pt/follow"),
});
