import { plural } from "../language";

const many = (count: number, one: string, other: string) => plural("en", count, { one, other });

/** The map of a past time. */
export const past = {
  open: "Look at a past time",
  title: "The map of a past time",
  shown: (time: string) => `Past: ${time}`,
  back: "Back to now",
  day: "Day",
  time: "Time: arrows a minute, with Shift a quarter of an hour",
  paused: "Nothing moves here, and nothing can be given away.",
  asToday: "Names, skills, groups, hours and settings are told as they are today.",
  work: "Work then",
  noWork: "No work with a known place was open.",
  taken: "Taken",
  notThere: "This order was not open then, or its place was not known.",
  order: (number: string) => `${number} as it stood`,
  askedUntil: (name: string, time: string) => `${name} was asked, until ${time}`,
  hadIt: (name: string) => `${name} had it`,
  noOne: "No technician had it.",
  changedSince: "It was changed since; its place or title is today's.",
  couldGo: (count: number) => many(count, "1 could have gone", `${count} could have gone`),
  couldNot: (count: number) => many(count, "1 could not", `${count} could not`),
  live: "Past",
};
