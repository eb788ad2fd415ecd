import { plural } from "../language";

const many = (count: number, one: string, other: string) => plural("en", count, { one, other });

/** Why people cannot go, told of several at once. */
export const exclusions = {
  inactive: (count: number) => many(count, "1 is not active", `${count} are not active`),
  wrong_group: (count: number) => many(count, "1 is in another group", `${count} are in other groups`),
  agreement_expired: (count: number) => many(count, "1 has no agreement now", `${count} have no agreement now`),
  rejected_before: (count: number) => many(count, "1 said no before", `${count} said no before`),
  time_off: (count: number) => many(count, "1 has time off", `${count} have time off`),
  outside_hours: (count: number) => many(count, "1 does not work then", `${count} do not work then`),
  off_duty: (count: number) => many(count, "1 is off duty", `${count} are off duty`),
  offer_limit: (count: number) => many(count, "1 has enough open offers", `${count} have enough open offers`),
  no_position: (count: number) => many(count, "1 has no known position", `${count} have no known position`),
  offline: (count: number) => many(count, "1 was not heard from lately", `${count} were not heard from lately`),
  stale_position: (count: number) => many(count, "1 has too old a position", `${count} have too old a position`),
  mock_location: (count: number) => many(count, "1 may fake the position", `${count} may fake the position`),
  implausible_position: (count: number) =>
    many(count, "1 has an implausible position", `${count} have an implausible position`),
  outside_radius: (count: number) => many(count, "1 is too far away", `${count} are too far away`),
  missing_skill: (count: number, skills: string) =>
    many(count, `1 is not trained for ${skills}`, `${count} are not trained for ${skills}`),
  slot_taken: (count: number, until: string) =>
    many(count, "1 is busy then", `${count} are busy then`) + (until && `, the first until ${until}`),
};
