import type { TargetedEvent } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ApiProblem } from "../../api/client";
import { texts } from "../../texts/app";
import { AppIcon } from "../AppIcon";
import type { Completion } from "../api/types";
import { useApp } from "../context";
import type { Job } from "../today/day";
import { ofOrder, type Update } from "../updates/update";
import { shrinkPhoto } from "./images";

const MOST = 5;

interface Shown {
  id: string;
  href: string;
  /** Not sent yet. */
  waits: boolean;
}

/** Up to five photos of the work: those that the service has, and those that wait on the phone. */
export function Photos({ job }: { job: Job }) {
  const { day } = useApp();
  const { finish } = texts.value;
  const [failed, setFailed] = useState(false);
  const waiting = ofOrder(job.order.id, day.outbox.waiting.value);
  const photos = shownPhotos(useCompletion(job.order.id, waiting.length)?.photos ?? [], waiting);
  const add = async (event: TargetedEvent<HTMLInputElement>) => {
    const input = event.currentTarget;
    const files = [...(input.files ?? [])].slice(0, MOST - photos.length);
    setFailed(false);
    for (const file of files) {
      const image = await shrinkPhoto(file).catch(() => null);
      if (image === null) setFailed(true);
      else await day.outbox.add({ ...ofJob(job, day.technicianId, day.nowText()), kind: "photo", ...image });
    }
    input.value = "";
  };
  const remove = async ({ id, waits }: Shown) => {
    if (waits && (await day.outbox.takeBack(id))) return;
    await day.outbox.add({ ...ofJob(job, day.technicianId, day.nowText()), kind: "photo_removed", photo_id: id });
  };
  return (
    <section class="box stack" aria-labelledby="photos-title">
      <h2 id="photos-title">
        {finish.photos}
        <span>{photos.length < MOST ? finish.photosLeft(MOST - photos.length) : finish.photosFull}</span>
      </h2>
      <ul class="photos">
        {photos.map((photo, place) => (
          <li key={photo.id}>
            <img src={photo.href} alt={finish.photo(place + 1)} data-waits={photo.waits} />
            <button
              type="button"
              class="btn icon"
              aria-label={finish.deletePhoto(place + 1)}
              onClick={() => void remove(photo)}
            >
              <AppIcon name="close" />
            </button>
          </li>
        ))}
      </ul>
      {photos.length < MOST && (
        <label class="btn file">
          <AppIcon name="camera" />
          {finish.addPhoto}
          <input class="sr" type="file" accept="image/*" multiple onChange={(event) => void add(event)} />
        </label>
      )}
      {failed && (
        <p class="problem" role="alert">
          {finish.photoFailed}
        </p>
      )}
    </section>
  );
}

export function ofJob(job: Job, owner: string, at: string) {
  return { owner, at, id: crypto.randomUUID(), work_order_id: job.order.id, number: job.order.number };
}

/** What the service has of the end of a work order; asked again when something of it was sent. */
export function useCompletion(id: string, waiting: number): Completion | null {
  const { account, day } = useApp();
  const [known, setKnown] = useState<Completion | null>(null);
  const reached = account.reached.value;
  useEffect(() => {
    day.calls.completion(id).then(setKnown, (error: unknown) => {
      // Without it the photos that wait are shown alone.
      if (!(error instanceof ApiProblem)) throw error;
    });
  }, [id, waiting, reached]);
  return known;
}

const urls = new Map<string, string>();

/** The address of an image that is still on the phone. */
function urlOf({ id, image, media_type }: Update & { kind: "photo" }): string {
  const known = urls.get(id) ?? URL.createObjectURL(new Blob([image], { type: media_type }));
  urls.set(id, known);
  return known;
}

export function shownPhotos(kept: readonly { id: string; href: string }[], waiting: readonly Update[]): Shown[] {
  const removed = new Set(waiting.flatMap((one) => (one.kind === "photo_removed" ? [one.photo_id] : [])));
  const known = new Set(kept.map(({ id }) => id));
  const there = kept.filter(({ id }) => !removed.has(id)).map(({ id, href }) => ({ id, href, waits: false }));
  const coming = waiting.flatMap((one) =>
    one.kind === "photo" && !known.has(one.id) ? [{ id: one.id, href: urlOf(one), waits: true }] : [],
  );
  return [...there, ...coming];
}
