import { clockTime } from "../../model/zone";
import { texts } from "../../texts/app";
import { AppLink } from "../AppLink";
import { useApp } from "../context";
import type { Update } from "./update";

/** What waits on the phone until the service has it, in its order. */
export function Updates() {
  const { day } = useApp();
  const { offline, nav, sharing } = texts.value;
  const waiting = day.outbox.waiting.value;
  const positions = day.sharing.waiting.value;
  return (
    <main class="page">
      <AppLink to={{ page: "today" }} class="back">
        {nav.back}
      </AppLink>
      <h1 class="page-title">{offline.page}</h1>
      {waiting.length === 0 && positions === 0 && <p class="box nothing">{offline.none}</p>}
      {waiting.length > 0 && (
        <ol class="list updates">
          {waiting.map((update) => (
            <li key={update.id}>
              <b>{update.kind === "off_duty" ? offline.kinds.off_duty : update.number}</b>
              <span>{kindText(update)}</span>
              <time dateTime={update.at}>{offline.at(clockTime(Date.parse(update.at), day.homeZone))}</time>
            </li>
          ))}
        </ol>
      )}
      {positions > 0 && <p class="box">{sharing.waiting(positions)}</p>}
    </main>
  );
}

function kindText(update: Update): string {
  const { offline, steps } = texts.value;
  return update.kind === "status" ? steps[update.step] : update.kind === "off_duty" ? "" : offline.kinds[update.kind];
}
