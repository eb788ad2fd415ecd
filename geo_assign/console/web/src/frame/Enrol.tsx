import { signal } from "@preact/signals";
import type { TargetedEvent } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { ApiProblem } from "../api/client";
import type { Enrolment } from "../api/types";
import { logInProblem } from "../model/logIn";
import type { Session } from "../state/session";
import { Mark } from "../symbols/Icon";
import { CodeField } from "./CodeField";

const CONSOLE = "/console/";

interface Steps {
  enrolment: Enrolment | null;
  recoveryCodes: string[] | null;
  problem: string | null;
}

/** A second factor is switched on: scan, confirm by a first code, keep the recovery codes. */
export function Enrol({ session, demanded }: { session: Session; demanded: boolean }) {
  const steps = useMemo(() => signal<Steps>({ enrolment: null, recoveryCodes: null, problem: null }), []);
  const tell = (more: Partial<Steps>) => {
    steps.value = { ...steps.value, ...more };
  };
  const tried = async (act: () => Promise<Partial<Steps>>) => {
    try {
      tell({ problem: null, ...(await act()) });
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      tell({ problem: logInProblem(error) });
    }
  };
  useEffect(() => {
    void tried(async () => {
      await session.client.secondFactor();
      return { enrolment: await session.client.beginSecondFactor() };
    });
  }, []);
  const confirm = (code: string) =>
    void tried(async () => ({ recoveryCodes: (await session.client.confirmSecondFactor(code)).recovery_codes }));
  const leave = () => (demanded ? void session.giveUp() : location.assign(CONSOLE));
  const finish = () => (demanded ? void session.enrolled() : location.assign(CONSOLE));
  const { enrolment, recoveryCodes, problem } = steps.value;
  return (
    <main class="login">
      {recoveryCodes ? (
        <RecoveryCodes codes={recoveryCodes} onKept={finish} />
      ) : (
        <Scan enrolment={enrolment} problem={problem} demanded={demanded} onCode={confirm} onBack={leave} />
      )}
    </main>
  );
}

interface ScanProps {
  enrolment: Enrolment | null;
  problem: string | null;
  demanded: boolean;
  onCode: (code: string) => void;
  onBack: () => void;
}

function Scan({ enrolment, problem, demanded, onCode, onBack }: ScanProps) {
  const submit = (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault();
    onCode(String(new FormData(event.currentTarget).get("code") ?? ""));
  };
  return (
    <form class="card enrol" onSubmit={submit} aria-labelledby="enrol-title">
      <div class="mark">
        <Mark />
        geo-assign
      </div>
      <h1 id="enrol-title">Set up your second factor</h1>
      <p class="hint">
        {demanded && "Your organization asks for one. "}
        Scan this with an authenticator app, then enter the code that it shows.
      </p>
      {enrolment && <img class="qr" alt="QR code for an authenticator app" src={pictureOf(enrolment.qr_svg)} />}
      {enrolment && (
        <details>
          <summary>Cannot scan it?</summary>
          <p>Enter this key in the app, as a time-based one:</p>
          <code>{inGroups(enrolment.secret)}</code>
        </details>
      )}
      {enrolment && <CodeField />}
      <p class="field-problem" role="alert">
        {problem}
      </p>
      {enrolment && (
        <button class="btn pri" type="submit">
          Switch it on
        </button>
      )}
      <button class="btn" type="button" onClick={onBack}>
        {demanded ? "Log out" : "Back"}
      </button>
    </form>
  );
}

function RecoveryCodes({ codes, onKept }: { codes: string[]; onKept: () => void }) {
  return (
    <section class="card enrol" aria-labelledby="codes-title">
      <div class="mark">
        <Mark />
        geo-assign
      </div>
      <h1 id="codes-title">Keep your recovery codes</h1>
      <p class="hint">
        Each logs you in once if your phone is lost. They are shown only now: print them or put them into a password
        manager.
      </p>
      <ol class="codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ol>
      <button class="btn" type="button" onClick={() => void navigator.clipboard?.writeText(codes.join("\n"))}>
        Copy them
      </button>
      <button class="btn pri" type="button" onClick={onKept}>
        I have kept them
      </button>
    </section>
  );
}

/** Shown as an image: nothing in it can run. */
function pictureOf(svg: string): string {
  const named = svg.includes("xmlns=") ? svg : svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"');
  return `data:image/svg+xml,${encodeURIComponent(named)}`;
}

function inGroups(secret: string): string {
  return secret.replace(/(.{4})(?=.)/g, "$1 ");
}
