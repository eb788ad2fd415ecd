import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { type Found, find, withRemote } from "../model/find";
import { Icon } from "../symbols/Icon";
import { texts } from "../texts/console";
import { type Page, usePage } from "./context";
import { currentPage, go as goTo } from "./router";

const LIST = "find-list";
const AFTER_MS = 250;
const SHOWN = 8;

interface Remote {
  /** What was asked for; an answer to something else is not shown. */
  words: string;
  /** Null: the service did not answer. */
  found: Parameters<typeof withRemote> | null;
}

/** Find a person or an order: at once among what is on this page, a moment later among everything there is. */
export function FindBox() {
  const page = usePage();
  const { desk, view } = page;
  const words = texts.value.frame.find;
  const text = useSignal("");
  const at = useSignal(0);
  const remote = useRemote(page, text.value);
  const here = useComputed(() =>
    text.value ? find(text.value, desk.fleet.technicians.values(), desk.orders.value.values(), SHOWN) : [],
  ).value;
  const hits = remote?.found ? withRemote(here, remote.found[1], remote.found[2], SHOWN) : here;
  const nothing = remote !== null && hits.length === 0;
  const said = remote?.found === null ? words.onlyHere : words.nothing;
  const before = useRef<Element | null>(null);
  const leave = (input: HTMLInputElement) => {
    text.value = "";
    input.blur();
    // Where the focus came from, so that keys go on from there.
    if (before.current instanceof HTMLElement) before.current.focus();
  };
  const go = (found: Found, input: HTMLInputElement) => {
    leave(input);
    open(page, found);
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
        placeholder={words.placeholder}
        aria-label={words.placeholder}
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
        onFocus={({ relatedTarget }) => {
          before.current = relatedTarget as Element | null;
        }}
        onBlur={() => (text.value = "")}
      />
      {view.letterKeys.value && <kbd aria-hidden="true">/</kbd>}
      <ul id={LIST} class="card" role="listbox" aria-label={words.found} hidden={hits.length === 0}>
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
      <p class={nothing ? "card nothing" : "sr"} role="status">
        {nothing ? said : ""}
      </p>
    </div>
  );
}

/** Pages that show an open order beside what they are about. */
const WITH_PANEL = new Set(["", "board", "pending", "order"]);

/** An order opens where it can be seen, a technician on the map. */
function open({ desk, view }: Page, found: Found): void {
  const here = currentPage.peek();
  if (found.kind === "work_order") {
    if (WITH_PANEL.has(here)) desk.select(found.id);
    else goTo("order", { wo: found.id });
    return;
  }
  if (here !== "") goTo("");
  view.phoneTab.value = "map";
  desk.show(found.id, found.at);
}

/** What the service finds, once typing has paused; null while nothing is known of these words. */
function useRemote({ client }: Page, entered: string): Remote | null {
  const remote = useSignal<Remote | null>(null);
  const words = entered.trim();
  useEffect(() => {
    if (words.length < 2) return;
    const waiting = setTimeout(() => {
      const asked = Promise.all([client.findOrders(words, SHOWN), client.findPeople(words, SHOWN)]);
      asked.then(
        ([orders, people]) => {
          remote.value = { words, found: [[], orders, people] };
        },
        () => {
          remote.value = { words, found: null };
        },
      );
    }, AFTER_MS);
    return () => clearTimeout(waiting);
  }, [words]);
  return remote.value?.words === words && words.length >= 2 ? remote.value : null;
}
