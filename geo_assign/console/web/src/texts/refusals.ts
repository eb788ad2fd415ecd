import { textsOf } from "./language";

/** Words by the code of a refusal. In English the service's own are shown, which may tell more. */
export type Refusals = Readonly<Record<string, string>>;

export const refusals = textsOf<Refusals>(
  {},
  {
    de: () => import("./de/refusals"),
    pt: () => import("./pt/refusals"),
  },
);
