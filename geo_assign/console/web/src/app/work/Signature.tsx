import { useEffect, useRef, useState } from "preact/hooks";
import { texts } from "../../texts/app";
import { useApp } from "../context";
import type { Job } from "../today/day";
import { ofOrder } from "../updates/update";
import { imageOf } from "./images";
import { ofJob, useCompletion } from "./Photos";
import { SignaturePad } from "./SignaturePad";

/** The customer's signature: drawn with a finger, or the name typed. */
export function Signature({ job }: { job: Job }) {
  const { day } = useApp();
  const { finish } = texts.value;
  const waiting = ofOrder(job.order.id, day.outbox.waiting.value);
  const known = useCompletion(job.order.id, waiting.length);
  const [kept, setKept] = useState(false);
  const [again, setAgain] = useState(false);
  const signed = kept || Boolean(known?.signature) || waiting.some(({ kind }) => kind === "signature");
  const keep = async (canvas: HTMLCanvasElement) => {
    const image = await imageOf(canvas, "image/png");
    await day.outbox.add({ ...ofJob(job, day.technicianId, day.nowText()), kind: "signature", ...image });
    setKept(true);
    setAgain(false);
  };
  return (
    <section class="box stack" aria-labelledby="signature-title">
      <h2 id="signature-title">{finish.signature}</h2>
      {signed && !again ? (
        <>
          <p role="status">{finish.signed}</p>
          <button type="button" class="btn" onClick={() => setAgain(true)}>
            {finish.signAgain}
          </button>
        </>
      ) : (
        <Pad onKeep={(canvas) => void keep(canvas)} />
      )}
    </section>
  );
}

function Pad({ onKeep }: { onKeep: (canvas: HTMLCanvasElement) => void }) {
  const { finish } = texts.value;
  const canvas = useRef<HTMLCanvasElement>(null);
  const pad = useRef<SignaturePad | null>(null);
  const [filled, setFilled] = useState(false);
  const [name, setName] = useState("");
  useEffect(() => {
    pad.current = new SignaturePad(canvas.current!, () => setFilled(true));
    return () => pad.current?.destroy();
  }, []);
  const type = (text: string) => {
    setName(text);
    pad.current?.write(text);
    setFilled(text.trim() !== "");
  };
  const clear = () => {
    pad.current?.clear();
    setName("");
    setFilled(false);
  };
  return (
    <>
      <p id="sign-hint" class="hint">
        {finish.signHint}
      </p>
      <canvas ref={canvas} class="pad" role="img" aria-label={finish.signHere} aria-describedby="sign-hint" />
      <label>
        {finish.typedName}
        <input
          type="text"
          maxLength={80}
          autocomplete="off"
          value={name}
          onInput={(event) => type(event.currentTarget.value)}
        />
      </label>
      <div class="two">
        <button type="button" class="btn" onClick={clear}>
          {finish.clear}
        </button>
        <button type="button" class="btn pri" disabled={!filled} onClick={() => onKeep(canvas.current!)}>
          {finish.keepSignature}
        </button>
      </div>
    </>
  );
}
