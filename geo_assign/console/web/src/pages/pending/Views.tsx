import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { usePage } from "../../frame/context";
import { Icon } from "../../symbols/Icon";
import { usePending, words } from "./context";
import { TABS } from "./model";

/** The usual views and the saved ones, each with its count where it is known; saving the present one; the filters. */
export function Views() {
  const state = usePending();
  const { desk } = usePage();
  const texts = words();
  const settings = state.settings.value;
  const open = state.view.value;
  const counts = state.counts.value;
  const saving = useSignal(false);
  return (
    <div class="views-bar">
      <nav class="views" aria-label={texts.views}>
        {TABS.map((tab) => (
          <button
            type="button"
            key={tab}
            aria-current={!open && settings.tab === tab ? "true" : undefined}
            onClick={() => state.openTab(tab)}
          >
            {texts.tabs[tab]}
            {desk.loaded.value && (
              <span class={!open && settings.tab === tab ? "count" : "count soft"}>{counts[tab]}</span>
            )}
          </button>
        ))}
        {state.views.value.map((view) => (
          <button
            type="button"
            key={view.id}
            aria-current={open?.id === view.id ? "true" : undefined}
            onClick={() => state.openView(view.id)}
          >
            {view.name}
            {desk.loaded.value && (
              <span class={open?.id === view.id ? "count" : "count soft"}>
                {state.viewCounts.value.get(view.id) ?? 0}
              </span>
            )}
            {view.shared && <span class="shared">{texts.shared}</span>}
          </button>
        ))}
        <button
          type="button"
          class="lnk"
          aria-expanded={saving.value}
          onClick={() => {
            saving.value = !saving.value;
          }}
        >
          <Icon name="plus" />
          {texts.saveView}
        </button>
      </nav>
      <Filters />
      {saving.value && (
        <SaveForm
          onDone={() => {
            saving.value = false;
          }}
        />
      )}
      {state.viewProblem.value && (
        <p class="view-problem" role="alert">
          {state.viewProblem.value}
        </p>
      )}
    </div>
  );
}

function Filters() {
  const state = usePending();
  const { desk } = usePage();
  const texts = words();
  const { group, kind, search } = state.settings.value;
  return (
    <div class="filters">
      <input
        type="search"
        aria-label={texts.search}
        placeholder={texts.search}
        value={search}
        onInput={(event) => state.change({ search: event.currentTarget.value })}
      />
      <select
        class="btn"
        aria-label={texts.kind}
        value={kind}
        onChange={(event) => state.change({ kind: event.currentTarget.value as typeof kind })}
      >
        <option value="">{texts.allKinds}</option>
        <option value="lead">{texts.kinds.lead}</option>
        <option value="ticket">{texts.kinds.ticket}</option>
      </select>
      {desk.me.groups.length > 1 && (
        <select
          class="btn"
          aria-label={texts.group}
          value={group}
          onChange={(event) => state.change({ group: event.currentTarget.value })}
        >
          <option value="">{texts.allGroups}</option>
          {desk.me.groups.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      )}
    </div>
  );
}

function SaveForm({ onDone }: { onDone: () => void }) {
  const state = usePending();
  const texts = words();
  const name = useSignal("");
  const shared = useSignal(false);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  const save = async () => {
    if (name.value.trim() && (await state.saveView(name.value.trim(), shared.value))) onDone();
  };
  return (
    <form
      class="save-view card"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape") onDone();
      }}
    >
      <label>
        {texts.viewName}
        <input
          ref={input}
          required
          maxLength={200}
          value={name.value}
          onInput={(event) => {
            name.value = event.currentTarget.value;
          }}
        />
      </label>
      <label class="tick">
        <input
          type="checkbox"
          checked={shared.value}
          onChange={(event) => {
            shared.value = event.currentTarget.checked;
          }}
        />
        {texts.shareIt}
      </label>
      <div class="row">
        <button type="submit" class="btn pri">
          {texts.save}
        </button>
        <button type="button" class="btn" onClick={onDone}>
          {texts.cancel}
        </button>
      </div>
    </form>
  );
}
