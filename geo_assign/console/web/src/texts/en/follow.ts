import { plural } from "../language";

/** What a customer reads who waits for a visit. */
export const english = {
  steps: { waiting: "Received", planned: "Planned", on_the_way: "On the way", arrived: "There" },
  over: { title: "This visit is over", text: "There is nothing more to follow. Thank you." },
  not_found: {
    title: "This link shows nothing",
    text: "It may have been copied in part, or the store has ended it. Ask the store for a new one.",
  },
  noConnection: { title: "No connection", text: "We try again in a moment." },
  moment: "One moment…",
  asOf: (time: string) => `No connection. As of ${time}.`,
  along: (names: string) => `With ${names}`,
  map: (name: string) => `Map: ${name} and you`,
  technician: "Technician",
  you: "You",
  planning: "Your visit is being planned",
  willVisit: (name: string) => `${name} will visit you`,
  onTheWay: (name: string) => `${name} is on the way`,
  there: (name: string) => `${name} is there`,
  about: (time: string, distance: string) => `About ${time}, ${distance} away`,
  expected: (time: string) => `${time}, later than planned`,
  longer: (slot: string) => `Planned: ${slot}. A visit before yours is taking longer.`,
  visitsBefore: (count: number) =>
    count === 0
      ? "Your visit is the next one."
      : plural("en", count, { one: "1 visit before yours.", other: `${count} visits before yours.` }),
  unknown: "The place is not known at the moment.",
  old: (age: string) => `Position ${age} old`,
};
