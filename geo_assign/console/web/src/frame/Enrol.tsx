import { signal } from "@preact/signals";
import type { TargetedEvent } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { ApiProblem } from "../api/client";
import type { Enrolment } from "../api/types";
import { logInProblem } from "../model/logIn";
import type { Session } from "../state/session";
import { Mark } from "../symbols/Icon";
import { texts } from "../texts/accounts";
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
  const words = texts.value;
  const submit = (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault();
    onCode(String(new FormData(event.currentTarget).get("code") ?? ""));
  };
  return (
    <form class="card enrol" onSubmit={submit} aria-labelledby="enrol-title">
      <div class="brand">
        <Mark />
        geo-assign
      </div>
      <h1 id="enrol-title">{words.enrol}</h1>
      <p class="hint">
        {demanded && `${words.demanded} `}
        {words.scan}
      </p>
      {enrolment && <img class="qr" alt={words.qr} src={pictureOf(enrolment.qr_svg)} />}
      {enrolment && (
        <details>
          <summary>{words.cannotScan}</summary>
          <p>{words.enterKey}</p>
          <code>{inGroups(enrolment.secret)}</code>
        </details>
      )}
      {enrolment && <CodeField />}
      <p class="field-problem" role="alert">
        {problem}
      </p>
      {enrolment && (
        <button class="btn pri" type="submit">
          {words.switchOn}
        </button>
      )}
      <button class="btn" type="button" onClick={onBack}>
        {demanded ? words.logOut : words.back}
      </button>
    </form>
  );
}

function RecoveryCodes({ codes, onKept }: { codes: string[]; onKept: () => void }) {
  const words = texts.value;
  return (
    <section class="card enrol" aria-labelledby="codes-title">
      <div class="brand">
        <Mark />
        geo-assign
      </div>
      <h1 id="codes-title">{words.keepCodes}</h1>
      <p class="hint">{words.codesHint}</p>
      <ol class="codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ol>
      <button class="btn" type="button" onClick={() => void navigator.clipboard?.writeText(codes.join("\n"))}>
        {words.copyCodes}
      </button>
      <button class="btn pri" type="button" onClick={onKept}>
        {words.kept}
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
