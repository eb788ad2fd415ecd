import { useEffect, useState } from "preact/hooks";
import { ApiProblem } from "../../api/client";
import { texts } from "../../texts/app";
import type { OwnSession } from "../api/types";
import { useApp } from "../context";

/** Where the technician is logged in, and the way to end it there: a lost phone. */
export function Sessions() {
  const { day } = useApp();
  const { me } = texts.value;
  const [sessions, setSessions] = useState<readonly OwnSession[]>([]);
  const read = () => {
    day.calls.sessions().then(setSessions, ignoreProblem);
  };
  useEffect(read, []);
  const end = (id: string) => {
    day.calls.endSession(id).then(read, ignoreProblem);
  };
  return (
    <section class="box stack" aria-labelledby="sessions-title">
      <h2 id="sessions-title">{me.sessions}</h2>
      <ul class="plain sessions">
        {sessions.map(({ id, device, kind, current }) => (
          <li key={id}>
            <span>{[device ?? kind, current ? me.thisDevice : ""].filter(Boolean).join(", ")}</span>
            {!current && (
              <button type="button" class="btn" aria-label={me.endSession(device ?? kind)} onClick={() => end(id)}>
                {me.endSessionShort}
              </button>
            )}
          </li>
        ))}
      </ul>
      <a class="btn" href="/console/forgot-password">
        {me.changePassword}
      </a>
    </section>
  );
}

/** The list is a convenience: without a network it is empty. */
function ignoreProblem(error: unknown): void {
  if (!(error instanceof ApiProblem)) throw error;
}
