import type { ComponentType } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { usePage } from "../../frame/context";
import { go, hrefOf, queryValue, setQuery } from "../../frame/router";
import { Icon } from "../../symbols/Icon";
import { texts } from "../../texts/settings";
import { SettingsContext, settingsOf, useSettings } from "../settings/state";
import { NotAllowed, Trouble } from "../settings/Trouble";
import { useFacts } from "./facts";
import { FirstLead, FirstTechnicians, Phone } from "./People";
import { Company, FirstMapKey, FirstStore, type StepProps } from "./Places";
import { doneCount, type Facts, findStep, isDone, isOpen, STEPS, type Step } from "./steps";
import "../settings/style.css";
import "./style.css";

const CONTENT: Readonly<Record<Step, ComponentType<StepProps>>> = {
  company: Company,
  store: FirstStore,
  mapKey: FirstMapKey,
  technicians: FirstTechnicians,
  phone: Phone,
  lead: FirstLead,
};

/** From an empty installation to the first lead, each step with its check. */
export default function WelcomePage() {
  const { client, desk } = usePage();
  const settings = useMemo(() => settingsOf(client, desk.me), [client, desk.me]);
  if (desk.me.user.role !== "administrator") {
    return (
      <main class="settings only">
        <NotAllowed says={texts.value.askAdministrator} />
      </main>
    );
  }
  return (
    <SettingsContext.Provider value={settings}>
      <Guide />
    </SettingsContext.Provider>
  );
}

function Guide() {
  const settings = useSettings();
  const loaded = useFacts(settings.client.api);
  const facts = loaded.value;
  if (!facts)
    return (
      <main class="settings only">
        <Trouble loaded={loaded} of={texts.value.firstRun.title} />
      </main>
    );
  return <OpenGuide facts={facts} again={loaded.again} />;
}

function OpenGuide({ facts, again }: StepProps) {
  const settings = useSettings();
  const step = findStep(queryValue("step"), facts);
  useEffect(() => {
    settings.named("stores", facts.stores);
  }, [facts.stores]);
  useEffect(() => {
    // The step stays open when its check passes: its outcome is read first.
    if (queryValue("step") !== step) setQuery({ step }, { replace: true });
  }, [step]);
  return (
    <div class="settings welcome">
      <StepList facts={facts} current={step} />
      <StepPage key={step} step={step} facts={facts} again={again} />
    </div>
  );
}

const stepHref = (step: Step) => hrefOf("welcome", { step, lead: queryValue("lead") });

function StepList({ facts, current }: { facts: Facts; current: Step }) {
  const said = texts.value.firstRun;
  const done = doneCount(facts);
  return (
    <nav class="steps" aria-label={said.stepsLabel}>
      <h1>{said.title}</h1>
      <p>{said.intro}</p>
      <p class="prog">
        {said.progress(done, STEPS.length)}
        <progress max={STEPS.length} value={done} aria-label={said.progressLabel(done, STEPS.length)} />
      </p>
      <ol>
        {STEPS.map((step, index) => (
          <li
            key={step}
            class={`${isDone(step, facts) ? "done" : ""}${step === current ? " now" : ""}`}
            aria-current={step === current ? "step" : undefined}
          >
            <i>{isDone(step, facts) ? <Icon name="check" /> : index + 1}</i>
            <div>
              <b>{said.steps[step]}</b>
              <small>{summary(step, facts)}</small>
            </div>
            {step !== current && isOpen(step, facts) && (
              <a
                href={stepHref(step)}
                aria-label={(isDone(step, facts) ? said.change : said.openStep)(said.steps[step])}
              >
                {isDone(step, facts) ? said.changeShort : said.openShort}
              </a>
            )}
          </li>
        ))}
      </ol>
      <a class="later" href={hrefOf("")}>
        {said.leave}
      </a>
    </nav>
  );
}

/** What a step came to, in a few words. */
function summary(step: Step, facts: Facts): string {
  const said = texts.value.firstRun;
  if (!isDone(step, facts)) return said.failed;
  const store = facts.stores[0];
  const of: Record<Step, string> = {
    company: said.passed,
    store: store ? `${store.name} · ${store.timezone}` : "",
    mapKey: facts.mapKey?.provider ?? "",
    technicians: facts.technicians
      .slice(0, 3)
      .map((one) => one.name)
      .join(", "),
    phone: said.phone.done,
    lead: facts.practice?.number ?? said.passed,
  };
  return of[step];
}

interface StepPageProps extends StepProps {
  step: Step;
}

function StepPage({ step, facts, again }: StepPageProps) {
  const said = texts.value.firstRun;
  const [first] = useState(() => facts.technicians[0]?.name ?? "");
  const index = STEPS.indexOf(step);
  const Content = CONTENT[step];
  const before = STEPS[index - 1];
  const next = STEPS[index + 1];
  const done = isDone(step, facts);
  const words = said[step];
  const lead = typeof words.lead === "function" ? words.lead(facts.technicians[0]?.name ?? first) : words.lead;
  return (
    <main class="form" id="main">
      <div class="in-step">
        <p class="mut">{said.stepOf(index + 1, STEPS.length)}</p>
        <h2>{words.head}</h2>
        <p class="lead1">{lead}</p>
        <Content facts={facts} again={again} />
      </div>
      <div class="act">
        {before && (
          <a class="btn quiet" href={stepHref(before)}>
            <Icon name="left" />
            {said.steps[before]}
          </a>
        )}
        <span>{step === "phone" && !done && said.phone.goesOn}</span>
        {!done && step === "phone" && (
          <a class="btn" href={stepHref("lead")}>
            {said.phone.without}
          </a>
        )}
        {!done && step === "mapKey" && (
          <a class="btn" href={stepHref("technicians")}>
            {said.mapKey.skip}
          </a>
        )}
        {next ? (
          <button
            type="button"
            class="btn pri"
            disabled={!done || !isOpen(next, facts)}
            onClick={() => go("welcome", { step: next, lead: queryValue("lead") })}
          >
            {said.steps[next]}
          </button>
        ) : (
          <button type="button" class="btn pri" disabled={!done} onClick={() => go("")}>
            {said.lead.finish}
          </button>
        )}
      </div>
    </main>
  );
}
