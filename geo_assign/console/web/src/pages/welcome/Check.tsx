import type { ComponentChildren } from "preact";
import { Icon } from "../../symbols/Icon";
import { texts } from "../../texts/settings";

export type CheckState = "passed" | "waits" | "todo";

interface CheckProps {
  state: CheckState;
  title: string;
  what?: string | undefined;
  children?: ComponentChildren;
}

/** One thing that the guide looks for, and whether it is there. */
export function Check({ state, title, what, children }: CheckProps) {
  const said = texts.value.firstRun;
  const word = { passed: said.passed, waits: said.waits, todo: said.failed }[state];
  return (
    <li class={state}>
      <i>{state === "passed" ? <Icon name="check" /> : <span class={state === "waits" ? "spin" : "dotx"} />}</i>
      <div>
        <b>{title}</b>
        {what && <small>{what}</small>}
        {children}
      </div>
      <span class="sr">{word}</span>
    </li>
  );
}

/** The checks of a step; what changes among them is read out. */
export function Checks({ children }: { children: ComponentChildren }) {
  return (
    <ol class="checks" aria-live="polite">
      {children}
    </ol>
  );
}
