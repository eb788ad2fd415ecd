import { useState } from "preact/hooks";
import { ApiProblem } from "../../api/client";
import { moment } from "../../model/zone";
import { person } from "../../symbols/drawings";
import { Symbol } from "../../symbols/Symbol";
import { texts } from "../../texts/app";
import { useApp } from "../context";
import { Dialog } from "../Dialog";
import { PrivacyTexts } from "../PrivacyTexts";
import { lookedToday } from "../words";
import type { Workday } from "../workday";

const AGREED = "geo-assign-privacy-read";

/** On or off duty, what that shares, and who looked. */
export function DutyBar() {
  const { account, day } = useApp();
  const [asks, setAsks] = useState<"privacy" | "offer" | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const { duty, failed } = texts.value;
  const on = day.onDuty.value;

  const change = async (act: () => Promise<void>) => {
    setAsks(null);
    setBusy(true);
    setProblem("");
    try {
      await act();
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      setProblem(error.status === 0 ? duty.needsNetwork : error.message || failed);
    } finally {
      setBusy(false);
    }
  };
  const begin = () => {
    localStorage.setItem(AGREED, day.technicianId);
    void change(() => day.goOnDuty());
  };
  const press = () => {
    if (on && day.offers.value.length > 0) setAsks("offer");
    else if (on) void change(() => day.goOffDuty());
    else if (!account.reached.value) setProblem(duty.needsNetwork);
    else if (localStorage.getItem(AGREED) !== day.technicianId) setAsks("privacy");
    else begin();
  };
  return (
    <header class="duty">
      <Symbol shapes={person(on ? "free" : "silent", "round")} />
      <div class="grow" aria-live="polite">
        <b>{on ? duty.on : duty.off}</b>
        <small>{dutyText(day)}</small>
        {problem && <small class="problem">{problem}</small>}
      </div>
      <button
        type="button"
        class="switch"
        role="switch"
        aria-checked={on}
        aria-label={duty.label}
        disabled={busy}
        onClick={press}
      />
      {asks === "privacy" && <AskPrivacy onAgree={begin} onClose={() => setAsks(null)} />}
      {asks === "offer" && <AskOffer onGo={() => void change(() => day.goOffDuty())} onClose={() => setAsks(null)} />}
    </header>
  );
}

function dutyText(day: Workday): string {
  const { duty } = texts.value;
  const presence = day.presence.value;
  const zone = day.homeZone;
  const nowMs = day.nowMs.value;
  if (!day.onDuty.value) {
    if (presence?.on_duty) return duty.waitsToEnd;
    const next = presence?.next_start;
    return next ? `${duty.notShared} · ${duty.nextHours(moment(Date.parse(next), nowMs, zone))}` : duty.notShared;
  }
  const until = presence?.until;
  const shared = until ? duty.sharedUntil(moment(Date.parse(until), nowMs, zone)) : duty.shared;
  if (day.looks.value === null) return shared;
  const lookers = lookedToday(day.looks.value, nowMs, zone).length;
  return `${shared} · ${lookers > 0 ? duty.looked(lookers) : duty.notLooked}`;
}

function AskPrivacy({ onAgree, onClose }: { onAgree: () => void; onClose: () => void }) {
  const { privacy } = texts.value;
  return (
    <Dialog title={privacy.title} onClose={onClose}>
      <PrivacyTexts />
      <div class="two">
        <button type="button" class="btn" onClick={onClose}>
          {privacy.cancel}
        </button>
        <button type="button" class="btn pri" onClick={onAgree}>
          {privacy.agree}
        </button>
      </div>
    </Dialog>
  );
}

function AskOffer({ onGo, onClose }: { onGo: () => void; onClose: () => void }) {
  const { me } = texts.value;
  return (
    <Dialog title={me.goOff} onClose={onClose}>
      <p>{me.dutyOffer}</p>
      <div class="two">
        <button type="button" class="btn" onClick={onClose}>
          {me.stayOn}
        </button>
        <button type="button" class="btn pri" onClick={onGo}>
          {me.goOff}
        </button>
      </div>
    </Dialog>
  );
}
