import { useEffect, useState } from "preact/hooks";
import { texts } from "../../texts/app";
import { AppLink } from "../AppLink";
import { useApp } from "../context";
import { Message } from "../Message";
import { go } from "../route";
import type { Job } from "../today/day";
import { titleOf } from "../words";
import { Photos } from "./Photos";
import { Signature } from "./Signature";
import { takesImages } from "./steps";
import { useJob } from "./WorkPage";

const MOST_WORDS = 2000;

/** The end of the work: a note, photos, the customer's signature. Everything works without a network. */
export function FinishPage({ id }: { id: string }) {
  const job = useJob(id);
  const { work, today } = texts.value;
  if (job === null) {
    return (
      <Message title={work.notFound} text={work.notFoundText}>
        <AppLink to={{ page: "today" }} class="btn">
          {today.title}
        </AppLink>
      </Message>
    );
  }
  return <Finish job={job} />;
}

function Finish({ job }: { job: Job }) {
  const { day } = useApp();
  const { finish, nav } = texts.value;
  const [note, setNote] = useDraft(job.order.id);
  const [busy, setBusy] = useState(false);
  const send = async () => {
    setBusy(true);
    await day.step(job.order, "completed", note.trim() || null);
    setNote("");
    go({ page: "today" });
  };
  return (
    <main class="page">
      <AppLink to={{ page: "work", id: job.order.id }} class="back">
        {nav.back}
      </AppLink>
      <h1 class="page-title">{finish.title}</h1>
      <p class="muted">{`${titleOf(job.order)}, ${job.order.customer.name}`}</p>
      <section class="box stack">
        <label>
          {finish.note}
          <textarea
            rows={3}
            maxLength={MOST_WORDS}
            value={note}
            aria-describedby="note-hint"
            onInput={(event) => setNote(event.currentTarget.value)}
          />
        </label>
        <p id="note-hint" class="hint">
          {finish.noteHint}
        </p>
      </section>
      {takesImages(job.state) ? (
        <>
          <Photos job={job} />
          <Signature job={job} />
        </>
      ) : (
        <p class="hint">{finish.notYet}</p>
      )}
      {job.state !== "completed" && (
        <button type="button" class="btn pri go" disabled={busy} onClick={() => void send()}>
          {finish.send}
        </button>
      )}
    </main>
  );
}

/** What is typed stays, also when the page is closed or loads anew. */
function useDraft(id: string): [string, (text: string) => void] {
  const { day } = useApp();
  const [text, setText] = useState("");
  const name = `note-${id}`;
  useEffect(() => {
    void day.store.answers.read<string>(name).then((kept) => kept && setText(kept));
  }, [name]);
  const change = (typed: string) => {
    setText(typed);
    void day.store.answers.write(name, typed);
  };
  return [text, change];
}
