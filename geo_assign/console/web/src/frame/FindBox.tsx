import { useSignal } from "@preact/signals";
import { type Found, find } from "../model/find";
import { Icon } from "../symbols/Icon";
import { usePage } from "./context";

const LIST = "find-list";

/** Find a person or an order by any part of the name or number. */
export function FindBox() {
  const { desk, view } = usePage();
  const text = useSignal("");
  const at = useSignal(0);
  const hits = text.value ? find(text.value, desk.fleet.technicians.values(), desk.orders.value.values()) : [];
  const leave = (input: HTMLInputElement) => {
    text.value = "";
    input.blur();
  };
  const go = (found: Found, input: HTMLInputElement) => {
    if (found.kind === "work_order") desk.select(found.id);
    else desk.show(found.id);
    leave(input);
  };
  const pressed = (event: KeyboardEvent) => {
    const input = event.currentTarget as HTMLInputElement;
    const hit = hits[at.value];
    if (event.key === "ArrowDown") at.value = Math.min(hits.length - 1, at.value + 1);
    else if (event.key === "ArrowUp") at.value = Math.max(0, at.value - 1);
    else if (event.key === "Enter" && hit) go(hit, input);
    else if (event.key === "Escape") leave(input);
    else return;
    event.preventDefault();
  };
  return (
    <div class="find">
      <Icon name="search" />
      <input
        id="find"
        type="text"
        role="combobox"
        placeholder="Find a person or an order"
        aria-label="Find a person or an order"
        aria-expanded={hits.length > 0}
        aria-controls={LIST}
        aria-autocomplete="list"
        aria-activedescendant={hits[at.value] ? `${LIST}-${at.value}` : undefined}
        autocomplete="off"
        value={text.value}
        onInput={(event) => {
          text.value = event.currentTarget.value;
          at.value = 0;
        }}
        onKeyDown={pressed}
        onBlur={() => (text.value = "")}
      />
      {view.letterKeys.value && <kbd aria-hidden="true">/</kbd>}
      <ul id={LIST} class="card" role="listbox" aria-label="Found" hidden={hits.length === 0}>
        {hits.map((found, index) => (
          <li
            key={found.id}
            id={`${LIST}-${index}`}
            role="option"
            aria-selected={index === at.value}
            onPointerDown={(event) => {
              event.preventDefault();
              go(found, document.getElementById("find") as HTMLInputElement);
            }}
          >
            <b>{found.title}</b>
            <span>{found.detail}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
