import { useSignal } from "@preact/signals";
import { Icon } from "../../symbols/Icon";
import { texts } from "../../texts/console";
import { Field } from "./Field";
import type { NewOrder } from "./state";

/** What is broken, and what the technician must know how to do. */
export function DeviceFields({ order }: { order: NewOrder }) {
  const words = texts.value.create;
  return (
    <section aria-label={words.device}>
      <div class="three">
        <Field order={order} name="deviceType" label={words.deviceType} />
        <Field order={order} name="brand" label={words.brand} />
        <Field order={order} name="model" label={words.model} />
      </div>
      <Field order={order} name="issue" label={words.issue} />
      <Skills order={order} />
    </section>
  );
}

/** A skill as the service writes it: `screen repair` is `screen_repair`. */
const skillOf = (text: string): string => text.trim().toLowerCase().replace(/\s+/g, "_");

function Skills({ order }: { order: NewOrder }) {
  const words = texts.value.create;
  const typed = useSignal("");
  const { skills } = order.draft.value;
  const add = () => {
    const skill = skillOf(typed.value);
    if (skill && !skills.includes(skill)) order.change({ skills: [...skills, skill] });
    typed.value = "";
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    add();
  };
  const problem = order.fieldProblems.value.get("skills");
  return (
    <div class="skills">
      <span class="label">{words.skills}</span>
      {skills.map((skill) => (
        <button
          type="button"
          class="chip"
          key={skill}
          aria-label={words.removeSkill(skill)}
          onClick={() => order.change({ skills: skills.filter((each) => each !== skill) })}
        >
          {skill.replaceAll("_", " ")}
          <Icon name="close" />
        </button>
      ))}
      <input
        type="text"
        aria-label={words.addSkill}
        placeholder={words.addSkill}
        value={typed.value}
        onInput={(event) => (typed.value = event.currentTarget.value)}
        onKeyDown={pressed}
        onBlur={add}
      />
      {problem && <p class="field-problem">{problem}</p>}
    </div>
  );
}
